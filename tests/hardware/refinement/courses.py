"""Sessions in fast motion: the controller decides, and a listener is read as a test wants it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from device.config import SessionConfig
from device.control.controller import Controller
from device.messages import Command, Decision, MusicIntent, SelfReport
from hardware.refinement.evidence import Session
from tests.device.control.listener import LEAD_NS, SECOND_NS, bar_s, config_of, estimate, played, transport

BEGAN_NS = 1000 * SECOND_NS


def course(
    arousal_at: Callable[[float], float | None], minutes: float = 8.0, listener_id: str = "ada", seed: int = 1
) -> Session:
    """A session with a word of the listener in its middle."""
    config = msgspec.structs.replace(config_of(minutes, seed), listener="ada", listener_id=listener_id)
    decisions, intents = _decided(config, arousal_at)
    word = SelfReport(t_ns=BEGAN_NS + round(minutes * 30) * SECOND_NS, author="patient", value=0.25, valence=-0.5)
    commands: tuple[Command, ...] = (word,)
    return Session(config=config, decisions=tuple(decisions), intents=tuple(intents), commands=commands)  # type: ignore[arg-type]


def _decided(
    config: SessionConfig, arousal_at: Callable[[float], float | None]
) -> tuple[list[Decision], list[MusicIntent]]:
    controller, decisions, intents = Controller(config), list[Decision](), list[MusicIntent]()
    starts_ns = BEGAN_NS
    for bar_index in range(1000):
        now_ns = starts_ns - LEAD_NS
        feeling = arousal_at((starts_ns - BEGAN_NS) / 1e9)
        if feeling is not None:
            controller.step(estimate(now_ns, feeling), now_ns)
        told = controller.step(transport(bar_index, starts_ns), now_ns)
        decisions += [item for item in told if isinstance(item, Decision)]
        intents += [item for item in told if isinstance(item, MusicIntent)]
        if intents[-1].final:
            break
        controller.step(played(intents[-1]), now_ns)
        starts_ns += round(bar_s(intents[-1]) * 1e9)
    return decisions, intents
