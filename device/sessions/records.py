"""Reads one segment of a log as it lies on disk: MCAP records, whatever has happened to them (mcap.dev/spec).

The library's reader ends at the first damaged record and asks for as much memory as a record says it needs. So records
are found here, within limits, and the library reads what is in each; behind a damaged place reading goes on.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, Message

from device.runtime.bus import Received
from device.sealing.door import open_stored, size_of
from device.sessions.problems import Problems

MAGIC = b"\x89MCAP0\r\n"
HEAD = struct.Struct("<BQ")
MESSAGE_HEAD_BYTES = 22
MEGABYTE = 2**20
BYTES_MAX = {Opcode.CHANNEL: MEGABYTE // 16, Opcode.MESSAGE: 4 * MEGABYTE, Opcode.CHUNK: 64 * MEGABYTE}
"""The longest record of each kind that is read; all others are passed over. Our own messages have some kilobytes."""
READ = frozenset(BYTES_MAX)
UNPACKED_BYTES_MAX = 64 * MEGABYTE
"""Bytes in all chunks of one file; our own files hold a minute, about one megabyte, and no chunk."""
MESSAGES_MAX = 200_000
"""Messages in one file; a minute has about three thousand."""
DAMAGES_MAX = 100
"""A file with more damaged places is read no further."""
WINDOW_BYTES = 4 * MEGABYTE
CANDIDATE = re.compile(rb"[\x04\x05\x06](?=[\s\S]{3}\x00{5})")
"""The place where a channel, message or chunk may begin: its kind, and a length below 16 MB."""
UNREADABLE = (McapError, struct.error, ValueError, KeyError, EOFError, OverflowError)
"""What the library raises on a record that is none."""


class Logged(NamedTuple):
    """A message as it was recorded, the version of its stream then, and when it was written down."""

    received: Received
    version: int
    log_ns: int


class SegmentReader:
    """Reads one file from beginning to end and names what is wrong with it."""

    def __init__(self, path: Path, problems: Problems) -> None:
        self._path, self._problems = path, problems
        self._channels: dict[int, tuple[Channel, int, int]] = {}
        """Channels by id, with the incarnation of the writer and the version of the stream."""
        self._unpacked = self._damages = self._count = 0

    def messages(self) -> Iterator[Logged]:
        """All messages that can be read, in the order they were written."""
        try:
            with open_stored(self._path) as file:
                size = size_of(file)
                if file.read(len(MAGIC)) != MAGIC:
                    self._damaged("its beginning is not that of an MCAP file")
                    file.seek(0)
                yield from self._records(file, size, READ)
        except OSError as error:
            self._damaged(f"it cannot be read any further: {error.strerror}")

    def _damaged(self, what: str) -> None:
        self._damages += 1
        self._problems.add(self._path.name, f"{self._path.name}: {what}.")
        if self._damages == DAMAGES_MAX + 1:
            self._stop(f"it has more than {DAMAGES_MAX} damaged places")

    def _stop(self, what: str) -> None:
        """Read no further: the file holds more than the limits."""
        self._problems.add(f"{self._path.name}, limits", f"{self._path.name}: {what}, which is the limit.")
        self._damages = DAMAGES_MAX + 1

    def _records(self, file: BinaryIO, size: int, read: frozenset[Opcode]) -> Iterator[Logged]:
        """Messages of a file, or of an unpacked chunk, of `size` bytes; records of other kinds are skipped."""
        before = file.tell()
        while (at := file.tell()) < size and self._damages <= DAMAGES_MAX and not self._problems.are_too_many:
            head = file.read(HEAD.size)
            opcode, length = HEAD.unpack(head) if len(head) == HEAD.size else (0, 0)
            if opcode == Opcode.FOOTER:
                return
            if not 0 < opcode < 0x80 or length > size - at - HEAD.size:
                if not self._find_next(file, max(before, at - WINDOW_BYTES // 2), size, at):
                    return
                before = file.tell()
                continue
            before = at + 1
            if opcode in read:
                yield from self._record(Opcode(opcode), file, length)
            file.seek(at + HEAD.size + length)
        if Opcode.CHUNK in read and self._damages <= DAMAGES_MAX:
            self._damaged("it ends early, for it was never closed; all before was read")

    def _record(self, opcode: Opcode, file: BinaryIO, length: int) -> Iterator[Logged]:
        if length > BYTES_MAX[opcode]:
            limit_mb = BYTES_MAX[opcode] / MEGABYTE
            size = f"{length / MEGABYTE:.1f} MB, the limit is {limit_mb:g} MB"
            self._damaged(f"a {opcode.name.lower()} is passed over: it has {size}")
            return
        stream = ReadDataStream(BytesIO(file.read(length)))
        try:
            if opcode == Opcode.CHANNEL:
                self._take_channel(Channel.read(stream))
            elif opcode == Opcode.MESSAGE and length >= MESSAGE_HEAD_BYTES:
                yield from self._message(Message.read(stream, length))
            elif opcode == Opcode.CHUNK:
                data = self._unpack(Chunk.read(stream))
                yield from self._records(BytesIO(data), len(data), READ - {Opcode.CHUNK})
        except UNREADABLE as error:
            self._damaged(f"a {opcode.name.lower()} is damaged and passed over ({type(error).__name__})")

    def _take_channel(self, channel: Channel) -> None:
        told = channel.metadata
        self._channels[channel.id] = (channel, int(told.get("incarnation", "0")), int(told.get("version", "1")))

    def _message(self, record: Message) -> Iterator[Logged]:
        self._count += 1
        if self._count == MESSAGES_MAX + 1:
            self._stop(f"it holds more than {MESSAGES_MAX} messages")
        elif record.channel_id in self._channels:
            channel, incarnation, version = self._channels[record.channel_id]
            process = channel.metadata.get("process", "")
            received = Received(channel.topic, process, incarnation, record.sequence, record.publish_time, record.data)
            yield Logged(received, version, record.log_time)
        else:
            self._problems.add("unknown", f"{self._path.name}: a message of a channel that is not told is passed over.")

    def _unpack(self, chunk: Chunk) -> bytes:
        """What a chunk holds; nothing where it is damaged, or beyond the limit on all chunks of the file."""
        self._unpacked += chunk.uncompressed_size
        if self._unpacked > UNPACKED_BYTES_MAX:
            self._stop(f"its chunks hold more than {UNPACKED_BYTES_MAX // MEGABYTE} MB")
            return b""
        data = _unpacked(chunk)
        if len(data) != chunk.uncompressed_size:
            raise ValueError("it is not as long as it says")
        if chunk.uncompressed_crc and zlib.crc32(data) != chunk.uncompressed_crc:
            raise ValueError("its bytes were changed")
        return data

    def _find_next(self, file: BinaryIO, begin: int, size: int, damaged_at: int) -> bool:
        """Go to the next place behind `begin` where a record seems to begin; whether there is one."""
        for window_at in range(begin, size, WINDOW_BYTES):
            file.seek(window_at)
            window = file.read(WINDOW_BYTES + MESSAGE_HEAD_BYTES)
            for match in CANDIDATE.finditer(window, 0, WINDOW_BYTES + HEAD.size):
                if self._begins_record(window, match.start(), size - window_at):
                    file.seek(window_at + match.start())
                    self._damaged(f"{match.start() + window_at - damaged_at} bytes cannot be read at {damaged_at}")
                    return True
        self._damaged(f"it ends early, its tail of {size - damaged_at} bytes is torn; all before was read")
        return False

    def _begins_record(self, window: bytes, at: int, size: int) -> bool:
        """Whether a record we read stands there: of a channel we know, with another record or the end behind it."""
        if at + HEAD.size + 2 > len(window):
            return False
        opcode, length = HEAD.unpack_from(window, at)
        behind, channel_id = at + HEAD.size + length, int.from_bytes(window[at + 9 : at + 11], "little")
        if behind > size or (opcode == Opcode.MESSAGE and channel_id not in self._channels):
            return False
        if behind == size or behind + HEAD.size > len(window):
            return True
        next_opcode, next_length = HEAD.unpack_from(window, behind)
        return bool(0 < next_opcode <= Opcode.DATA_END and next_length <= size - behind - HEAD.size)


def _unpacked(chunk: Chunk) -> bytes:
    """The bytes of a chunk, at most one more than it says it holds. Raises ValueError."""
    if not chunk.compression:
        return bytes(chunk.data)
    # Our own logs have no chunks: only what was packed by another program needs these.
    import lz4.frame  # noqa: PLC0415
    import zstandard  # noqa: PLC0415

    try:
        if chunk.compression == "lz4":
            unpacker = lz4.frame.LZ4FrameDecompressor()
            return bytes(unpacker.decompress(chunk.data, max_length=chunk.uncompressed_size + 1))
        if chunk.compression == "zstd":
            with zstandard.ZstdDecompressor().stream_reader(chunk.data) as stream:
                return bytes(stream.read(chunk.uncompressed_size + 1))
    except (zstandard.ZstdError, RuntimeError, EOFError, MemoryError) as error:
        raise ValueError(str(error)) from error
    raise ValueError(f"{chunk.compression} is not known")
