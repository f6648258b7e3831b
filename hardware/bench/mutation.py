"""`python -m hardware.bench.mutation --scratch FOLDER` makes faults in the guards, and tells which no test notices.

mutmut makes a fault in each expression, one at a time, and runs those of the room's own tests (`--room`) that touch the
function, within a limit of processor time. It works on a copy in FOLDER, says how far it is, and goes on from there
when started again; faults that were left are then tried anew, as there may be new tests. The random tests make the same
cases every time. `--show` prints the faults that were left.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from device.console.printing import say, say_json
from device.errors import SystemMissingError
from hardware.bench.room_tests import ROOMS, ROOT, code_of, own_tests

COPIED = ("device", "hardware", "tests", "models_onnx")
MARK = "isotone-mutants"
"""A folder in which this file lies was laid out here, and may be laid out anew."""
NOTICED = ("killed", "timeout", "segfault")
RESULT = re.compile(r"^ +(?P<name>\S+__mutmut_\d+): (?P<status>.+)$", re.MULTILINE)
SETTINGS = """
[tool.mutmut]
source_paths = ["device"]
also_copy = ["hardware", "models_onnx"]
use_git_change_detection = false
only_mutate = {code}
pytest_add_cli_args_test_selection = {tests}
"""


class Mutant(NamedTuple):
    """One fault and what the tests said of it."""

    name: str
    status: str

    @property
    def module(self) -> str:
        return self.name.rpartition(".")[0]


def lay_out(folder: Path, rooms: Sequence[str]) -> None:
    """Copy into `folder` what mutmut and the tests need; what it found out earlier stays.

    Raises:
        SystemMissingError: something else lies there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()) and not (folder / MARK).exists():
        raise SystemMissingError(f"{folder} holds other things.", "Give an empty folder, or that of an earlier run.")
    (folder / MARK).touch()
    shutil.rmtree(folder / "mutants" / "tests", ignore_errors=True)
    for name in COPIED:
        shutil.rmtree(folder / name, ignore_errors=True)
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    settings = SETTINGS.format(code=[code_of(room) for room in rooms], tests=[own_tests(room) for room in rooms])
    (folder / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text() + settings)


def mutmut(folder: Path, *arguments: str) -> str | None:
    """Run it in `folder`; what it prints, or None where it tells the terminal how far it is.

    Raises:
        SystemMissingError: it is not installed, or the tests fail without any fault.
    """
    command = [sys.executable, "-m", "mutmut", *arguments]
    # Where CI is set, hypothesis makes the same cases every time.
    environment = {**os.environ, "CI": "true", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    is_told = arguments[0] == "run"
    done = subprocess.run(
        command, cwd=folder, env=environment, check=False, text=True, stdout=None if is_told else subprocess.PIPE
    )
    if done.returncode:
        action = "Install the extra `mutation`, and see that the tests pass; then start it again with the same folder."
        raise SystemMissingError(f"mutmut ended with {done.returncode} in {folder}.", action)
    return done.stdout


def mutants(folder: Path) -> list[Mutant]:
    """All faults, as far as they were tried."""
    told = mutmut(folder, "results", "--all", "true") or ""
    return [Mutant(found["name"], found["status"]) for found in RESULT.finditer(told)]


def left(found: Sequence[Mutant]) -> list[str]:
    """The names of those that no test noticed."""
    return [mutant.name for mutant in found if mutant.status not in NOTICED]


def rows(found: Sequence[Mutant]) -> Iterator[tuple[str, int, int]]:
    """Each file, how many faults were made in it, and how many were noticed."""
    made = Counter(mutant.module for mutant in found)
    noticed = Counter(mutant.module for mutant in found if mutant.status in NOTICED)
    yield from ((module, made[module], noticed[module]) for module in sorted(made))
    yield "together", made.total(), noticed.total()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m hardware.bench.mutation", description=__doc__)
    parser.add_argument("--scratch", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--room", action="append", help=f"default: {', '.join(ROOMS)}")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print each fault that was left")
    parser.add_argument("--json", action="store_true", dest="as_json")
    asked = parser.parse_args(arguments)
    folder, children = asked.scratch.resolve(), ("--max-children", str(asked.jobs))
    before = left(mutants(folder)) if (folder / "mutants").exists() else []
    lay_out(folder, asked.room or ROOMS)
    mutmut(folder, "run", *children)
    known = {mutant.name for mutant in mutants(folder)}
    if again := [name for name in before if name in known]:
        mutmut(folder, "run", *children, *again)
    found = mutants(folder)
    table = [
        {"file": name, "mutants": made, "noticed": noticed, "percent": round(100.0 * noticed / max(1, made), 1)}
        for name, made, noticed in rows(found)
    ]
    if asked.as_json:
        say_json({"files": table, "left": left(found)})
    else:
        for row in table:
            say(f"{row['file']:40} {row['mutants']:5} {row['noticed']:5} {row['percent']:6} %")
        for name in left(found):
            say(mutmut(folder, "show", name) or "" if asked.show else name)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
