"""The wheels of the lock for another machine, compiled by the root's own Python, and kept for the next image."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from deploy.imaging.boards import Board
from deploy.imaging.programs import call
from device.runtime import interpreter

LOCK = Path(__file__).parents[1] / "requirements.lock"
NO_WHEELS = ("pyaudio", "systemd-python")
"""Packages that exist only as source: Debian's own are taken."""
UNUSED = (
    "*/tests",
    "*/*/tests",
    "ai_edge_litert/libLiteRtWebGpuAccelerator.so",
    "ai_edge_litert/tools",
    "ai_edge_litert/vendors",
    # Making fonts; matplotlib asks it for the names of letters.
    "fontTools/[!_am]*",
    "matplotlib/mpl-data/fonts/[ap]*",
    "matplotlib/mpl-data/sample_data",
    "onnxruntime/datasets",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
    # The second of two ways to the same library; CPython takes the other.
    "zstandard/_cffi*.so",
)
"""What no box uses of its wheels: tests, graphics cards, training, fonts of printers."""


def add_python(root: Path, board: Board, place: Path, cache: Path, epoch: int) -> None:
    """Puts an environment with the wheels of the lock below `place`; from the cache where the same was made before."""
    version = next(root.glob("usr/lib/python3.*")).name.removeprefix("python")
    recipe = hashlib.sha256(repr((LOCK.read_text(), UNUSED, version, board.machine)).encode()).hexdigest()[:16]
    tarball = cache / f"wheels-{board.machine}-{recipe}.tar"
    if not tarball.exists():
        _install(root / place, board, version)
        compile_python(root, epoch, place / ".venv/lib")
        made = tarball.with_suffix(".part")
        call("tar", "--create", "--file", made, "--directory", root / place, ".venv")
        made.rename(tarball)
        shutil.rmtree(root / place / ".venv")
    (root / place).mkdir(parents=True, exist_ok=True)
    call("tar", "--extract", "--file", tarball, "--directory", root / place)


def compile_python(root: Path, epoch: int, *folders: Path) -> None:
    """Compiles modules with the root's own Python: nothing can be written beside them later."""
    call(
        "chroot", root, "python3", "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash",
        *(f"/{folder}" for folder in folders),
        environment={"SOURCE_DATE_EPOCH": str(epoch)},
    )  # fmt: skip


def remove(folder: Path, patterns: tuple[str, ...]) -> None:
    """Takes away what the patterns name in a folder."""
    for path in [path for pattern in patterns for path in folder.glob(pattern)]:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _install(place: Path, board: Board, version: str) -> None:
    """Puts wheels, by their hashes, where Debian's own Python finds them; nothing of them is run."""
    venv = place / ".venv"
    site = venv / f"lib/python{version}/site-packages"
    site.mkdir(parents=True)
    (venv / "pyvenv.cfg").write_text(f"home = /usr/bin\ninclude-system-site-packages = true\nversion = {version}\n")
    (venv / "bin").mkdir()
    (venv / "bin/python").symlink_to("/usr/bin/python3")
    wanted = place / "wheels.txt"
    wanted.write_text("\n".join(_with_wheels(LOCK.read_text())))
    abi = f"cp{version.replace('.', '')}"
    call(
        *interpreter.interpreter("-m", "pip"), "install", "--quiet", "--require-hashes", "--no-deps", "--no-compile",
        "--only-binary", ":all:", "--implementation", "cp", "--python-version", version,
        *(word for glibc in range(36, 16, -1) for word in ("--platform", f"manylinux_2_{glibc}_{board.machine}")),
        "--platform", f"manylinux2014_{board.machine}", "--platform", f"linux_{board.machine}",
        "--abi", abi, "--abi", "abi3", "--abi", "none", "--target", site, "--requirement", wanted,
    )  # fmt: skip
    wanted.unlink()
    remove(site, UNUSED)


def _with_wheels(lock: str) -> Iterator[str]:
    for requirement in re.split(r"\n(?=[A-Za-z0-9])", lock):
        if not requirement.lower().startswith(tuple(f"{name}==" for name in NO_WHEELS)):
            yield requirement
