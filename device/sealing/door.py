"""The one door to what is stored of a session: whoever writes or reads a file of it does so here, sealed or plain.

A folder that holds `seal.json` is sealed: what is written there as `log-0000.mcap` lies as `log-0000.mcap.sealed`. The
session's key stands in `seal.json`, wrapped under the listener's, which lies in the ring that it names. Without that
file what is written is plain, and outside tools read it. What seals is loaded only where something is sealed.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
from pathlib import Path
from typing import BinaryIO, Protocol

from device.files.outputs import write_whole

SEAL_FILE = "seal.json"
SUFFIX = ".sealed"
PRIVATE = 0o600
BUFFER_BYTES = 65_536


class Appending(Protocol):
    """A file that grows while a session plays."""

    def write(self, data: bytes, /) -> int: ...
    def tell(self) -> int: ...
    def flush(self) -> None:
        """Plain: give what was written to the system at once."""
        ...

    def settle(self) -> None:
        """Give what was written to the system, also where it is sealed; once a second."""
        ...

    def fileno(self) -> int: ...
    def close(self) -> None:
        """End it, and have the card take it."""
        ...

    def abandon(self) -> None:
        """Leave it as it is: the disk takes no more."""
        ...


class PlainFile:
    """A new plain file. Raises OSError where it is there already."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb")
        self.write, self.tell, self.fileno = self._file.write, self._file.tell, self._file.fileno
        self.flush = self.settle = self._file.flush

    def close(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        with contextlib.suppress(OSError):
            self._file.close()


def is_sealed(folder: Path) -> bool:
    return (folder / SEAL_FILE).exists()


def stored_path(path: Path) -> Path:
    """Where a file of a session lies; in a sealed folder nothing plain counts, whoever put it there."""
    return path.with_name(path.name + SUFFIX) if is_sealed(path.parent) else path


# -- writing


def create(path: Path) -> Appending:
    """A new file that grows.

    Raises:
        OSError: it is there already, or the disk refuses.
        SealedError: the folder is sealed, and its key cannot be had.
    """
    if not is_sealed(path.parent):
        return PlainFile(path)
    from device.sealing.sealed_folder import create_sealed  # noqa: PLC0415 - a plain session does not load what seals

    return create_sealed(path)


def store_whole(path: Path, data: bytes) -> None:
    """Put a file into a session's folder whole, in place of one that is there.

    Raises:
        OSError: it cannot be written.
        SealedError: the folder is sealed, and its key cannot be had.
    """
    if not is_sealed(path.parent):
        write_whole(path, data)
        return
    from device.sealing.sealed_folder import store_sealed  # noqa: PLC0415 - as above

    store_sealed(path, data)


# -- reading


def open_stored(path: Path) -> BinaryIO:
    """A file of a session to be read; give it by its name in the folder, or as it lies there.

    Raises:
        OSError: it is not there, or is not what was sealed; so does each read.
        SealedError: its key was destroyed or cannot be had.
    """
    lies = path if path.name.endswith(SUFFIX) else stored_path(path)
    if not lies.name.endswith(SUFFIX):
        return lies.open("rb")
    from device.sealing.sealed_folder import read_sealed  # noqa: PLC0415 - as above

    return io.BufferedReader(read_sealed(lies), BUFFER_BYTES)


def read_stored(path: Path, bytes_max: int) -> bytes:
    """All of a file of a session.

    Raises:
        OSError: it is not there, is longer than `bytes_max`, was cut, or is not what was sealed.
        SealedError: its key was destroyed or cannot be had.
    """
    with open_stored(path) as file:
        data = file.read(bytes_max + 1)
        if len(data) > bytes_max:
            raise OSError(errno.EFBIG, f"it has more than {bytes_max / 2**20:g} MB")
        if check_end := getattr(getattr(file, "raw", None), "check_end", None):
            check_end()
    return data


def size_of(file: BinaryIO) -> int:
    """Bytes of an opened file, unsealed."""
    at = file.tell()
    size = file.seek(0, io.SEEK_END)
    file.seek(at)
    return size
