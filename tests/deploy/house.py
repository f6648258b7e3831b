"""A house with the real deploy/ scripts and a Python that only pretends: set-up can be watched without a network.

The pretended Python writes down each of its calls. Its pip fails while `offline` exists and hangs while `slow` does;
it makes no voices while `mute` exists.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
FILES = ("run", "test", "setup.sh", "packages.txt", "packages-build.txt")
PYTHON = """#!/bin/sh
echo "$0 $* path=${PYTHONPATH-unset}" >>"$HOUSE/../calls"
case "$*" in
    "-I -VV") echo "Python 3.11.0 (pretended)" ;;
    "-I -m venv "*)
        mkdir -p "$4/bin"
        cp "$0" "$4/bin/python"
        echo "#!/bin/sh" >"$4/bin/isotone"
        chmod +x "$4/bin/isotone"
        ;;
    *" voices") ! [ -e "$HOUSE/../mute" ] || exit 11 ;;
    *" -m pip "*)
        ! [ -e "$HOUSE/../offline" ] || { echo "pip: no network" >&2; exit 1; }
        touch "$HOUSE/../begun"
        while [ -e "$HOUSE/../slow" ]; do sleep 0.05; done
        ;;
esac
"""


class House:
    """A checkout in a path with a space, as `HOUSE` in the environment of all that is run there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "a clone"
        (self.root / "deploy").mkdir(parents=True)
        for name in FILES:
            shutil.copy(DEPLOY / name, self.root / "deploy" / name)
        for name in ("", "-build", "-test"):
            (self.root / "deploy" / f"requirements{name}.lock").write_text("tiny==1.0 --hash=sha256:00\n", "utf-8")
        (self.root / "pyproject.toml").write_text('[project]\nname = "isotone"\n', "utf-8")
        self._tools = folder / "bin"
        self._tools.mkdir()
        self._add_tool("python3", PYTHON)
        self._add_tool("dpkg-query", "#!/bin/sh\necho ' install ok installed'\n")

    def _add_tool(self, name: str, text: str) -> None:
        tool = self._tools / name
        tool.write_text(text, "utf-8")
        tool.chmod(0o755)

    def start(self, script: str = "run", **environment: str) -> subprocess.Popen[str]:
        path = f"{self._tools}:{os.environ['PATH']}"
        # As from a terminal: whoever runs the tests in the background has Ctrl-C ignored for all that they start.
        command = ["env", "--default-signal=INT", str(self.root / "deploy" / script)]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=os.environ | {"PATH": path, "HOUSE": str(self.root)} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, script: str = "run", **environment: str) -> tuple[int, str]:
        """Exit code and what was said on standard error."""
        process = self.start(script, **environment)
        _, said = process.communicate(timeout=60)
        return process.returncode, said

    def change_lock(self) -> None:
        with (self.root / "deploy" / "requirements.lock").open("a", encoding="utf-8") as lock:
            lock.write("another==2.0 --hash=sha256:11\n")

    def change_words(self) -> None:
        words = self.root / "device" / "voice" / "words.py"
        words.parent.mkdir(parents=True, exist_ok=True)
        words.write_text("other words", "utf-8")

    def go(self, *, offline: bool = False, slow: bool = False) -> None:
        """Set what pip meets from now on."""
        for name, is_so in (("offline", offline), ("slow", slow)):
            (self.folder / name).touch() if is_so else (self.folder / name).unlink(missing_ok=True)

    def wait_until_pip_works(self) -> None:
        wait_for((self.folder / "begun").exists)

    def calls(self) -> list[str]:
        """The pretended Python's command lines since the last time."""
        path = self.folder / "calls"
        found = path.read_text("utf-8").splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        (self.folder / "begun").unlink(missing_ok=True)
        return found

    def environments(self) -> list[Path]:
        return [path for path in (self.root / ".venvs").iterdir() if path.is_dir() and not path.is_symlink()]

    @property
    def current(self) -> Path:
        return (self.root / ".venv").resolve(strict=True)


def wait_for(happened: Callable[[], bool], timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not happened():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.02)
