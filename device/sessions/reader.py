"""Reads a session's log as it is on disk: whole, torn or changed, and says which."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from struct import error as struct_error
from typing import Any

import msgspec
from mcap.exceptions import McapError
from mcap.records import Channel, Message
from mcap.stream_reader import StreamReader

from device import messages as m
from device.config import SessionConfig
from device.errors import RecordingError
from device.messages import Digest
from device.runtime.bus import Received
from device.sessions.store import CONFIG_FILE, log_paths
from device.streams import STREAMS, stream_of


class SessionReader:
    """One recorded session.

    `messages` may be read again and again; `problems` says what the last whole reading found.

    Raises:
        RecordingError: the folder is no session.
    """

    def __init__(self, session_dir: Path) -> None:
        self.folder = session_dir
        self._paths = log_paths(session_dir)
        self._problems: list[str] = []
        mend = "Give the folder of a session, as `isotone demo` prints it at the end."
        if not self._paths:
            raise RecordingError(f"{session_dir} is not a session: it holds no log-0000.mcap.", mend)
        try:
            self.config = msgspec.json.decode((session_dir / CONFIG_FILE).read_bytes(), type=SessionConfig)
        except (OSError, msgspec.DecodeError) as error:
            raise RecordingError(f"{session_dir / CONFIG_FILE} cannot be read: {error}.", mend) from error

    def messages(self) -> Iterator[Received]:
        """All messages in the order they were recorded; damaged ones are left out and named by `problems`."""
        self._problems = []
        checks = Checks()
        for path in self._paths:
            checks.begin_segment()
            for received in self._segment(path):
                if received.stream == "digest":
                    self._problems.extend(checks.compare(received))
                    yield received
                    continue
                checks.count(received)
                try:
                    received.message  # noqa: B018 - decodes, or raises
                except msgspec.DecodeError as error:
                    self._problems.append(f"stream {received.topic}: message {received.seq} is damaged: {error}.")
                    continue
                yield received

    def problems(self) -> list[str]:
        """What is wrong with the log, in words; empty before `messages` was read to its end."""
        return list(self._problems)

    def last(self, stream: str, segments: int) -> list[m.Message]:
        """Messages of one stream in the last segment that holds any, at most so many segments back; not checked."""
        for path in reversed(self._paths[-segments:]):
            found = []
            for received in self._segment(path):
                if received.stream == stream:
                    with contextlib.suppress(msgspec.DecodeError):
                        found.append(received.message)
            if found:
                return found
        return []

    def _segment(self, path: Path) -> Iterator[Received]:
        channels: dict[int, Channel] = {}
        with path.open("rb") as file:
            try:
                for record in StreamReader(file, validate_crcs=False).records:
                    if isinstance(record, Channel):
                        channels[record.id] = record
                    elif isinstance(record, Message) and record.channel_id in channels:
                        received = _received(channels[record.channel_id], record)
                        if received:
                            yield received
            except (McapError, struct_error, EOFError, ValueError, KeyError, OverflowError, MemoryError) as error:
                left = path.stat().st_size - file.tell()
                self._problems.append(
                    f"{path.name}: its tail is torn ({type(error).__name__}, about {max(0, left)} bytes left); "
                    "all before it was read."
                )


class Checks:
    """Holds what is read against the running checksums in the log.

    A recorder that was started again counts from nothing, in a segment of its own.
    """

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, int]] = {}
        self._incarnation: int | None = None
        self._named: set[str] = set()
        self._counts_of_segment: dict[str, tuple[int, int]] = {}

    def begin_segment(self) -> None:
        self._counts_of_segment = {}

    def count(self, received: Received) -> None:
        self._counts[received.topic] = _add(self._counts.get(received.topic, (0, 0)), received.payload)
        self._counts_of_segment[received.topic] = _add(
            self._counts_of_segment.get(received.topic, (0, 0)), received.payload
        )

    def compare(self, received: Received) -> Iterator[str]:
        """Problems that a digest reveals, each topic once."""
        digest: Any = received.message
        assert isinstance(digest, Digest)
        if self._incarnation is not None and received.incarnation != self._incarnation:
            self._counts = dict(self._counts_of_segment)
        self._incarnation = received.incarnation
        for topic, (n, crc) in digest.topics.items():
            if topic in self._named or self._counts.get(topic, (0, 0)) == (n, crc):
                continue
            self._named.add(topic)
            found, _ = self._counts.get(topic, (0, 0))
            what = "its bytes were changed" if found == n else f"{n - found} of its messages are missing"
            yield f"stream {topic}: {what} within the second before {digest.t_ns / 1e9:.1f} s of the log's clock."


def _add(counted: tuple[int, int], payload: bytes) -> tuple[int, int]:
    return counted[0] + 1, zlib.crc32(payload, counted[1])


def _received(channel: Channel, record: Message) -> Received | None:
    """None for a topic that this version does not know."""
    if stream_of(channel.topic) not in STREAMS:
        return None
    return Received(
        channel.topic,
        channel.metadata.get("process", ""),
        int(channel.metadata.get("incarnation", "0")),
        record.sequence,
        record.publish_time,
        record.data,
    )
