"""A session as it went, gathered from its log: what summary, figure and MIDI file are made from.

Whatever is missing (no bar, no estimate, a torn log) leaves its list empty. Times in seconds count from the first bar.
"""

from __future__ import annotations

from typing import NamedTuple

from device import messages as m
from device.modalities import name_signals
from device.runtime.bus import Received
from device.sessions.reader import SessionReader

UNKEPT = (m.SampleChunk, m.FeatureFrame, m.Trace, m.Digest, m.Health)
"""Messages of which only counts and means are kept."""
KEPT_BYTES_MAX = 128 * 2**20
"""Bytes that are kept at most; eight hours have about 25 MB."""
MESSAGE_BYTES = 16
"""Bytes that are kept of any message."""
SOURCES_MAX = 32
QUALITY_GAP_S = 2.5
"""Feature frames further apart leave a gap in the figure; a wristband's come once in each second, anywhere in it."""


class Span(NamedTuple):
    """Something that lasted; `name` is the phase, or the state of a source."""

    name: str
    begins_s: float
    ends_s: float


class Event(NamedTuple):
    """Something that happened: `kind` is `fault`, `command` or `marker`."""

    at_s: float
    kind: str
    text: str


class SourceHistory:
    """What came from one sensor."""

    def __init__(self) -> None:
        self.samples = self.lost = 0
        """Samples that came and that were lost, of all its signals together."""
        self.quality: dict[m.FeatureKind, list[tuple[int, float]]] = {}
        """(t_ns, mean quality of its channels) for each kind of features that were made of it."""
        self.states: list[tuple[int, str]] = []

    def take(self, chunk: m.SampleChunk) -> None:
        self.samples += len(chunk.data) // (4 * max(1, len(chunk.ch_names)))
        self.lost += chunk.n_lost


class Lane(NamedTuple):
    """The quality of one kind of features of a source over time."""

    name: str
    """The name a person reads: the source, or `muse eeg` where that has several kinds."""
    source: str
    quality: list[tuple[int, float]]


class History:
    """Reads a session once, from beginning to end."""

    def __init__(self, reader: SessionReader) -> None:
        self.session_id = reader.document.text("session_id", reader.folder.name)
        self.listener = reader.document.text("listener")
        self.minutes = reader.document.minutes
        self.affect: list[m.AffectEstimate] = []
        self.decisions: list[m.Decision] = []
        self.played: list[m.PlayedBar] = []
        self.reports: list[m.AudioReport] = []
        self.exposures: list[m.Exposure] = []
        self.answers: dict[str, m.CommandAnswer] = {}
        """The last answer to each command, by the command's id."""
        self.faults: list[m.Fault] = []
        self.commands: list[m.Command | m.DirectStop] = []
        self.markers: list[m.Marker] = []
        self.sources: dict[str, SourceHistory] = {}
        self._intents: dict[int, m.MusicIntent] = {}
        self._substitutes: list[m.Bar] = []
        """Bars by another generator than the asked one, that say why."""
        self._first_ns = self._last_ns = 0
        self._kept_bytes = 0
        for received in reader.messages():
            self._take(received)
        self.problems = [*reader.problems(), *self._limits()]
        self.played.sort(key=lambda bar: bar.t_ns)
        self.began_ns = self.played[0].t_ns if self.played else self._first_ns

    def _limits(self) -> list[str]:
        """What was left out, because no session that was played holds so much."""
        sentences = []
        if self._kept_bytes > KEPT_BYTES_MAX:
            sentences.append(f"It holds more than {KEPT_BYTES_MAX // 2**20} MB of messages, which is the limit.")
        if len(self.sources) >= SOURCES_MAX:
            sentences.append(f"It names {SOURCES_MAX} sources or more, which is the limit.")
        return sentences

    def _take(self, received: Received) -> None:
        self._first_ns = self._first_ns or received.sent_ns
        self._last_ns = max(self._last_ns, received.sent_ns)
        message = received.message
        self._kept_bytes += MESSAGE_BYTES + (0 if isinstance(message, UNKEPT) else len(received.payload))
        if self._kept_bytes > KEPT_BYTES_MAX:
            return
        match message:
            case m.SampleChunk():
                self._source(message.source).take(message)
            case m.FeatureFrame():
                mean = sum(message.quality) / max(1, len(message.quality))
                quality = self._source(message.source).quality
                quality.setdefault(message.kind, []).append((message.t_ns, mean))
            case m.SensorStatus():
                self._source(message.source).states.append((message.t_ns, message.state))
            case m.MusicIntent():
                self._intents[message.bar_index] = message
            case m.Bar() if message.reason and message.generator != self._asked_generator(message):
                self._substitutes.append(message)
            case _:
                self._keep(message)

    def _keep(self, message: m.Message) -> None:
        match message:
            case m.AffectEstimate():
                self.affect.append(message)
            case m.Decision():
                self.decisions.append(message)
            case m.PlayedBar():
                self.played.append(message)
            case m.AudioReport():
                self.reports.append(message)
            case m.Exposure():
                self.exposures.append(message)
            case m.CommandAnswer():
                self.answers[message.id] = message
            case m.Fault():
                self.faults.append(message)
            case m.Command() | m.DirectStop():
                self.commands.append(message)
            case m.Marker():
                self.markers.append(message)
            case _:
                pass

    def _asked_generator(self, bar: m.Bar) -> str:
        intent = self._intents.get(bar.bar_index)
        return intent.generator if intent else bar.generator

    def _source(self, name: str) -> SourceHistory:
        if name not in self.sources and len(self.sources) >= SOURCES_MAX:
            return SourceHistory()
        return self.sources.setdefault(name, SourceHistory())

    # -- read from it

    @property
    def first_ns(self) -> int:
        """When the first message of the log was sent; 0 where it has none."""
        return self._first_ns

    def seconds(self, t_ns: int) -> float:
        """Seconds since the music began."""
        return (t_ns - self.began_ns) / 1e9

    @property
    def duration_s(self) -> float:
        """Time from the first bar to the last message."""
        return max(0.0, self.seconds(self._last_ns))

    def asked(self) -> list[tuple[float, m.MusicIntent]]:
        """The newest intent of each bar, and when that bar sounded (or, if it did not, when it was asked for)."""
        heard_ns = {bar.bar_index: bar.t_ns for bar in self.played}
        return sorted(
            ((self.seconds(heard_ns.get(index, intent.t_ns)), intent) for index, intent in self._intents.items()),
            key=lambda item: item[0],
        )

    def keys(self) -> list[tuple[int, m.Mode]]:
        """Tonic and mode of each bar that was played, as it was asked for; none where one of them is not known."""
        asked = [self._intents.get(bar.bar_index) for bar in self.played]
        known = [(intent.tonic_pc, intent.mode) for intent in asked if intent]
        return known if len(known) == len(asked) else []

    def phases(self) -> list[Span]:
        spans: list[Span] = []
        for at_s, intent in self.asked():
            if not spans or spans[-1].name != intent.phase:
                spans = [*spans[:-1], *(span._replace(ends_s=at_s) for span in spans[-1:])]
                spans.append(Span(intent.phase, at_s, max(at_s, self.duration_s)))
        return spans

    def lanes(self) -> list[Lane]:
        """A lane for each kind of features of each source; one without quality for a source of which none were made."""
        lanes: dict[tuple[str, str], list[tuple[int, float]]] = {}
        for source, found in self.sources.items():
            for kind, frames in found.quality.items():
                lanes[source, kind] = frames
            if not found.quality:
                lanes[source, ""] = []
        return [Lane(name, key[0], lanes[key]) for key, name in name_signals(lanes).items()]

    def gaps(self, name: str) -> list[Span]:
        """The spans in which a source that had streamed did not, with its state."""
        spans: list[Span] = []
        states = self.sources[name].states
        first = next((index for index, (_, state) in enumerate(states) if state == "streaming"), len(states))
        ends_ns = [*(t_ns for t_ns, _ in states[1:]), self._last_ns]
        for (t_ns, state), end_ns in list(zip(states, ends_ns, strict=False))[first:]:
            if state != "streaming":
                spans.append(Span(state, self.seconds(t_ns), self.seconds(end_ns)))
        return spans

    def events(self) -> list[Event]:
        """Faults, commands, markers and why another generator played, in the order of time."""
        events = [Event(self.seconds(fault.t_ns), "fault", fault.sentence) for fault in self.faults if fault.t_ns]
        for command in self.commands:
            what = "stop, at audio's own door" if isinstance(command, m.DirectStop) else _wish(command)
            text = f"{command.author}: {what}"
            events.append(Event(self.seconds(command.t_ns), "command", text))
        events += [Event(self.seconds(marker.t_ns), "marker", marker.text) for marker in self.markers]
        events += [Event(self.seconds(bar.t_ns), "marker", bar.reason) for bar in self._substitutes]
        return sorted(events)

    def is_whole(self) -> bool:
        """Whether the bar that was to be the last was played."""
        finals = {index for index, intent in self._intents.items() if intent.final}
        return any(bar.bar_index in finals for bar in self.played)

    def ended(self) -> str:
        """How it ended: `whole`, `stopped`, `by a fault`, or `cut off` where the log just ends."""
        if any(fault.fatal for fault in self.faults):
            return "by a fault"
        if self.is_whole():
            return "whole"
        return "stopped" if any(isinstance(command, m.Stop | m.DirectStop) for command in self.commands) else "cut off"


def _wish(command: m.Command) -> str:
    """`lock tempo`: what was wished, and of what."""
    of_what = getattr(command, "cue", None) or getattr(command, "voice", None) or ""
    return f"{command.kind.replace('_', ' ')} {of_what}".rstrip()
