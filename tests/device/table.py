"""A small table of processes for the tests of the spine: real sockets and threads, trivial stages."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from device.config import SessionConfig
from device.messages import AudioReport, Bar, Calmer, Message, MusicIntent, Stop, Tick, Transport
from device.processes import PROCESSES, Process
from device.runtime.context import ProcessContext


class Decide:
    """transport -> intents; counts what it was given, so a difference in order shows."""

    reads: tuple[str, ...] = ("transport", "commands")
    writes: tuple[str, ...] = ("intents", "answers")
    tick_hz = 20.0
    last_bar = 9

    def __init__(self, config: SessionConfig) -> None:
        self.seed, self.ticks, self.calm = config.seed, 0, 0

    def step(self, message: Message, now_ns: int) -> Sequence[Message]:
        match message:
            case Tick():
                self.ticks += 1
            case Calmer():
                self.calm += 1
                return message.answered(now_ns, "loop", "taken")
            case Transport():
                return [self.intent(message, now_ns)]
        return []

    def intent(self, transport: Transport, now_ns: int) -> MusicIntent:
        return MusicIntent(
            t_ns=now_ns,
            bar_index=transport.bar_index,
            phase="hold",
            phase_left_s=1,
            session_left_s=2,
            target_valence=0,
            target_arousal=0,
            tempo_bpm=60 - self.calm,
            density=0.5,
            register_midi=60,
            loudness_db=-3,
            brightness=0.5,
            articulation=1,
            mode="major",
            tonic_pc=0,
            generator="g",
            final=transport.bar_index >= self.last_bar,
            reason=f"seed {self.seed}, {self.ticks} ticks",
        )


class Compose:
    reads: tuple[str, ...] = ("intents",)
    writes: tuple[str, ...] = ("bars",)
    tick_hz = 0.0

    def __init__(self, config: SessionConfig) -> None:
        self.seed = config.seed

    def step(self, message: Message, now_ns: int) -> Sequence[Message]:
        assert isinstance(message, MusicIntent)
        if message.reason == "crash":
            raise RuntimeError("asked to")
        bar = Bar(
            t_ns=now_ns,
            bar_index=message.bar_index,
            beats=4,
            tempo_bpm=message.tempo_bpm,
            tonic_pc=0,
            mode="major",
            programs={},
            notes=(),
            generator="g",
            seed=self.seed,
        )
        return [bar]


N_BARS = 10


def play(context: ProcessContext) -> None:
    """An audio process without sound: asks for a bar every 100 ms, ends when told or after ten."""
    context.loaded()
    bar, due_ns = 0, 0
    while context.beat():
        for received in context.receive(20):
            if isinstance(received.message, Stop):
                bar = N_BARS
        now_ns = context.clock.now_ns()
        if context.started and now_ns >= due_ns:
            due_ns = now_ns + 100_000_000
            state = "ended" if bar >= N_BARS else "playing"
            context.publish(Transport(t_ns=now_ns, bar_index=bar, start_frame=0, starts_ns=now_ns, deadline_ns=now_ns))
            context.publish(
                AudioReport(
                    t_ns=now_ns,
                    sink="none",
                    frame=bar,
                    peak_dbfs=-99,
                    rms_dbfs=-99,
                    underruns=0,
                    late_bars=0,
                    limiter_db=0,
                    state=state,
                )
            )
            bar += 1


def record(context: ProcessContext) -> None:
    """A recorder that only listens."""
    context.loaded()
    while context.beat():
        context.receive(50)


def crash(context: ProcessContext) -> None:
    raise RuntimeError("a bug")


SMALL = {
    "loop": Process("device.runtime.context:run_stages", stages=("tests.device.table:Decide",)),
    "composer": Process("device.runtime.context:run_stages", stages=("tests.device.table:Compose",)),
    "audio": Process("tests.device.table:play", reads=("commands", "bars")),
    "recorder": Process("tests.device.table:record", reads=("*",)),
}


def use_table(monkeypatch: pytest.MonkeyPatch, table: dict[str, Process]) -> None:
    """Put `table` in the place of TABLE 2."""
    for name in list(PROCESSES):
        monkeypatch.delitem(PROCESSES, name)
    for name, row in table.items():
        monkeypatch.setitem(PROCESSES, name, row)
