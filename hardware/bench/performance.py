"""How soon a wish is heard in bars composed already, and how gently: latency in a live session, slopes in play.

The latency is that of a demo in real time, all processes and emulated sensors running, from the command to when the
first block that it changes is heard. The slopes are those of hours of music in virtual time on a wild way over the
plane, with wishes at any moment.

    python -m hardware.bench.performance [--quick]      # about seven minutes
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from device.audio.conductor import Conductor
from device.audio.pace import Pace
from device.clock import SystemClock
from device.commands.figures import Demo
from device.commands.figures import wish as ask_for
from device.commands.piece import Steersman, Wish
from device.config import AudioConfig, SessionConfig
from device.messages import (
    Calmer,
    Command,
    CommandAnswer,
    Livelier,
    Louder,
    Manner,
    Message,
    MusicIntent,
    Note,
    Performance,
    PlayedBar,
    Softer,
    Start,
    Tick,
    Trace,
    Transport,
)
from device.music.composer import Composer
from device.music.perform import velocity_in
from device.sessions.reader import SessionReader
from hardware.bench.figures import Figure, show
from hardware.bench.intents import config_of, wandering

LATENCY_MS, TEMPO_PERCENT_S, LOUDNESS_DB_S = 150.0, 2.0, 1.5
MINUTES, QUICK_MINUTES = 6.0, 0.7
WISH_EACH_S = 1.3
"""No multiple of a bar's length, so that wishes fall anywhere in it."""
QUIET_S = 14.0
"""The music plays alone for this long at the beginning."""
WISHES: tuple[type[Command], ...] = (Calmer, Louder, Calmer, Livelier, Softer, Livelier)
PLAY_S, QUICK_PLAY_S = 3600, 300
STEP_FRAMES = 960
"""20 ms: where slopes are looked at."""
LEVEL_S = 5.0
"""The level of the notes is taken over this long: a step of MIDI velocity is 0.3 to 0.5 dB."""
TYPICAL, COMPOSED = Note(0, 24, 60, 64, "melody"), Manner(loudness_db=-12.0, density=0.5, articulation=0.8)
"""A note of middling force, and what it was composed for."""
Progress = Callable[[str], None]
Floats = npt.NDArray[np.float64]


def measure(progress: Progress, *, quick: bool, seed: int = 1) -> list[Figure]:
    """Latency of both kinds of wishes, and the slopes of tempo and loudness."""
    minutes, seconds = (QUICK_MINUTES, QUICK_PLAY_S) if quick else (MINUTES, PLAY_S)
    return [*_latencies(live(minutes, seed, progress)), *_slopes(wander(seconds, seed, progress))]


# -- in real time


class Latencies(msgspec.Struct):
    """Time from a command until the first block that it changes is heard, in ms."""

    loudness: list[float] = []
    """`softer` and `louder`, which audio obeys itself."""
    manner: list[float] = []
    """`calmer` and `livelier`, by way of the controller: tempo, density, articulation, pedal, brightness, dynamics."""


def live(minutes: float, seed: int, progress: Progress) -> Latencies:
    """A demo with a wish every second or so."""
    clock = SystemClock()
    made = 0

    def wish(elapsed_s: float) -> None:
        nonlocal made
        if elapsed_s > QUIET_S + made * WISH_EACH_S and elapsed_s < minutes * 60:
            ask_for(WISHES[made % len(WISHES)])
            made += 1
        progress(f"performance, {elapsed_s:.0f} of {minutes * 60:.0f} s, {made} wishes")

    with tempfile.TemporaryDirectory() as parent:
        demo = Demo(Path(parent) / "session", minutes, seed, clock)
        demo.wait(wish)
        return read_latencies(item for item in _items(demo.folder))


def _items(session_dir: Path) -> Iterator[tuple[int, Message]]:
    for item in SessionReader(session_dir).messages():
        yield item.seq, item.message


def read_latencies(items: Iterator[tuple[int, Message]] | Sequence[tuple[int, Message]]) -> Latencies:
    """The command as the log tells it.

    Audio ticks the first frame that an input acts on just before it takes the input, with the time at which that frame
    is heard. A wish that goes by way of the controller comes back as the next revision of an intent. What different
    processes said at nearly the same time may lie in the log in any order.
    """
    found, said = Latencies(), list(items)
    refused = {told.id for _, told in said if isinstance(told, CommandAnswer) and told.answer == "refused"}
    traces = [item for item in said if isinstance(item[1], Trace)]
    others = sorted((item for item in said if not isinstance(item[1], Trace)), key=lambda item: item[1].t_ns)
    commands: dict[int, Command] = {}
    revisions: dict[int, int] = {}
    waiting_ns: list[int] = []
    heard_ns = 0
    for seq, message in (*others, *traces):
        if isinstance(message, Command):
            commands[seq] = message
            if isinstance(message, Calmer | Livelier) and message.id not in refused:
                waiting_ns.append(message.t_ns)
        elif isinstance(message, MusicIntent) and _is_wished(message) and waiting_ns:
            revisions[seq] = waiting_ns.pop(0)
        elif isinstance(message, Trace) and message.process == "audio":
            for entry in message.entries:
                heard_ns = entry.now_ns if entry.topic.startswith("tick") else heard_ns
                command = commands.get(entry.seq) if entry.topic == "commands" else None
                if isinstance(command, Softer | Louder):
                    found.loudness.append((heard_ns - command.t_ns) / 1e6)
                if entry.topic == "intents" and entry.seq in revisions:
                    found.manner.append((heard_ns - revisions.pop(entry.seq)) / 1e6)
    return found


def _is_wished(intent: MusicIntent) -> bool:
    return "asked calmer" in intent.reason or "asked livelier" in intent.reason


def _latencies(found: Latencies) -> list[Figure]:
    def figure(name: str, values: list[float]) -> Figure:
        p99 = float(np.percentile(values, 99)) if values else math.inf
        note = f"live, {len(values)} wishes; median {np.median(values) if values else math.inf:.0f} ms"
        return Figure(f"wish to changed sound, {name}, p99", p99, LATENCY_MS, "at most", "ms", note)

    return [
        figure("loudness", found.loudness),
        figure("tempo, density, articulation, pedal, brightness", found.manner),
    ]


# -- in virtual time


class Trail(msgspec.Struct):
    """What a listener to hours of it could measure, every `STEP_FRAMES`."""

    log_tempo: list[float] = []
    gain_db: list[float] = []
    level_db: list[float] = []
    """Gain and how hard a note is struck."""


class Wanderer:
    """Conductor and composer on a wild way, with wishes thrown in."""

    def __init__(self, config: SessionConfig, n_bars: int) -> None:
        self._conductor, self._composer = Conductor(config), Composer(config)
        self._steersman = Steersman(config, Wish(wandering(config.seed, n_bars), n_bars))
        self.sfreq_hz = config.device.audio.sfreq_hz
        self._slope = config.prescription.limits.tempo_slope_percent_s
        self._rng = np.random.default_rng(config.seed)
        self._intent: MusicIntent | None = None
        self._pace: Pace | None = None
        self._frame = 0
        self.trail = Trail()
        self._give(Start(t_ns=0, author="manager"))

    def step(self) -> None:
        """The next 20 ms."""
        end = self._frame + STEP_FRAMES
        while (due := self._conductor.next_tick_frame) is not None and due < end:
            self._tick(due)
        if self._intent and self._rng.random() < STEP_FRAMES / self.sfreq_hz / WISH_EACH_S:
            self._tick(end - 1 - (end - 1) % 64)
            self._give(self._any_wish())
        self._frame = end
        self._look()

    def _tick(self, frame: int) -> None:
        now = max(frame, self._frame)
        self._give(Tick(t_ns=now * 1_000_000_000 // self.sfreq_hz, frame=now))

    def _any_wish(self) -> Message:
        """Louder or softer, or all cues anew at once, anywhere inside the limits."""
        assert self._intent
        if self._rng.random() < 0.3:
            return (Louder if self._rng.random() < 0.5 else Softer)(t_ns=0, author="patient")
        draw = self._rng.uniform
        self._intent = msgspec.structs.replace(
            self._intent,
            revision=self._intent.revision + 1,
            tempo_bpm=draw(40, 130),
            density=draw(0, 1),
            articulation=draw(0.3, 1),
            loudness_db=draw(-20, 0),
            swell_per_min=draw(0, 15) * (draw(0, 1) < 0.5),
        )
        return self._intent

    def _give(self, message: Message) -> None:
        for emitted in self._conductor.step(message, message.t_ns):
            match emitted:
                case Transport():
                    self._intent = self._steersman.answer(emitted)
                    for item in (self._intent, *self._composer.step(self._intent, 0)):
                        self._give(item)
                case PlayedBar():
                    start, tempo_bpm, to_bpm = emitted.start_frame, emitted.tempo_from_bpm, emitted.tempo_to_bpm
                    self._pace = Pace(start, 0.0, tempo_bpm, to_bpm, self._slope, self.sfreq_hz)
                    self._composer.step(emitted, emitted.t_ns)
                case Performance():
                    start, tick = emitted.from_frame, emitted.from_tick
                    tempo_bpm, to_bpm = emitted.tempo_from_bpm, emitted.tempo_to_bpm
                    self._pace = Pace(start, tick, tempo_bpm, to_bpm, self._slope, self.sfreq_hz)

    def _look(self) -> None:
        if self._pace is None:
            return
        loudness_db = self._conductor.loudness_db_at(self._frame)
        touch = velocity_in(TYPICAL, COMPOSED, loudness_db)
        self.trail.log_tempo.append(math.log(self._pace.tempo_at(self._frame)))
        self.trail.gain_db.append(loudness_db)
        self.trail.level_db.append(loudness_db + 40.0 * math.log10(touch / 127.0))


def wander(seconds: int, seed: int, progress: Progress) -> Trail:
    """Music of this length, composed by the rules: how it is played does not depend on who composed it."""
    wanderer = Wanderer(config_of(seed, "rules"), n_bars=seconds)
    n_steps = seconds * wanderer.sfreq_hz // STEP_FRAMES
    for number in range(n_steps):
        wanderer.step()
        if number % 5000 == 0:
            progress(f"slopes, {100 * number // n_steps} %")
    return wanderer.trail


def _slopes(trail: Trail) -> list[Figure]:
    step_s = STEP_FRAMES / AudioConfig().sfreq_hz
    tempo = round(100.0 * math.expm1(steepest(np.array(trail.log_tempo), 1) / step_s), 9)
    gain = steepest(np.array(trail.gain_db), 1) / step_s
    n_level = round(LEVEL_S / step_s)
    level = steepest(np.array(trail.level_db), n_level) / LEVEL_S
    note = f"{len(trail.log_tempo) * step_s / 60:.0f} min, a wish every {WISH_EACH_S} s"
    return [
        Figure("steepest change of tempo", tempo, TEMPO_PERCENT_S, "at most", "%/s", note),
        Figure("steepest change of gain", gain, LOUDNESS_DB_S, "at most", "dB/s", note),
        Figure(
            "steepest change of level, touch included", level, LOUDNESS_DB_S, "at most", "dB/s", f"over {LEVEL_S} s"
        ),
    ]


def steepest(values: Floats, n_steps: int) -> float:
    """The largest change over so many steps, either way."""
    return float(np.abs(values[n_steps:] - values[:-n_steps]).max(initial=0.0))


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m hardware.bench.performance", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under a minute of wishes, five of play")
    options = parser.parse_args(argv)
    show(measure(lambda text: print(text, file=sys.stderr, flush=True), quick=options.quick))
    return 0


if __name__ == "__main__":
    sys.exit(main())
