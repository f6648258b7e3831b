"""Audio alone, session after session in one process, each in a state in which somebody will stop it.

    python -m hardware.bench.stop_rounds FOLDER CARD

Each line of its input is a session, `STATE SEED`; it says `open` when the card is, begins at the next line, says
`playing` at the first sound, and `over` when all is silent. Its run folder is FOLDER; composer and manager are absent.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, cast

import msgspec

from device.audio.conductor import CALM
from device.audio.engine import Engine, frozen_collector, open_sink
from device.audio.safety.limits import allowed_programs
from device.audio.synth import Synth
from device.config import SessionConfig
from device.console.printing import say
from device.host import take_place
from device.messages import Message, Prompt, Transport
from device.processes import PROCESSES
from device.runtime.bus import Received
from device.runtime.context import ProcessContext
from hardware.bench.lone_audio import LoneContext, configured, dense

SECONDS = 30.0
"""A session that nobody stops ends by itself."""
SPEAK_S = 0.5
"""After the first sound somebody is told something."""
PROMPT = "session-ends-soon"


class State(NamedTuple):
    """What is played, and when it is stopped."""

    play: Callable[[Transport], Message]
    """Answers each bar that is asked for."""
    from_s: float
    to_s: float
    """The stop comes at any moment between these, from the first sound on; `starting`: from the start on."""
    share: float
    """Of all stops."""


def _calm(transport: Transport) -> Message:
    return msgspec.structs.replace(CALM, bar_index=transport.bar_index)


def _rest(transport: Transport) -> Message:
    """A rest from the second bar on."""
    first = cast("object", dense(transport))
    return msgspec.structs.replace(first, silent=transport.bar_index > 0)  # type: ignore[type-var, return-value]


def _last(transport: Transport) -> Message:
    """The first bar is the last one, and its notes ring out."""
    first = cast("object", dense(transport))
    return msgspec.structs.replace(first, final=True)  # type: ignore[type-var, return-value]


STATES = {
    "starting": State(dense, 0.0, 0.8, 0.1),
    "playing": State(dense, 0.0, 6.0, 0.5),
    "calibrating": State(_calm, 0.0, 4.0, 0.1),
    "resting": State(_rest, 2.5, 6.0, 0.1),
    "speaking": State(dense, SPEAK_S + 0.1, SPEAK_S + 2.0, 0.1),
    "closing": State(_last, 1.5, 5.5, 0.1),
}


class Round(LoneContext):
    """One session in its state."""

    def __init__(self, config: SessionConfig, name: str) -> None:
        super().__init__(config, SECONDS, STATES[name].play)
        self._speaks_ns: int | None = None
        self._name = name

    def publish(self, message: Message) -> Received:
        received = super().publish(message)
        if self.is_heard and self._name == "speaking" and self._speaks_ns is None:
            self._speaks_ns = self.clock.now_ns() + round(SPEAK_S * 1e9)
        return received

    def receive(self, timeout_ms: int) -> list[Received]:
        now_ns = self.clock.now_ns()
        if self._speaks_ns and now_ns > self._speaks_ns:
            self._speaks_ns = 0
            self.waiting.append(Prompt(t_ns=now_ns, name=PROMPT))
        return super().receive(timeout_ms)


def play(folder: Path, card: str, name: str, seed: int) -> None:
    """One session, from an open card to silence."""
    config = configured(folder, seed, card)
    synth = Synth(config.device.audio, allowed_programs(config.prescription))
    context = Round(config, name)
    sink = open_sink(config.device.audio, context.clock)
    say("open")
    sys.stdin.readline()
    with frozen_collector():
        Engine(cast("ProcessContext", context), synth, sink).run()
    synth.close()
    say("over")


def main(folder: str, card: str) -> int:
    take_place(PROCESSES["audio"])
    for line in iter(sys.stdin.readline, ""):
        name, seed = line.split()
        play(Path(folder), card, name, int(seed))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
