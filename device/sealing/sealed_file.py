"""A file of sealed records: appended to while a session plays, and read up to its last whole record after a power cut.

    file    "ISOSEAL1", 16 bytes of chance, records
    record  length of what is in it (4 bytes, little endian; its highest bit marks the last record), sealed bytes, tag

Each file has a key of its own, derived from the session's by the bytes of chance; so a nonce is the record's number and
none is used twice. The number, whether it is the last, and what the file is about (session and name) are authenticated
with each record: one that was changed, moved, left out or taken from elsewhere does not open.
"""

from __future__ import annotations

import errno
import io
import os
import struct
from array import array
from bisect import bisect_right
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from device.sealing.key import NONCE_BYTES, TAG_BYTES, Key

MAGIC = b"ISOSEAL1"
SALT_BYTES = 16
HEAD_BYTES = len(MAGIC) + SALT_BYTES
LENGTH = struct.Struct("<I")
LAST = 0x8000_0000
RECORD_BYTES_MAX = 65_536
RECORDS_MAX = 4_000_000
"""Records that are looked for in one file: a session of eight hours has some 120,000."""
PRIVATE = 0o600
FILE_KEY = "isotone sealed file"


class _Cipher:
    """Seals and opens the records of one file."""

    def __init__(self, session_key: Key, salt: bytes, about: str) -> None:
        with session_key.derive(FILE_KEY, salt) as key:
            self._aead = ChaCha20Poly1305(key.data)
        self._about = about.encode()

    def seal(self, index: int, data: bytes, *, is_last: bool) -> bytes:
        return self._aead.encrypt(_nonce(index), data, self._told(index, is_last=is_last))

    def open(self, index: int, data: bytes, *, is_last: bool) -> bytes:
        """Raises OSError where the record is not what was written in this place."""
        try:
            return self._aead.decrypt(_nonce(index), data, self._told(index, is_last=is_last))
        except InvalidTag as error:
            what = f"its sealed record {index} was changed, moved or sealed for another session"
            raise OSError(errno.EBADMSG, what) from error

    def _told(self, index: int, *, is_last: bool) -> bytes:
        return struct.pack("<Q?", index, is_last) + self._about


def _nonce(index: int) -> bytes:
    return index.to_bytes(NONCE_BYTES, "little")


class SealedWriter:
    """Appends to a new file. What was written outlives this process after `settle`, and a power cut after an fsync.

    Raises:
        OSError: the file is there already, or the disk refuses.
    """

    def __init__(self, path: Path, session_key: Key, about: str) -> None:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)
        self._file = io.FileIO(opened, "wb")
        salt = os.urandom(SALT_BYTES)
        self._cipher = _Cipher(session_key, salt, about)
        self._buffer = bytearray()
        self._index = self._n_bytes = 0
        self._put(MAGIC + salt)

    def write(self, data: bytes) -> int:
        self._buffer += data
        self._n_bytes += len(data)
        while len(self._buffer) >= RECORD_BYTES_MAX:
            self._put_record(RECORD_BYTES_MAX)
        return len(data)

    def tell(self) -> int:
        """Bytes that were written, unsealed."""
        return self._n_bytes

    def flush(self) -> None:
        """Do nothing: a record for each message would double the log; `settle` seals what waits."""

    def settle(self) -> None:
        """Seal what waits as a record and give it to the system."""
        if self._buffer:
            self._put_record(len(self._buffer))

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        """Seal what waits as the last record, and have the card take it."""
        self._put_record(len(self._buffer), is_last=True)
        os.fsync(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        """Leave the file as it is: it ends with its last whole record."""
        self._file.close()

    def _put_record(self, n_bytes: int, *, is_last: bool = False) -> None:
        data = bytes(self._buffer[:n_bytes])
        sealed = self._cipher.seal(self._index, data, is_last=is_last)
        self._put(LENGTH.pack(n_bytes | (LAST if is_last else 0)) + sealed)
        self._index += 1
        del self._buffer[:n_bytes]

    def _put(self, data: bytes) -> None:
        """Write all of it: a disk that is about to be full takes a part, and refuses the next."""
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) :]


class SealedReader(io.RawIOBase):
    """The unsealed bytes, one record in memory at a time. Wrong bytes are refused where they are read.

    Raises:
        OSError: the file cannot be read, or is no sealed file.
    """

    def __init__(self, path: Path, session_key: Key, about: str) -> None:
        super().__init__()
        self._file = path.open("rb")
        try:
            self._cipher = _Cipher(session_key, _salt(self._file), about)
            self._places, self._begins, self.is_whole, self._refusal = _index(self._file)
        except BaseException:
            self._file.close()
            raise
        self._at, self._held, self._record = 0, -1, b""

    @property
    def size(self) -> int:
        """Bytes that are there, unsealed; whether they are right shows when they are read."""
        return self._begins[-1]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview | bytearray) -> int:  # type: ignore[override]
        if self._at >= self.size:
            if self._refusal:
                raise OSError(errno.EBADMSG, self._refusal)
            return 0
        number = bisect_right(self._begins, self._at) - 1
        record = self._open(number)
        begin = self._at - self._begins[number]
        part = record[begin : begin + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def check_end(self) -> None:
        """Raises OSError where the file was not written to its end, or its end was changed."""
        if not self.is_whole or self._refusal:
            raise OSError(errno.EBADMSG, self._refusal or "its end is missing")
        self._open(len(self._places) - 1)

    def _open(self, number: int) -> bytes:
        if number != self._held:
            self._file.seek(self._places[number])
            n_bytes = self._begins[number + 1] - self._begins[number]
            is_last = self.is_whole and number == len(self._places) - 1
            self._record = self._cipher.open(number, self._file.read(n_bytes + TAG_BYTES), is_last=is_last)
            self._held = number
        return self._record

    def close(self) -> None:
        self._record = b""
        self._file.close()
        super().close()


def _salt(file: BinaryIO) -> bytes:
    """The bytes of chance at its beginning. Raises OSError where it is no sealed file."""
    head = file.read(HEAD_BYTES)
    if len(head) < HEAD_BYTES or not head.startswith(MAGIC):
        raise OSError(errno.EBADMSG, "it is no sealed file")
    return head[len(MAGIC) :]


def _index(file: BinaryIO) -> tuple[array[int], array[int], bool, str]:
    """Where each record lies, where it begins unsealed (and the end), whether the last was written, and what is odd.

    A record that the file is too short for was torn off; it and what it lacks are no fault of the others.
    """
    size = os.fstat(file.fileno()).st_size
    places, begins = array("Q"), array("Q", [0])
    at, is_last = HEAD_BYTES, False
    while at + LENGTH.size <= size:
        file.seek(at)
        (told,) = LENGTH.unpack(file.read(LENGTH.size))
        n_bytes = told & ~LAST
        if is_last or n_bytes > RECORD_BYTES_MAX or (n_bytes == 0 and not told & LAST) or len(places) >= RECORDS_MAX:
            return places, begins, is_last, f"what lies behind {len(places)} sealed records is none"
        end = at + LENGTH.size + n_bytes + TAG_BYTES
        if end > size:
            break
        is_last = bool(told & LAST)
        places.append(at + LENGTH.size)
        begins.append(begins[-1] + n_bytes)
        at = end
    return places, begins, is_last, ""
