"""A recorded session as all formats need it: what was measured, and what happened beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from device.config import SourceConfig
from device.errors import RecordingError
from device.exports.signals import Signal, Signals
from device.messages import SampleChunk
from device.sessions.history import History
from device.sessions.reader import SessionReader

TEXT_MAX = 200
ANNOTATIONS_MAX = 20_000


class Annotation(NamedTuple):
    """Something that happened, at a time of the box's clock."""

    t_ns: int
    duration_s: float
    kind: str
    """`phase`, `fault`, `command`, `marker` or `music`."""
    text: str


class Recording:
    """Reads a session whole. What is damaged in it is left out, and `problems` says so.

    Raises:
        RecordingError: the log may not be looked into.
    """

    def __init__(self, reader: SessionReader) -> None:
        self.history = History(reader)
        self.began_utc: dt.datetime | None = reader.document.began_utc
        """When the box's clock on the wall said that the session began, to the second; None: it is not told."""
        messages = (received.message for received in reader.messages(("samples",)))
        signals = Signals(message for message in messages if isinstance(message, SampleChunk))
        self.signals: list[Signal] = list(signals)
        self.document = reader.document
        self.annotations = sorted(self._annotations())[:ANNOTATIONS_MAX]
        self.problems = [*self.history.problems, *signals.problems]

    @property
    def sources(self) -> dict[str, SourceConfig]:
        """The sensors as device.toml named them; none where this release cannot read what was configured."""
        try:
            return self.document.config.device.sources
        except RecordingError:
            return {}

    @property
    def session_id(self) -> str:
        return self.history.session_id

    def seconds(self, t_ns: int) -> float:
        """Seconds since the music began."""
        return self.history.seconds(t_ns)

    def utc(self, t_ns: int) -> dt.datetime | None:
        """Time on the wall, as exact as the box knew when the session began."""
        if self.began_utc is None:
            return None
        try:
            return self.began_utc + dt.timedelta(microseconds=(t_ns - self.history.first_ns) // 1000)
        except OverflowError:
            return None

    def _annotations(self) -> Iterator[Annotation]:
        history = self.history
        for span in history.phases():
            began_ns = history.began_ns + round(span.begins_s * 1e9)
            yield Annotation(began_ns, max(0.0, span.ends_s - span.begins_s), "phase", span.name)
        for event in history.events():
            yield Annotation(history.began_ns + round(event.at_s * 1e9), 0.0, event.kind, line(event.text))
        if history.played:
            last = history.played[-1]
            sounded_s = (last.t_ns - history.began_ns) / 1e9 + last.beats * 60.0 / last.tempo_bpm
            yield Annotation(history.began_ns, sounded_s, "music", "music, from its first bar to its last")


def line(text: str) -> str:
    """The text on one line, as long as formats take it, without what no file may hold."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:TEXT_MAX])


def file_name(session_id: str) -> str:
    """The session's id as the beginning of a file's name."""
    kept = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "_" for letter in session_id
    )
    return kept[:80] or "session"
