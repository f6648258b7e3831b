"""Makes and finds the folders for the sockets of running sessions: one private folder per user, in it one per session.

A session holds a lock on its folder for as long as it lives, and the kernel lets go of it however the session dies.
So a folder that nobody holds is a dead session's, and the next start sweeps it away.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from device.clock import wall_time
from device.errors import SystemMissingError
from device.files.locks import is_held
from device.processes import ALWAYS_FOLDER
from device.updates.playing import playing

ROOT_PATH_MAX = 56
"""Greatest length in bytes: a socket's path may have 107, and a session's name and `rig/control.ipc` still follow."""
SESSION_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def name_session() -> str:
    """Make a session's name, which is its folder's too: the time in UTC and three random bytes."""
    return f"{wall_time():%Y%m%dT%H%M%SZ}-{os.urandom(3).hex()}"


def run_root() -> Path:
    """Make this user's folder of run folders, or find it: in XDG_RUNTIME_DIR, else in the temporary folder.

    Only a folder that is this user's own, that nobody else may enter, and whose place nobody else may take is used.

    Raises:
        SystemMissingError: there is none; the sentence says what is wrong with each.
    """
    faults = []
    for folder in _candidates():
        try:
            return _make_private(folder)
        except _UnfitError as unfit:
            faults.append(str(unfit))
        except OSError as error:
            faults.append(f"{folder} cannot be used ({error.strerror})")
        except RuntimeError:
            faults.append(f"{folder} cannot be used (its links lead in a circle)")
    raise SystemMissingError(
        f"There is no safe folder for the sockets of a session: {'; '.join(faults)}.",
        "Set XDG_RUNTIME_DIR to a folder of your own with a short path, made with `mkdir -m 700`.",
    )


@contextlib.contextmanager
def claim_run_folder(session_id: str) -> Iterator[Path]:
    """Own a new run folder for a session's life; it goes with everything in it at the end. Sweeps away dead ones first.

    Raises:
        SystemMissingError: there is no safe place for it, or it cannot be made.
    """
    root = run_root()
    folder = root / session_id
    try:
        with _held(root):
            _sweep(root)
            folder.mkdir(mode=0o700)
            lock = lock_folder(folder, wait=True)
    except OSError as error:
        raise SystemMissingError(f"The run folder {folder} cannot be made: {error}.", "Look into its disk.") from error
    try:
        with playing(os.environ.get("ISOTONE_HOME", "")):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def make_always_dir() -> Path:
    """Make this user's folder for processes that outlive sessions, or find it: beside the run folders.

    Raises:
        SystemMissingError: there is no safe place for it, or it cannot be made.
    """
    folder = run_root() / ALWAYS_FOLDER
    try:
        return _make_private(folder)
    except (_UnfitError, OSError) as error:
        raise SystemMissingError(f"The folder {folder} cannot be used: {error}.", "Remove what lies there.") from error


def living_sessions() -> list[Path]:
    """List the run folders of this user's living sessions, oldest first.

    Raises:
        SystemMissingError: there is no safe place for run folders.
    """
    return living_in(run_root())


def living_in(root: Path) -> list[Path]:
    """List the run folders of living sessions below a user's folder of them, oldest first."""
    return [folder for folder in _run_folders(root) if is_held(folder)]


def lock_folder(folder: Path, *, wait: bool = False) -> int:
    """Lock a folder against other processes; closing the returned descriptor unlocks it, and so does any death.

    Raises:
        BlockingIOError: another process has locked it, and `wait` is not set.
        OSError: it is no folder, or its file system has no locks.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a folder's lock for a moment, waiting for whoever has it."""
    descriptor = lock_folder(folder, wait=True)
    try:
        yield
    finally:
        os.close(descriptor)


# -- the folder of run folders


class _UnfitError(Exception):
    """A folder that sockets may not lie in, and why."""


def _candidates() -> Iterator[Path]:
    """Places for the folder, best first; the last has a short path whatever the environment says."""
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        yield Path(runtime) / "isotone"
    with contextlib.suppress(FileNotFoundError):  # no folder that the library likes
        yield Path(tempfile.gettempdir()) / f"isotone-{os.getuid()}"
    yield Path("/tmp") / f"isotone-{os.getuid()}"  # noqa: S108 - looked at with care below


def _make_private(folder: Path) -> Path:
    """Make a folder of mode 0700 where there is none; returns its real path."""
    if not folder.is_absolute():
        raise _UnfitError(f"{folder} is no absolute path")
    parent = folder.parent.resolve(strict=True)
    folder = parent / folder.name
    if len(os.fsencode(folder)) > ROOT_PATH_MAX:
        raise _UnfitError(f"{folder} has too long a path for sockets")
    for above in (parent, *parent.parents):
        _refuse_if_others_rule(above)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    _make_mine(folder)
    return folder


def _refuse_if_others_rule(above: Path) -> None:
    """Whoever may rename what lies in a folder could put another in our folder's place."""
    status = above.stat()
    if status.st_uid not in {0, os.getuid()}:
        raise _UnfitError(f"{above} belongs to another user")
    if status.st_mode & OTHERS_WRITE and not status.st_mode & stat.S_ISVTX:
        raise _UnfitError(f"{above} may be changed by other users")


def _make_mine(folder: Path) -> None:
    """Keep others out of the folder, unless they were in already."""
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise _UnfitError(f"{folder} is no folder")
    if status.st_uid != os.getuid():
        raise _UnfitError(f"{folder} belongs to another user")
    if status.st_mode & OTHERS_WRITE:
        raise _UnfitError(f"{folder} may be changed by other users")
    if stat.S_IMODE(status.st_mode) != 0o700:
        folder.chmod(0o700)
    if not os.access(folder, os.W_OK):
        raise _UnfitError(f"{folder} cannot be written")


# -- run folders


def _run_folders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if SESSION_NAME.fullmatch(path.name) and not path.is_symlink())


def _sweep(root: Path) -> None:
    """Remove what dead sessions left. The root is held, so no folder is between being made and being locked."""
    for folder in _run_folders(root):
        if not is_held(folder):
            shutil.rmtree(folder, ignore_errors=True)
