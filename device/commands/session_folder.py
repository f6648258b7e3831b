"""Finds where sessions are kept, and claims a session's own folder so that nobody else writes into it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from device.config import DeviceConfig, path_of
from device.errors import ConfigError, DiskError
from device.runtime.run_folder import lock_folder
from device.text import is_text

ANOTHER_PLACE = "Give another --out, or another session.directory in device.toml."


def sessions_root(device: DeviceConfig) -> Path:
    """The folder of the sessions: the configured one, else the user's data directory (XDG).

    Raises:
        ConfigError: neither is named, or it lies in a home folder that is not there.
    """
    if directory := device.session.directory:
        return path_of(directory, "session.directory")
    try:
        data_home = os.environ.get("XDG_DATA_HOME", "")
        # A relative path is to be disregarded, says the specification.
        home = Path(data_home) if data_home.startswith("/") else Path.home() / ".local" / "share"
    except RuntimeError as error:
        raise ConfigError(
            "This user has no home folder that sessions could be kept in.",
            "Set HOME or XDG_DATA_HOME, give --out (`sessions list`: --dir), or set session.directory in device.toml.",
        ) from error
    return home / "isotone" / "sessions"


def listeners_root(device: DeviceConfig) -> Path:
    """The folder of the listeners: the configured one, else the user's data directory (XDG).

    Raises:
        ConfigError: neither is named, and this user has no home folder.
    """
    if device.listeners.directory:
        return path_of(device.listeners.directory, "listeners.directory")
    return sessions_root(DeviceConfig()).parent / "listeners"


@contextlib.contextmanager
def claim_session_folder(wanted: Path, session_id: str) -> Iterator[Path]:
    """Own a folder for a session's recording, which only this user may enter.

    It is the wanted one if that is new, or this user's, empty and not claimed by another session; otherwise a new one
    in it, so that nothing recorded is overwritten or mixed. On the way out, what was made here and holds nothing goes.

    Raises:
        DiskError: it cannot be made.
    """
    made: list[Path] = []
    with contextlib.ExitStack() as stack:
        stack.callback(_remove_empty, made)
        if not is_text(str(wanted.absolute())):
            raise DiskError(f"The session folder {wanted} has a name that is no text.", ANOTHER_PLACE)
        try:
            folder = _claim(wanted.resolve(), session_id, made, stack)
        except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links in a circle
            raise DiskError(f"The session folder {wanted} cannot be made: {error}.", ANOTHER_PLACE) from error
        yield folder


def _claim(wanted: Path, session_id: str, made: list[Path], stack: contextlib.ExitStack) -> Path:
    _make(wanted, made)
    is_mine = (
        wanted.stat().st_uid == os.getuid()
    )  # whoever owns a folder opens it again, and puts into it what he likes
    if is_mine and _is_locked(wanted, stack, unlockable=wanted in made) and not any(wanted.iterdir()):
        wanted.chmod(0o700)
        return wanted
    folder = wanted / session_id
    folder.mkdir(mode=0o700)
    made.append(folder)
    return folder


def _make(folder: Path, made: list[Path]) -> None:
    """Make a folder and those above it, and note which of them were not there."""
    for missing in reversed([path for path in (folder, *folder.parents) if not path.exists()]):
        with contextlib.suppress(FileExistsError):  # another start was faster
            missing.mkdir(mode=0o700)
            made.append(missing)


def _is_locked(folder: Path, stack: contextlib.ExitStack, *, unlockable: bool) -> bool:
    """Whether the folder is this session's now: it is locked until `stack` closes; `unlockable` without such locks."""
    try:
        lock = lock_folder(folder)
    except BlockingIOError:
        return False
    except OSError:
        return unlockable
    stack.callback(os.close, lock)
    return True


def _remove_empty(made: list[Path]) -> None:
    for folder in reversed(made):
        with contextlib.suppress(OSError):
            folder.rmdir()
