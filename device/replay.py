"""Runs the table's stages over a recorded session and compares every message they produce with the recorded one.

The trace of each process says which messages its stages consumed, in which order and at what `now_ns`; fed with
exactly that, pure stages must produce the same bytes. The sound card, the sensors and the disk are not replayed.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from device import __version__
from device.config import SessionConfig
from device.errors import IsotoneError, RecordingError
from device.files.models import MODELS_DIR
from device.imports import import_name
from device.messages import Message, Start, Tick, Trace, TraceEntry
from device.processes import PROCESSES, Process
from device.runtime.bus import Received
from device.runtime.stage_runner import StageRunner, build_stages
from device.sessions.reader import Recorded, SessionReader
from device.streams import stream_of, topic_of
from device.text import printable

BYTES_MAX = 2**30
"""Bytes of the messages that are held in memory: about half a day."""
Key = tuple[str, int, int]
"""Topic, incarnation of the writer, sequence number."""

_encode = msgspec.msgpack.Encoder().encode


class StreamReport(msgspec.Struct, kw_only=True):
    """The outcome for one stream: recorded messages, how many of them are the same, the first that is not."""

    stream: str
    recorded: int = 0
    same: int = 0
    difference: str = ""


class ReplayReport(msgspec.Struct, kw_only=True):
    streams: list[StreamReport]
    problems: list[str]
    """What is wrong with the recording itself, inputs that it lacks, and which release and models made it."""

    @property
    def is_same(self) -> bool:
        differs = any(row.difference or row.same != row.recorded for row in self.streams)
        return not self.problems and self.is_compared and not differs

    @property
    def is_compared(self) -> bool:
        """Whether there was anything to compare: no difference between nothing and nothing is no success."""
        return any(row.recorded for row in self.streams)


class Recording:
    """The messages of a session as its processes consumed them, and as they produced them.

    Raises:
        RecordingError: the folder is no session, or its log is too long for the memory of a replay.
    """

    def __init__(self, session_dir: Path) -> None:
        reader = SessionReader(session_dir)
        self.config, self.document = reader.config, reader.document
        self.consumed: dict[Key, Received] = {}
        """Messages by the topic as it was recorded, which is how traces name it."""
        self.produced: dict[Key, Received] = {}
        """Messages by today's topic."""
        self.traces: dict[tuple[str, int], list[Trace]] = defaultdict(list)
        self.started_ns = 0
        self._counts: dict[tuple[str, int], int] = defaultdict(int)
        n_bytes = 0
        for item in reader.recorded():
            n_bytes += len(item.message.payload)
            if n_bytes > BYTES_MAX:
                raise RecordingError(
                    f"The log of {session_dir} holds more than {BYTES_MAX // 2**20} MB, the limit of a replay.",
                    "Replay a shorter session.",
                )
            self._take(item)
        self.problems = reader.problems()

    def _take(self, item: Recorded) -> None:
        received = item.message
        self.consumed[item.topic, received.incarnation, received.seq] = received
        seq = received.seq
        if item.topic != received.topic:
            # Topics have been split since: messages count anew in each.
            seq = self._counts[received.topic, received.incarnation]
            self._counts[received.topic, received.incarnation] += 1
        self.produced[received.topic, received.incarnation, seq] = received
        message = received.message
        if isinstance(message, Trace):
            self.traces[message.process, message.incarnation].append(message)
        elif not self.started_ns and isinstance(message, Start):
            self.started_ns = message.t_ns

    def config_of(self, incarnation: int) -> SessionConfig:
        """The configuration as a process of that incarnation was given it, with the models of this release."""
        started_ns = self.started_ns if incarnation else 0
        return msgspec.structs.replace(self.config, models_dir=str(MODELS_DIR), started_ns=started_ns)

    @property
    def maker(self) -> str:
        """The release and the models that made it, and ours."""
        models = ", ".join(self.document.models) or "no model"
        release = self.document.text("isotone")
        return f"It was recorded by isotone {release} with {models}; this is isotone {__version__}."


def replay_session(session_dir: Path, tolerance: float = 0.0) -> ReplayReport:
    """Replay all stage processes of a session.

    `tolerance` above 0 lets numbers differ by that share: for a session that another kind of processor recorded, whose
    vector units round the last bits otherwise. On one machine every byte is the same.

    Raises:
        RecordingError: the folder is no session, cannot be read, or holds nothing that can be compared.
    """
    recording = Recording(session_dir)
    comparison = Comparison(recording, tolerance)
    for name, row in PROCESSES.items():
        if row.stages:
            for (process, incarnation), traces in sorted(recording.traces.items()):
                if process == name:
                    comparison.run(row, incarnation, traces, process)
    report = comparison.report()
    if not report.is_compared:
        raise RecordingError(
            f"{session_dir} holds no decision and no bar of a session, so there is nothing to compare.",
            "Give the folder of a session that Isotone has recorded.",
        )
    return report


class Comparison:
    """Feeds stages from a recording and counts what comes out the same."""

    def __init__(self, recording: Recording, tolerance: float) -> None:
        self._recording, self._tolerance = recording, tolerance
        self._rows: dict[str, StreamReport] = {}
        self._problems = list(recording.problems)
        self._is_foreign = recording.document.text("isotone") != __version__
        stages = [import_name(name) for row in PROCESSES.values() for name in row.stages]
        outputs = {name for stage in stages for name in stage.writes}
        for topic, _, _ in recording.produced:
            stream = stream_of(topic)
            if stream in outputs:
                self._rows.setdefault(stream, StreamReport(stream=stream)).recorded += 1

    def run(self, row: Process, incarnation: int, traces: list[Trace], process: str) -> None:
        """Feed one incarnation of one process with what it consumed, as far as that can be followed."""
        next_seq: dict[str, int] = defaultdict(int)
        try:
            runner = StageRunner(build_stages(row, self._recording.config_of(incarnation)))
            for entry in (entry for trace in traces for entry in trace.entries):
                for message in self._feed(runner, entry):
                    topic = topic_of(message)
                    self._compare(topic, incarnation, next_seq[topic], message)
                    next_seq[topic] += 1
        except IsotoneError as refusal:
            self._problems.append(f"{process}: {refusal.sentence} What followed cannot be compared.")
        except Exception as error:  # noqa: BLE001 - a changed message may lead a stage anywhere; here it is told
            why = printable(f"{type(error).__name__}: {error}")
            self._problems.append(f"{process}: its stages fail on what was recorded ({why}); what followed is left.")

    def _feed(self, runner: StageRunner, entry: TraceEntry) -> list[Message]:
        kind, _, index = entry.topic.partition("/")
        if kind == "tick":
            return runner.tick(int(index), Tick(t_ns=entry.now_ns, frame=entry.seq))
        received = self._recording.consumed.get((entry.topic, entry.incarnation, entry.seq))
        if received is None:
            raise RecordingError(
                f"message {entry.seq} of stream {printable(entry.topic)}, which it used, is not in the log."
            )
        return runner.step(received.message, entry.now_ns)

    def _compare(self, topic: str, incarnation: int, seq: int, produced: Message) -> None:
        stream = stream_of(topic)
        if self._is_foreign and stream not in self._rows:
            return  # that release had no such stream
        row = self._rows.setdefault(stream, StreamReport(stream=stream))
        recorded = self._recording.produced.get((topic, incarnation, seq))
        if recorded is None:
            row.difference = row.difference or f"{topic} {seq}: produced, but not in the log"
        elif recorded.payload == _encode(produced) or self._is_close(recorded.message, produced):
            row.same += 1
        elif not row.difference:
            row.difference = f"{topic} {seq}: {', '.join(_differing(recorded.message, produced))}"

    def _is_close(self, recorded: Message, produced: Message) -> bool:
        return self._tolerance > 0 and _close(
            msgspec.to_builtins(recorded), msgspec.to_builtins(produced), self._tolerance
        )

    def report(self) -> ReplayReport:
        for row in self._rows.values():
            if row.same < row.recorded and not row.difference:
                row.difference = f"{row.recorded - row.same} recorded messages were not produced again"
        report = ReplayReport(streams=[self._rows[name] for name in sorted(self._rows)], problems=self._problems)
        if not report.is_same and self._is_foreign:
            report.problems.append(self._recording.maker)
        return report


def _differing(recorded: Message, produced: Message) -> Iterator[str]:
    """The fields that differ, with both values, shortened."""
    for field in recorded.__struct_fields__:
        before, after = getattr(recorded, field), getattr(produced, field)
        if before != after:
            yield f"{field} was {_short(before)}, is {_short(after)}"


def _close(recorded: Any, produced: Any, tolerance: float) -> bool:
    """Whether two values are equal but for the last digits of numbers."""
    if isinstance(recorded, float) and isinstance(produced, float):
        both_nan = math.isnan(recorded) and math.isnan(produced)
        return both_nan or math.isclose(recorded, produced, rel_tol=tolerance, abs_tol=tolerance)
    if isinstance(recorded, dict) and isinstance(produced, dict):
        return recorded.keys() == produced.keys() and all(
            _close(recorded[key], produced[key], tolerance) for key in recorded
        )
    if isinstance(recorded, list | tuple) and isinstance(produced, list | tuple):
        return len(recorded) == len(produced) and all(map(partial(_close, tolerance=tolerance), recorded, produced))
    return bool(recorded == produced)


def _short(value: Any) -> str:
    text = printable(repr(value))
    return text if len(text) <= 60 else f"{text[:57]}..."
