"""The audio process alone, with its real engine, synthesiser and card, in real time: its composer hangs for ever.

    python -m hardware.bench.lone_audio RUN_DIR SEED SECONDS [CARD]     # says `playing`, and at the end its costs

It stops at its own door (`RUN_DIR/patient.stop`) like any session. The music is as dense as is ever asked for, and the
phrasebook composes it, as in any session whose composer hangs.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import msgspec

from device.audio.conductor import CALM, Conductor
from device.audio.engine import Engine, frozen_collector, open_sink
from device.audio.safety.limits import allowed_programs
from device.audio.synth import Synth
from device.clock import SystemClock
from device.config import AudioConfig, DeviceConfig, HeadphonesConfig, SessionConfig, VoiceConfig
from device.console.printing import say, say_json
from device.host import take_place
from device.messages import AudioReport, Message, PcmBlock, Start, Tick, Transport
from device.processes import PROCESSES
from device.runtime.bus import Received
from device.runtime.context import ProcessContext
from device.runtime.stage_runner import StageRunner
from device.streams import topic_of

SETTLED_S = 3.0
"""Costs are counted from here: what is loaded at the start is not part of them."""
AUDIBLE = 20
"""Steps of 32768: -64 dBFS."""


class Costs(msgspec.Struct, frozen=True):
    cpu_share: float
    """Processor time over time, from `SETTLED_S` on."""
    rss_mb: float
    underruns: int
    seconds: float
    integrated_lufs: float
    peak_dbtp: float


class LoneContext:
    """What `ProcessContext` offers an entry, with nobody at the other end of the bus."""

    name, incarnation, stop_reason = "audio", 0, ""

    def __init__(
        self, config: SessionConfig, seconds: float, play: Callable[[Transport], Message] | None = None
    ) -> None:
        """`play` answers each bar that is asked for; where nobody says otherwise as densely as is ever asked."""
        self._play = play or dense
        self.config, self.clock = config, SystemClock()
        self.stages = (Conductor(config),)
        self.started = False
        self.reports: list[AudioReport] = []
        self._runner = StageRunner(self.stages)
        self.waiting: list[Message] = [Start(t_ns=self.clock.now_ns(), author="manager")]
        self._begun_s, self._seconds = time.monotonic(), seconds
        self._settled: tuple[float, float] | None = None
        self.is_heard = False

    def loaded(self) -> None:
        """Nobody waits for it."""

    def beat(self) -> bool:
        passed_s = time.monotonic() - self._begun_s
        if self._settled is None and passed_s > SETTLED_S:
            self._settled = time.process_time(), time.monotonic()
        if passed_s > self._seconds or any(report.state == "ended" for report in self.reports):
            self.stop_reason = "asked"
        return not self.stop_reason

    def receive(self, timeout_ms: int) -> list[Received]:
        if not self.waiting:
            self.clock.sleep(timeout_ms / 1000.0)
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

    def costs(self) -> Costs:
        cpu_s, since_s = self._settled or (0.0, self._begun_s)
        return Costs(
            cpu_share=(time.process_time() - cpu_s) / (time.monotonic() - since_s),
            rss_mb=_peak_rss_mb(),
            underruns=self.reports[-1].underruns,
            seconds=time.monotonic() - self._begun_s,
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
        CALM, bar_index=transport.bar_index, tempo_bpm=96.0, density=1.0, articulation=1.0, loudness_db=0.0
    )


def _peak_rss_mb() -> float:
    """Of this program; what `getrusage` tells begins with what its parent had."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    assert found
    return int(found[1]) / 1024.0


def _loudest(pcm: bytes) -> int:
    return max(abs(step) for step in memoryview(pcm).cast("h")[::16])


def main(argv: list[str]) -> int:
    take_place(PROCESSES["audio"])
    run_dir, seed, seconds = Path(argv[0]), int(argv[1]), float(argv[2])
    config = configured(run_dir, seed, *argv[3:])
    audio = config.device.audio
    synth = Synth(audio, allowed_programs(config.prescription))
    context = LoneContext(config, seconds)
    with frozen_collector():
        Engine(cast("ProcessContext", context), synth, open_sink(audio, context.clock)).run()
    synth.close()
    say_json(context.costs())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
