"""Writes what is for people whole or not at all, and never in place of something that is not a file.

A file is written beside its place and renamed over it, so a full disk or a stop leaves the old one. A device or a pipe
is written to; a link stays one, and what it points at is written.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from device.clock import SystemClock
from device.errors import DiskError

ACTION = "Give another file for it."
STDOUT = 1
READER_S, TRY_S = 10.0, 0.05
"""Longest wait for the reader of a pipe, and the time between two looks."""


class Output:
    """Something to be written: `open`, fill the file `scratch`, `settle`, `commit`; `discard` leaves nothing of it.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(self, path: Path, mode: int = 0o666) -> None:
        """`mode` is for a file that is not there yet, less what the umask takes."""
        self._path = path
        self._found = _status(path)
        self._place = Path(os.path.realpath(path))
        self.is_file = self._found is None or stat.S_ISREG(self._found.st_mode)
        if path.is_dir() or path.is_socket():
            raise OSError(errno.EISDIR, "it is no file")
        if self._found is not None and not os.access(path, os.W_OK):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        folder = self._place.parent if self.is_file else Path(tempfile.gettempdir())
        # The ending tells some writers what to write.
        self.scratch = folder / f".part-{os.urandom(6).hex()}{path.suffix[:16]}"
        self._mode = mode if self.is_file else 0o600

    def open(self) -> None:
        """Make the file to fill, on which it shows whether one may write here."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        os.close(os.open(self.scratch, flags, self._mode))

    def settle(self) -> None:
        """Have the disk itself hold what was written, with the mode and owner of the file that was there."""
        with self.scratch.open("rb") as file:
            os.fsync(file.fileno())
        if self._found is not None and self.is_file:
            with contextlib.suppress(OSError):
                os.chown(self.scratch, self._found.st_uid, self._found.st_gid)
            self.scratch.chmod(stat.S_IMODE(self._found.st_mode))

    def commit(self) -> None:
        if self.is_file:
            self.scratch.replace(self._place)
            return
        opener = _open_pipe if self._path.is_fifo() else None
        with self.scratch.open("rb") as source, open(self._path, "wb", buffering=0, opener=opener) as target:
            shutil.copyfileobj(source, target)

    def discard(self) -> None:
        """Leave nothing beside the place; what was committed stays."""
        with contextlib.suppress(OSError):
            self.scratch.unlink()


def _open_pipe(path: str, flags: int) -> int:
    """Open a pipe as soon as somebody reads it, and not wait for ever. Raises OSError."""
    for _ in range(round(READER_S / TRY_S)):
        try:
            descriptor = os.open(path, flags | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            SystemClock().sleep(TRY_S)
        else:
            os.set_blocking(descriptor, True)
            return descriptor
    raise OSError(errno.ENXIO, "nobody reads it")


def write_whole(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Put `data` where `path` is, or leave what is there.

    Raises:
        OSError: it cannot be written.
    """
    output = Output(path, mode)
    try:
        output.open()
        output.scratch.write_bytes(data)
        output.settle()
        output.commit()
    finally:
        output.discard()


@contextlib.contextmanager
def writing(paths: Mapping[str, Path], inputs: Iterable[Path] = ()) -> Iterator[dict[str, Path]]:
    """Give a file to fill for each of `paths`; when the block ends well, all take their places.

    Raises:
        DiskError: one cannot be written, two are the same, or one is among `inputs`; nothing has changed then.
    """
    _refuse_overlap(paths, inputs)
    outputs: dict[str, Output] = {}
    try:
        for name, path in paths.items():
            # Each is known before it is there, so that a signal in between leaves nothing.
            with _refusing(f"{name} {path}", ACTION):
                outputs[name] = Output(path)
                outputs[name].open()
        with _refusing(", ".join(map(str, paths.values())), "Free some space, or write elsewhere."):
            yield {name: output.scratch for name, output in outputs.items()}
            for output in outputs.values():
                output.settle()
            # A pipe may still fail, a rename hardly.
            for output in sorted(outputs.values(), key=lambda output: output.is_file):
                output.commit()
    finally:
        for output in outputs.values():
            output.discard()


def is_standard_output(path: Path) -> bool:
    """Whether a file or a pipe is where this program prints."""
    try:
        printed = os.fstat(STDOUT)
    except OSError:
        return False
    return (printed.st_dev, printed.st_ino) in _identity(path)


@contextlib.contextmanager
def _refusing(what: str, action: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = getattr(error, "strerror", None) or error
        raise DiskError(f"{what} cannot be written: {reason}.", action) from error


def _refuse_overlap(paths: Mapping[str, Path], inputs: Iterable[Path]) -> None:
    """One thing under two names, by whatever links, may not be written twice, nor written over while it is read.

    Raises:
        DiskError: so it is.
    """
    taken: dict[object, str] = {}
    for path in inputs:
        taken.update(dict.fromkeys(_identity(path), f"{path}, which is read"))
    for name, path in paths.items():
        for identity in _identity(path):
            if identity in taken:
                raise DiskError(f"{name} {path} is the same file as {taken[identity]}.", ACTION)
            taken[identity] = f"{name} {path}"


def _identity(path: Path) -> list[object]:
    """Identity of a file, whatever its name; nothing for a device, which many may use, and where it cannot be told."""
    try:
        found = _status(path)
        if found is None:
            return [os.path.realpath(path)]
    except OSError:
        return []
    return [] if stat.S_ISCHR(found.st_mode) else [(found.st_dev, found.st_ino)]


def _status(path: Path) -> os.stat_result | None:
    """Status of what a path leads to; None if there is nothing yet."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise OSError(errno.EINVAL, "it is no path") from error
