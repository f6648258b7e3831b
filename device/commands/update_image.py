"""`isotone update image`: a newer release of a box that was flashed, into the half of its card that does not run."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from device.box.upkeep import update_lock
from device.console.printing import say
from device.errors import BusyError, DiskError, SystemMissingError, UpdateError
from device.files.locks import claim
from device.processes import ALWAYS_FOLDER
from device.runtime.run_folder import living_in
from device.updates.reasons import reason

RELEASE = Path("/usr/lib/isotone/release")


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--restart", is_flag=True, help="Start again into the new release at once.")
def image(source: Path, restart: bool) -> None:
    """Install the release in SOURCE, a bundle (.raucb) or a folder with one; what runs now stays as it is."""
    bundle = find(source)
    if bundle is None:
        say(f"{source} has no update.")
        return
    there, here = release_in(bundle), running_release()
    if there <= here:
        raise UpdateError(
            f"{bundle.name} is release {_dotted(there)}, which is not newer than {_dotted(here)} that runs.",
            "Give a newer one; the box goes on with what it has.",
        )
    with alone(Path(os.environ.get("XDG_RUNTIME_DIR", "/run/isotone")) / "isotone"):
        say(f"Installing release {_dotted(there)}.")
        _rauc("install", str(bundle))
    say("It is installed, and tried at the next start.")
    if restart:
        subprocess.run(["systemctl", "--no-block", "reboot"], check=False)


def find(source: Path) -> Path | None:
    """The bundle that is meant; of several in a folder the last by name."""
    if source.is_file():
        return source
    try:
        return max((path for path in source.iterdir() if path.suffix == ".raucb"), default=None)
    except OSError as error:
        raise DiskError(f"{source} cannot be read: {error.strerror}.", "Plug it in again.") from error


def release_in(bundle: Path) -> tuple[int, ...]:
    """The release in a bundle that was signed by whom this box trusts.

    Raises:
        UpdateError: it is no bundle, is signed by nobody we trust, or does not say its release.
    """
    try:
        told: dict[str, Any] = json.loads(_rauc("info", "--output-format=json", str(bundle)))
        return parse_release(str(told["version"]))
    except (ValueError, KeyError, TypeError) as error:
        raise UpdateError(f"{bundle.name} does not say which release it is.", "Get the file again.") from error


def parse_release(text: str) -> tuple[int, ...]:
    """`0.7.0.1764407000`: the version, and when it was committed; a later one is greater.

    Raises:
        ValueError: it is none.
    """
    if len(text) > 100:
        raise ValueError("too long")
    return tuple(int(part) for part in text.strip().split("."))


def running_release(path: Path = RELEASE) -> tuple[int, ...]:
    """Raises SystemMissingError on what is not one of our images."""
    try:
        return parse_release(path.read_text())
    except (OSError, ValueError) as error:
        raise SystemMissingError(
            "This machine was not made by deploy/image, and has no second half to update.", "Use git pull."
        ) from error


@contextlib.contextmanager
def alone(root: Path) -> Iterator[None]:
    """Holds what tells the box, whose run folders are in `root`, that it is renewed. Nobody listens meanwhile.

    Raises:
        BusyError: a session plays, or somebody else renews the box.
        UpdateError: there is no box.
    """
    try:
        lock = update_lock(root / ALWAYS_FOLDER)
        lock.touch(0o644)  # the box is another user, and looks at it
        with claim(lock):
            if living_in(root):
                raise BusyError("A session plays.", "Try again when the music has ended.")
            yield
    except BlockingIOError as error:
        raise BusyError("Another update is being installed.", "Wait for its end.") from error
    except FileNotFoundError as error:
        raise UpdateError(
            "The box does not run, and nobody could tell whether an update is good.", "Start it."
        ) from error


def _rauc(*words: str) -> str:
    try:
        done = subprocess.run(["rauc", *words], capture_output=True, text=True, check=False)
    except OSError as error:
        raise SystemMissingError(f"rauc cannot be run: {error.strerror}.", "sudo apt install rauc") from error
    if done.returncode:
        why = reason(f"{done.stdout}{done.stderr}")  # why an installation failed stands in the first
        raise UpdateError(f"The update {why}.", "Get the file again; the box goes on with what it has.")
    return done.stdout


def _dotted(release: tuple[int, ...]) -> str:
    return ".".join(map(str, release))
