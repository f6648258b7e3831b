"""Writes an image onto a card or a file, reads it back, and says where it differs."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import zstandard

from deploy.flashing.bmap import BlockMap, Range
from device.errors import DiskError, RecordingError

CHUNK = 4 * 2**20
Progress = Callable[[int], None]
"""Is told how many bytes more are done."""


@contextmanager
def opened(image: Path) -> Iterator[BinaryIO]:
    """An image as its bytes, unpacked where its name ends in `.zst`.

    Raises:
        RecordingError: it cannot be read.
    """
    try:
        with image.open("rb") as file:
            if image.suffix == ".zst":
                with zstandard.ZstdDecompressor().stream_reader(file) as stream:
                    yield stream
            else:
                yield file
    except (OSError, zstandard.ZstdError) as error:
        raise RecordingError(f"{image} cannot be read: {error}.", "Copy or make it again.") from error


def size_of(target: Path) -> int:
    """Bytes that a device holds; of a plain file: as many as are wished.

    Raises:
        DiskError: it cannot be opened.
    """
    try:
        if target.exists() and stat.S_ISBLK(target.stat().st_mode):
            with target.open("rb") as device:
                return device.seek(0, os.SEEK_END)
    except OSError as error:
        raise DiskError(f"{target} cannot be opened: {error.strerror}.", "Plug it in again, or use sudo.") from error
    return 2**63


def write(image: Path, block_map: BlockMap, target: Path, progress: Progress) -> None:
    """Writes what the map names.

    Raises:
        DiskError: the target is too small, or cannot be written; it says after how many bytes.
        RecordingError: the image is not what its map says.
    """
    if size_of(target) < block_map.size_bytes:
        raise DiskError(
            f"{target} holds {size_of(target) / 1e9:.1f} GB and the image needs {block_map.size_bytes / 1e9:.1f}.",
            "Take a larger card.",
        )
    done = 0
    with opened(image) as source, _target(target, block_map.size_bytes) as handle:
        at = 0
        for part in block_map.ranges:
            _skip(source, part.start - at, image)
            os.lseek(handle, part.start, os.SEEK_SET)
            digest = hashlib.sha256()
            for chunk in _chunks(source, part, image):
                digest.update(chunk)
                _put(handle, chunk, target, done)
                done += len(chunk)
                progress(len(chunk))
            if digest.hexdigest() != part.sha256:
                raise RecordingError(f"{image} is damaged at byte {part.start}.", "Copy or make it again.")
            at = part.end


def verify(block_map: BlockMap, target: Path, progress: Progress) -> None:
    """Reads back what was written, from the device and not from memory.

    Raises:
        DiskError: a range differs, which worn-out cards and cards that are smaller than they say have in common.
    """
    try:
        file = target.open("rb", buffering=0)
    except OSError as error:
        raise DiskError(
            f"{target} cannot be read back: {error.strerror}.", "Plug it in again, and begin anew."
        ) from error
    with file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        for part in block_map.ranges:
            file.seek(part.start)
            digest = hashlib.sha256()
            try:
                for chunk in _chunks(file, part, target):
                    digest.update(chunk)
                    progress(len(chunk))
            except (OSError, RecordingError) as error:
                raise DiskError(f"{target} cannot be read back at byte {part.start}: {error}.", BAD_CARD) from error
            if digest.hexdigest() != part.sha256:
                raise DiskError(f"{target} does not give back what was written at byte {part.start}.", BAD_CARD)


BAD_CARD = "The card is worn out or smaller than it says; take another one."


@contextmanager
def _target(target: Path, size: int) -> Iterator[int]:
    try:
        handle = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL * target.is_block_device(), 0o644)
    except OSError as error:
        raise DiskError(f"{target} cannot be written: {error.strerror}.", "Unmount it, or use sudo.") from error
    try:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            os.ftruncate(handle, 0)
            os.ftruncate(handle, size)
        yield handle
        os.fsync(handle)
    except OSError as error:
        raise DiskError(f"{target} cannot be written: {error.strerror}.", BAD_CARD) from error
    finally:
        os.close(handle)


def _put(handle: int, chunk: bytes, target: Path, done: int) -> None:
    try:
        view = memoryview(chunk)
        while view:
            view = view[os.write(handle, view) :]
    except OSError as error:
        raise DiskError(f"{target} failed after {done / 1e6:.0f} MB: {error.strerror}.", BAD_CARD) from error


def _skip(source: BinaryIO, count: int, image: Path) -> None:
    while count > 0:
        chunk = source.read(min(CHUNK, count))
        if not chunk:
            raise RecordingError(f"{image} ends before its map does.", "Copy or make it again.")
        count -= len(chunk)


def _chunks(source: BinaryIO, part: Range, name: Path) -> Iterator[bytes]:
    left = part.end - part.start
    while left:
        chunk = source.read(min(CHUNK, left))
        if not chunk:
            raise RecordingError(f"{name} ends before its map does.", "Copy or make it again.")
        left -= len(chunk)
        yield chunk
