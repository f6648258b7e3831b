"""The audio process alone, with its real engine, synthesiser and card, in real time: its composer hangs for ever.

    python -m hardware.bench.lone_audio RUN_DIR SEED SECONDS [CARD] [--voices N | --density SHARE] [--hurry] ...

It says `playing`, and at the end its costs. It stops at its own door (`RUN_DIR/patient.stop`) like any session. The
music is as dense as is ever asked for unless `--voices` or `--density` says otherwise, and the phrasebook composes it,
as in any session whose composer hangs. With `--hurry` nothing waits: a card that is none takes a block whenever so much
processor time was spent or would have been waited, so an hour passes in minutes, and a block that comes too late by its
own work is an underrun. Real-time priority is not asked for then: it would take a processor from everybody else.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import msgspec

from device.audio.conductor import CALM, Conductor
from device.audio.engine import Engine, frozen_collector, open_sink
from device.audio.resident_memory import kept_in_memory
from device.audio.safety.limits import allowed_programs
from device.audio.synth import Synth
from device.clock import Clock, SystemClock
from device.config import (
    AudioConfig,
    DeviceConfig,
    HeadphonesConfig,
    Preference,
    Prescription,
    SessionConfig,
    VoiceConfig,
)
from device.console.printing import say, say_json
from device.host import take_place
from device.messages import AudioReport, Message, PcmBlock, Start, Tick, Transport
from device.processes import PROCESSES
from device.runtime.bus import Received
from device.runtime.context import ProcessContext
from device.runtime.stage_runner import StageRunner
from device.streams import topic_of

SETTLED_S, SETTLED_BARS = 3.0, 2
"""Costs are counted from here: what is loaded at the start is not part of them."""
AUDIBLE = 20
"""Steps of 32768: -64 dBFS."""


TEMPO_BPM = 96.0
MIDDLE_DENSITY = 0.35
"""With the instruments that are prescribed by default it makes about 64 voices."""


class HurryingClock:
    """Time passes while this process works; waiting takes none, nor do neighbours who have the processor meanwhile."""

    def __init__(self) -> None:
        self._skipped_ns = 0

    def now_ns(self) -> int:
        return time.process_time_ns() + self._skipped_ns

    def suspended_ns(self) -> int:
        return 0

    def sleep(self, seconds: float) -> None:
        self._skipped_ns += round(max(0.0, seconds) * 1e9)


class Load:
    """What is asked for: bars of a density, or of whatever density keeps so many voices sounding."""

    def __init__(self, synth: Synth, density: float, voices: int) -> None:
        self._synth, self._density, self._wanted = synth, density, voices
        self._counted: list[int] = []

    def play(self, transport: Transport) -> Message:
        """The next bar's intent."""
        self._counted.append(self._synth.n_voices())
        density = self._density
        if self._wanted:
            density = min(max(MIDDLE_DENSITY + 1.0 - self._counted[-1] / self._wanted, 0.0), 1.0)
        return msgspec.structs.replace(dense(transport), density=density)

    @property
    def mean_voices(self) -> float:
        """How many voices sounded when bars were asked for, but for the first bars."""
        settled = self._counted[SETTLED_BARS:] or [0]
        return sum(settled) / len(settled)


class Costs(msgspec.Struct, frozen=True):
    cpu_share: float
    """Processor time over time, from `SETTLED_S` on."""
    rss_mb: float
    underruns: int
    seconds: float
    voices: float
    """Mean number of the synthesiser's voices that sounded."""
    slowest_ms: float
    """The longest turn: what is rendered in it has to be ready within the card's ring."""
    integrated_lufs: float
    peak_dbtp: float


class LoneContext:
    """What `ProcessContext` offers an entry, with nobody at the other end of the bus."""

    name, incarnation, stop_reason = "audio", 0, ""

    def __init__(
        self,
        config: SessionConfig,
        seconds: float,
        play: Callable[[Transport], Message] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """`play` answers each bar that is asked for; where nobody says otherwise as densely as is ever asked."""
        self._play = play or dense
        self.config, self.clock = config, clock or SystemClock()
        self.stages = (Conductor(config),)
        self.started = False
        self.reports: list[AudioReport] = []
        self._runner = StageRunner(self.stages)
        self.waiting: list[Message] = [Start(t_ns=self.clock.now_ns(), author="manager")]
        self._begun_s, self._seconds = self._now_s(), seconds
        self._settled: tuple[float, float] | None = None
        self._turned_s = self._slowest_s = 0.0
        self.is_heard = False

    def _now_s(self) -> float:
        return self.clock.now_ns() / 1e9

    def loaded(self) -> None:
        """Nobody waits for it."""

    def beat(self) -> bool:
        now_s = self._now_s()
        if self._settled:
            self._slowest_s = max(self._slowest_s, now_s - self._turned_s)
        elif now_s - self._begun_s > SETTLED_S:
            self._settled = time.process_time(), now_s
        if now_s - self._begun_s > self._seconds or any(report.state == "ended" for report in self.reports[-1:]):
            self.stop_reason = "asked"
        return not self.stop_reason

    def receive(self, timeout_ms: int) -> list[Received]:
        if not self.waiting:
            self.clock.sleep(timeout_ms / 1000.0)
        self._turned_s = self._now_s()
        given, self.waiting = self.waiting, []
        self.started = True
        return [self._received(message) for message in given]

    def _received(self, message: Message) -> Received:
        return Received(topic_of(message), "bench", 0, 0, 0, msgspec.msgpack.encode(message))

    def step(self, given: Received | Tick) -> list[Message]:
        if isinstance(given, Tick):
            emitted = self._runner.tick(0, given)
        else:
            emitted = self._runner.step(given.message, self.clock.now_ns())
        self.waiting += [self._play(each) for each in emitted if isinstance(each, Transport)]
        return emitted

    def publish(self, message: Message) -> Received:
        if isinstance(message, AudioReport):
            self.reports.append(message)
        elif isinstance(message, PcmBlock) and not self.is_heard and _loudest(message.data) > AUDIBLE:
            self.is_heard = True
            say("playing")
        return self._received(message)

    def fail(self, code: str, sentence: str, action: str) -> None:
        say(f"{code}: {sentence} {action}", err=True)
        self.stop_reason = code

    def costs(self, voices: float) -> Costs:
        """What it has cost; how many voices sounded is known to who asked for them."""
        cpu_s, since_s = self._settled or (0.0, self._begun_s)
        return Costs(
            cpu_share=(time.process_time() - cpu_s) / (self._now_s() - since_s),
            rss_mb=_peak_rss_mb(),
            underruns=self.reports[-1].underruns,
            seconds=self._now_s() - self._begun_s,
            voices=voices,
            slowest_ms=1000.0 * self._slowest_s,
            integrated_lufs=self.reports[-1].integrated_lufs,
            peak_dbtp=max(report.true_peak_dbtp for report in self.reports),
        )


def configured(run_dir: Path, seed: int, card: str = "") -> SessionConfig:
    """The session of such a process; without a card it keeps the pace of the clock."""
    device = DeviceConfig(
        audio=AudioConfig(device=card) if card else AudioConfig(sink="wav"),
        voice=VoiceConfig(speak="signs"),
        headphones=HeadphonesConfig(sensitivity_db_v=80.0, full_scale_v=0.5),
    )
    return SessionConfig(
        session_id="bench", seed=seed, run_dir=str(run_dir), session_dir="", models_dir="", device=device
    )


def dense(transport: Transport) -> Message:
    """As many notes as are ever asked for, long ones."""
    return msgspec.structs.replace(
        CALM, bar_index=transport.bar_index, tempo_bpm=TEMPO_BPM, density=1.0, articulation=1.0, loudness_db=0.0
    )


def _peak_rss_mb() -> float:
    """Of this program; what `getrusage` tells begins with what its parent had."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    assert found
    return int(found[1]) / 1024.0


def _loudest(pcm: bytes) -> int:
    return max(abs(step) for step in memoryview(pcm).cast("h")[::16])


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m hardware.bench.lone_audio")
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("seed", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("card", nargs="?", default="")
    parser.add_argument("--voices", type=int, default=0)
    parser.add_argument("--density", type=float, default=1.0)
    parser.add_argument("--bed", default="none", choices=("none", "sea", "rain", "wind", "drone"))
    parser.add_argument("--no-layers", action="store_true")
    parser.add_argument("--hurry", action="store_true")
    return parser.parse_args(argv)


def _prescribed(options: argparse.Namespace) -> SessionConfig:
    prescription = Prescription(preference=Preference(bed=options.bed))
    if options.no_layers:
        prescription = msgspec.structs.replace(prescription, layers={})
    # Audio ends by itself what goes on for longer than it was meant to.
    minutes = options.seconds / 60.0 + 1.0
    config = configured(options.run_dir, options.seed, options.card)
    return msgspec.structs.replace(config, prescription=prescription, minutes=minutes)


def main(argv: list[str]) -> int:
    options = _options(argv)
    if not options.hurry:
        take_place(PROCESSES["audio"])
    config, clock = _prescribed(options), HurryingClock() if options.hurry else SystemClock()
    audio = config.device.audio
    synth = Synth(audio, allowed_programs(config.prescription))
    load = Load(synth, options.density, options.voices)
    context = LoneContext(config, options.seconds, load.play, clock)
    with frozen_collector(), kept_in_memory():
        Engine(cast("ProcessContext", context), synth, open_sink(audio, clock)).run()
    synth.close()
    say_json(context.costs(load.mean_voices))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
