"""Reads a session's log as it is on disk: whole, torn or changed, and says which."""

from __future__ import annotations

import statistics
import zlib
from collections.abc import Collection, Iterator
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from device import messages as m
from device.config import SessionConfig
from device.errors import RecordingError
from device.runtime.bus import Received
from device.sessions.document import MEND, Document
from device.sessions.plausible import implausible
from device.sessions.problems import Problems
from device.sessions.records import Logged, SegmentReader
from device.sessions.store import log_paths
from device.sessions.upgrades import upgrade_message
from device.streams import STREAMS

SESSION_NS_MAX = 7 * 86_400_000_000_000
CLOCK_MESSAGES = 21


class Recorded(NamedTuple):
    """A message in today's form, the topic under which it was recorded, and the version of its stream then."""

    message: Received
    topic: str
    version: int


class LogReader:
    """The messages in the log of a folder, in today's form, whichever release recorded them.

    They may be read again and again; `problems` says what the last whole reading found.

    Raises:
        RecordingError: the folder may not be looked into.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._paths = log_paths(folder)
        except OSError as error:
            raise RecordingError(f"{folder} cannot be read: {error.strerror}.", MEND) from error
        self._problems = Problems()

    @cached_property
    def _clock_ns(self) -> int:
        """What the log's clock showed when it began: the median of the first messages, of which one may be damaged."""
        unheeded = Problems()
        first = (logged.log_ns for path in self._paths for logged in SegmentReader(path, unheeded).messages())
        return int(statistics.median_low([*islice(first, CLOCK_MESSAGES)] or [0]))

    def messages(self, streams: Collection[str] = STREAMS) -> Iterator[Received]:
        """The messages of these streams as they were recorded; damaged ones are left out and named by `problems`."""
        return (item.message for item in self.recorded(streams))

    def recorded(self, streams: Collection[str] = STREAMS) -> Iterator[Recorded]:
        """The same, each with the topic under which it was recorded."""
        self._problems = Problems()
        checks = Checks()
        for path in self._paths:
            checks.begin_segment()
            for logged in SegmentReader(path, self._problems).messages():
                checks.count(logged.received)
                for received in self._upgraded(logged, streams, self._problems):
                    if isinstance(received.message, m.Digest):
                        for topic, sentence in checks.compare(received.message, received.incarnation):
                            self._problems.add(topic, sentence)
                    yield Recorded(received, logged.received.topic, logged.version)

    def _upgraded(self, logged: Logged, streams: Collection[str], problems: Problems) -> Iterator[Received]:
        """The message in today's form; none where it is damaged, of no use, or nothing took the place of its stream."""
        received = logged.received
        if received.stream in STREAMS and received.stream not in streams:
            return
        try:
            told = upgrade_message(received.topic, logged.version, received.payload)
            if told is None:
                return
            today = received._replace(topic=told[0], payload=told[1])
            why = implausible(today.message, received.sent_ns, logged.log_ns)
            if abs(logged.log_ns - self._clock_ns) > SESSION_NS_MAX:
                why = "its time is not that of the log"
        except (KeyError, TypeError, *m.UNDECODABLE) as error:
            why = str(error)
        if why:
            problems.add(received.topic, f"stream {received.topic}: message {received.seq} is damaged: {why}.")
            return
        if today.stream in streams:
            yield today

    def problems(self) -> list[str]:
        """What is wrong with the log, in words; empty before `messages` was read to its end."""
        return self._problems.sentences()

    def last(self, stream: str, segments: int) -> list[m.Message]:
        """Messages of one stream in the last segment that holds any, at most so many segments back; not checked."""
        unheeded = Problems()
        for path in reversed(self._paths[-segments:]):
            logged = SegmentReader(path, unheeded).messages()
            found = [today.message for item in logged for today in self._upgraded(item, (stream,), unheeded)]
            if found:
                return found
        return []


class SessionReader(LogReader):
    """One recorded session: its log and what its session.json says.

    Raises:
        RecordingError: the folder is no session.
    """

    def __init__(self, session_dir: Path) -> None:
        super().__init__(session_dir)
        self.folder = session_dir
        if not self._paths:
            raise RecordingError(f"{session_dir} is not a session: it holds no log-0000.mcap.", MEND)
        self.document = Document(session_dir)

    @property
    def config(self) -> SessionConfig:
        """The whole configuration. Raises RecordingError where it means nothing to this release."""
        return self.document.config


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
        if received.stream != "digest":
            for counts in (self._counts, self._counts_of_segment):
                n, crc = counts.get(received.topic, (0, 0))
                counts[received.topic] = n + 1, zlib.crc32(received.payload, crc)

    def compare(self, digest: m.Digest, incarnation: int) -> Iterator[tuple[str, str]]:
        """Topic and problem that a digest reveals, each topic once."""
        if self._incarnation is not None and incarnation != self._incarnation:
            self._counts = dict(self._counts_of_segment)
        self._incarnation = incarnation
        for topic, (n, crc) in digest.topics.items():
            if topic in self._named or self._counts.get(topic, (0, 0)) == (n, crc):
                continue
            self._named.add(topic)
            found, _ = self._counts.get(topic, (0, 0))
            what = f"{n - found} of its messages are missing" if found < n else "its bytes were changed"
            what = f"{found - n} messages are too many" if found > n else what
            at_s = digest.t_ns / 1e9
            yield topic, f"stream {topic}: {what} within the second before {at_s:.1f} s of the log's clock."
