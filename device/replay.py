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

from device.config import SessionConfig
from device.host import StageRunner, build_stages
from device.imports import import_name
from device.messages import Command, Message, Tick, Trace, TraceEntry
from device.models import MODELS_DIR
from device.processes import PROCESSES
from device.runtime.bus import Received
from device.sessions.reader import SessionReader
from device.streams import stream_of, topic_of

_encode = msgspec.msgpack.Encoder().encode


class StreamReport(msgspec.Struct, kw_only=True):
    """How one stream came out: recorded messages, how many of them are the same, the first that is not."""

    stream: str
    recorded: int = 0
    same: int = 0
    difference: str = ""


class ReplayReport(msgspec.Struct, kw_only=True):
    streams: list[StreamReport]
    problems: list[str]
    """What is wrong with the recording itself, and inputs that it lacks."""

    @property
    def is_same(self) -> bool:
        return not self.problems and all(not row.difference and row.same == row.recorded for row in self.streams)


class Recording:
    """The messages of a session by topic, writer's incarnation and sequence number."""

    def __init__(self, session_dir: Path) -> None:
        reader = SessionReader(session_dir)
        self.config = reader.config
        self.messages: dict[tuple[str, int, int], Received] = {}
        self.traces: dict[tuple[str, int], list[Trace]] = defaultdict(list)
        self.started_ns = 0
        for received in reader.messages():
            self.messages[received.topic, received.incarnation, received.seq] = received
            self._notice(received)
        self.problems = reader.problems()

    def _notice(self, received: Received) -> None:
        if received.stream == "trace":
            trace = received.message
            assert isinstance(trace, Trace)
            self.traces[trace.process, trace.incarnation].append(trace)
        elif received.stream == "commands" and not self.started_ns:
            command = received.message
            if isinstance(command, Command) and command.kind == "start":
                self.started_ns = command.t_ns

    def config_of(self, incarnation: int) -> SessionConfig:
        """The configuration as a process of that incarnation was given it."""
        models_dir = self.config.models_dir if Path(self.config.models_dir).is_dir() else str(MODELS_DIR)
        started_ns = self.started_ns if incarnation else 0
        return msgspec.structs.replace(self.config, models_dir=models_dir, started_ns=started_ns)


def replay_session(session_dir: Path, tolerance: float = 0.0) -> ReplayReport:
    """Replay all stage processes of a session.

    `tolerance` above 0 lets numbers differ by that share: for a session that another kind of processor recorded, whose
    vector units round the last bits otherwise. On one machine every byte is the same.

    Raises:
        RecordingError: the folder is no session or cannot be read.
    """
    recording = Recording(session_dir)
    comparison = Comparison(recording, tolerance)
    for name, row in PROCESSES.items():
        if row.stages:
            for (process, incarnation), traces in sorted(recording.traces.items()):
                if process == name:
                    runner = StageRunner(build_stages(row, recording.config_of(incarnation)))
                    comparison.run(runner, incarnation, traces, process)
    return comparison.report()


class Comparison:
    """Feeds stages from a recording and counts what comes out the same."""

    def __init__(self, recording: Recording, tolerance: float) -> None:
        self._recording, self._tolerance = recording, tolerance
        self._rows: dict[str, StreamReport] = {}
        self._problems = list(recording.problems)
        outputs = {name for row in PROCESSES.values() for stage in _writes(row.stages) for name in stage}
        for topic, _, _ in recording.messages:
            stream = stream_of(topic)
            if stream in outputs:
                self._rows.setdefault(stream, StreamReport(stream=stream)).recorded += 1

    def run(self, runner: StageRunner, incarnation: int, traces: list[Trace], process: str) -> None:
        """Feed one incarnation of one process with what it consumed."""
        next_seq: dict[str, int] = defaultdict(int)
        for entry in (entry for trace in traces for entry in trace.entries):
            produced = self._feed(runner, entry, process)
            if produced is None:
                return
            for message in produced:
                topic = topic_of(message)
                self._compare(topic, incarnation, next_seq[topic], message)
                next_seq[topic] += 1

    def _feed(self, runner: StageRunner, entry: TraceEntry, process: str) -> list[Message] | None:
        kind, _, index = entry.topic.partition("/")
        if kind == "tick":
            return runner.tick(int(index), Tick(t_ns=entry.now_ns, frame=entry.seq))
        received = self._recording.messages.get((entry.topic, entry.incarnation, entry.seq))
        if received is None:
            self._problems.append(
                f"{process}: message {entry.seq} of stream {entry.topic}, which it used, is not in the log; "
                "what followed cannot be compared."
            )
            return None
        return runner.step(received.message, entry.now_ns)

    def _compare(self, topic: str, incarnation: int, seq: int, produced: Message) -> None:
        stream = stream_of(topic)
        row = self._rows.setdefault(stream, StreamReport(stream=stream))
        recorded = self._recording.messages.get((topic, incarnation, seq))
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
        return ReplayReport(streams=[self._rows[name] for name in sorted(self._rows)], problems=self._problems)


def _writes(stages: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name in stages:
        yield import_name(name).writes


def _differing(recorded: Message, produced: Message) -> Iterator[str]:
    """The fields that differ, with both values, shortened."""
    for field in recorded.__struct_fields__:
        before, after = getattr(recorded, field), getattr(produced, field)
        if before != after:
            yield f"{field} was {_short(before)}, is {_short(after)}"


def _close(recorded: Any, produced: Any, tolerance: float) -> bool:
    """Equal, but for the last digits of numbers."""
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
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
