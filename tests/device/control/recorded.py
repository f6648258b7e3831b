"""Sessions whose decisions were recorded at 0ea5caf, when a policy answered with one number: `recorded.json`.

The policy `hand` must go on deciding the same. Run as `python -m tests.device.control.recorded FILE` to record them.
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from device.control.controller import Controller
from device.control.cues import Cues
from device.messages import AffectEstimate, MusicIntent
from tests.device.control.listener import LEAD_NS, SECOND_NS, bar_s, command, config_of, estimate, played, transport

FILE = Path(__file__).with_name("recorded.json")
LEAN_MAX = 3
"""Steps of `livelier` or `calmer` that change anything."""
WISHES = ("calmer", "livelier", "hold_phase", "resume_phase", "skip_phase")
TOLD = ("phase", "target_valence", "target_arousal", *Cues._fields, "mode", "tonic_pc", "final", "revision", "reason")


def feeling(random_: random.Random, seconds: float, kind: str) -> AffectEstimate | None:
    if kind == "none" or (kind == "torn" and random_.random() < 0.3):
        return None
    if kind == "torn" and random_.random() < 0.1:
        return estimate(0, random_.choice((math.nan, 7.0)), 0.3)
    known = kind != "torn" or random_.random() < 0.8
    wave = {"steady": 0.6, "tense": 0.9 - seconds / 600, "torn": math.sin(seconds / 40)}[kind]
    return estimate(0, max(-1.0, min(1.0, wave + random_.gauss(0, 0.05))), random_.uniform(0.2, 0.95), known=known)


class Wishes:
    """Keeps out what is refused today and did nothing new then: to resume what is not held, to lean beyond the end."""

    def __init__(self) -> None:
        self._held, self._lean = False, 0

    def may(self, wish: str) -> bool:
        if wish == "resume_phase" and not self._held:
            return False
        if wish in ("hold_phase", "resume_phase", "skip_phase"):
            self._held = wish == "hold_phase"
        lean = self._lean + {"livelier": 1, "calmer": -1}.get(wish, 0)
        if abs(lean) > LEAN_MAX:
            return False
        self._lean = lean
        return True


def session(kind: str, minutes: float, seed: int, wish_share: float) -> Iterator[MusicIntent]:
    """All intents of a session with a listener of that kind, some wishes among them."""
    random_, controller, wishes = random.Random(seed), Controller(config_of(minutes, seed)), Wishes()
    starts_ns = began_ns = 100 * SECOND_NS
    for bar_index in range(600):
        now_ns = starts_ns - LEAD_NS
        felt = feeling(random_, (starts_ns - began_ns) / 1e9, kind)
        if felt is not None:
            age_ns = SECOND_NS * random_.choice((0, 0, 1, 9))
            controller.step(_at(felt, now_ns - age_ns), now_ns)
        last = _intent(controller.step(transport(bar_index, starts_ns), now_ns))
        yield last
        if last.final:
            return
        if random_.random() < wish_share and wishes.may(wish := random_.choice(WISHES)):
            for revised in controller.step(command(wish), now_ns + 1):
                if isinstance(revised, MusicIntent):
                    yield (last := revised)
        controller.step(played(last), now_ns)
        starts_ns += round(bar_s(last) * 1e9)


def _intent(emitted: object) -> MusicIntent:
    (intent,) = (item for item in emitted if isinstance(item, MusicIntent))  # type: ignore[attr-defined]
    return intent


def _at(felt: AffectEstimate, t_ns: int) -> AffectEstimate:
    return estimate(t_ns, felt.arousal, felt.arousal_sd, known=felt.known)


SESSIONS = {
    "steady": ("steady", 3.0, 1, 0.0),
    "tense": ("tense", 4.0, 2, 0.1),
    "torn": ("torn", 4.0, 3, 0.1),
    "open loop": ("none", 2.0, 4, 0.05),
}


def told(intent: MusicIntent) -> list[object]:
    return [getattr(intent, name) for name in TOLD]


if __name__ == "__main__":
    found = {name: [told(intent) for intent in session(*given)] for name, given in SESSIONS.items()}
    lines = ",\n".join(
        f"{json.dumps(name)}: [\n" + ",\n".join(map(json.dumps, rows)) + "\n]" for name, rows in found.items()
    )
    Path(sys.argv[1]).write_text("{" + lines + "}\n", "utf-8")
