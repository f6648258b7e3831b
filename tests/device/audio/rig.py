"""A process context in memory whose time passes only while it is waited, so a minute of sound takes a second."""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

from device.audio.conductor import CALM, Conductor
from device.clock import VirtualClock
from device.config import SessionConfig
from device.messages import (
    AnyCommand,
    AudioReport,
    Bar,
    Command,
    Fault,
    Message,
    MusicIntent,
    Note,
    PcmBlock,
    Start,
    Tick,
    Transport,
)
from device.runtime.bus import Received
from device.runtime.stage_runner import StageRunner
from device.streams import topic_of

SECOND_NS = 1_000_000_000


def intent(bar_index: int, **changes: object) -> MusicIntent:
    return msgspec.structs.replace(CALM, bar_index=bar_index, **changes)


def note(onset: int = 0, duration: int = 24, pitch: int = 60, velocity: int = 80, voice: str = "melody") -> Note:
    return Note(onset, duration, pitch, velocity, voice)


def bar(bar_index: int, *notes: Note, **changes: object) -> Bar:
    plain = Bar(
        t_ns=0,
        bar_index=bar_index,
        beats=4,
        tempo_bpm=66.0,
        tonic_pc=0,
        mode="major",
        programs={"melody": 0, "inner": 0, "bass": 32, "pad": 89},
        notes=notes or tuple(note(24 * beat, pitch=60 + beat) for beat in range(4)),
        generator="test",
        seed=1,
    )
    return msgspec.structs.replace(plain, **changes)


def command(kind: str, wish_id: str = "") -> Command:
    return msgspec.convert({"t_ns": 0, "kind": kind, "author": "manager", "id": wish_id, "value": 0.0}, AnyCommand)


class FakeContext:
    """What `device.runtime.context.ProcessContext` offers an entry.

    `script` holds (seconds, message); `compose` answers each Transport at once with an intent and a bar.
    """

    name = "audio"

    def __init__(
        self,
        config: SessionConfig,
        script: list[tuple[float, Message]],
        *,
        until_s: float,
        compose: bool = True,
        incarnation: int = 0,
        stop_reason: str = "asked",
    ) -> None:
        self.config, self.incarnation, self._compose, self._reason = config, incarnation, compose, stop_reason
        self.clock = VirtualClock(5 * SECOND_NS)
        self._start_heard = False
        self.stop_reason = ""
        self.stages = (Conductor(config),)
        self.published: list[Message] = []
        self.published_ns: list[int] = []
        self.consumed: list[tuple[Message, int]] = []
        self._runner = StageRunner(self.stages)
        self._inbox = [(self._at(second), message) for second, message in script]
        self._until_ns = self._at(until_s)
        self._seq = 0

    def _at(self, second: float) -> int:
        return 5 * SECOND_NS + round(second * SECOND_NS)

    @property
    def started(self) -> bool:
        """A process that is started again waits until it is heard."""
        rejoined = self.incarnation > 0 and self.clock.now_ns() > self._at(1.5)
        return self._start_heard or rejoined

    def loaded(self) -> None:
        pass

    def beat(self) -> bool:
        if self.clock.now_ns() >= self._until_ns:
            self.stop_reason = self._reason
        return not self.stop_reason

    def receive(self, timeout_ms: int) -> list[Received]:
        due = [message for at_ns, message in self._inbox if at_ns <= self.clock.now_ns()]
        self._inbox = [item for item in self._inbox if item[0] > self.clock.now_ns()]
        if not due:
            self.clock.advance(timeout_ms / 1000.0)
        self._start_heard |= any(isinstance(message, Start) for message in due)
        return [self._received(message) for message in due if self.started]

    def _received(self, message: Message) -> Received:
        self._seq += 1
        return Received(topic_of(message), "other", 0, self._seq, 0, msgspec.msgpack.encode(message))

    def step(self, given: Received | Tick) -> list[Message]:
        if isinstance(given, Tick):
            self.consumed.append((given, given.t_ns))
            emitted = self._runner.tick(0, given)
        else:
            self.consumed.append((given.message, self.clock.now_ns()))
            emitted = self._runner.step(given.message, self.clock.now_ns())
        for message in emitted:
            self.publish(message)
        return emitted

    def fail(self, code: str, sentence: str, action: str) -> None:
        fault = Fault(t_ns=0, process="audio", code=code, sentence=sentence, action=action, fatal=True)
        self.publish(fault)

    def publish(self, message: Message) -> Received:
        self.published.append(message)
        self.published_ns.append(self.clock.now_ns())
        if isinstance(message, Transport) and self._compose:
            now_ns = self.clock.now_ns()
            self._inbox += [(now_ns, intent(message.bar_index)), (now_ns, bar(message.bar_index))]
        return Received(topic_of(message), "audio", self.incarnation, 0, 0, msgspec.msgpack.encode(message))

    def of(self, kind: type[Message]) -> list:
        return [message for message in self.published if isinstance(message, kind)]

    @property
    def pcm(self) -> npt.NDArray[np.int16]:
        """What was heard, shape (frames, 2)."""
        data = b"".join(block.data for block in self.of(PcmBlock))
        return np.frombuffer(data, "<i2").reshape(-1, 2)

    @property
    def states(self) -> list[str]:
        """The states reported, without repetitions."""
        states = [report.state for report in self.of(AudioReport)]
        return [state for index, state in enumerate(states) if index == 0 or state != states[index - 1]]
