"""Policies that nobody would ship: what the shield and the bounds are there for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from device.control.bounds import BOUNDS
from device.control.plan.session_plan import State
from device.control.policies.forgetful import Forgetful
from device.control.policies.view import Proposal, View
from device.control.real import Real
from device.messages import Moves

EVIL: dict[str, str] = {
    "evil-random": "hardware.bench.evil:Random",
    "evil-flip": "hardware.bench.evil:Flip",
    "evil-nan": "hardware.bench.evil:NoNumber",
    "evil-raise": "hardware.bench.evil:Raise",
    "evil-shape": "hardware.bench.evil:Shape",
    "evil-torn": "hardware.bench.evil:Torn",
}
"""As `control.POLICIES`, beside which they are put for a run."""
HUGE = (1e300, -1e300, 5e-324, 1e6, -7.0)
NO_NUMBERS = (math.nan, math.inf, -math.inf)


class Evil(Forgetful):
    """What they share: no model, and a memory that is no better than their answers."""

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        raise NotImplementedError

    def memory(self) -> Mapping[str, Real]:
        return {"gain": math.nan}


class Random(Evil):
    """Anything at all, each time anew."""

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        del view
        moves = Moves(*random.normal(0.0, 3.0, len(BOUNDS)))
        return Proposal(moves, bool(random.random() < 0.1), State(*random.normal(0.0, 2.0, 2)), random.random(), "dice")


class Flip(Evil):
    """As far as it gets one way, and then the other."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._side = 1.0

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        del view
        self._side = -self._side
        size = float(random.choice(HUGE))
        return Proposal(Moves(*([self._side * size] * len(BOUNDS))), detour=State(self._side, -self._side))


class NoNumber(Evil):
    """No number, now and then, in one place."""

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        del view
        values = random.normal(0.0, 0.3, len(BOUNDS))
        if random.random() < 0.3:
            values[random.integers(len(BOUNDS))] = random.choice(NO_NUMBERS)
        return Proposal(Moves(*values), propensity=float(random.choice((*NO_NUMBERS, 0.5))))

    def memory(self) -> Mapping[str, Real]:
        return {"gain": "much"}


class Raise(Evil):
    """Fails, now and then."""

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        del view
        if random.random() < 0.3:
            raise ZeroDivisionError("\x1b[2J it was \udcff" * 40)
        return Proposal(Moves(arousal=0.4))

    def memory(self) -> Mapping[str, Real]:
        raise KeyError("gain")


class Shape(Evil):
    """Answers that are none."""

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        del view
        proposal: Any = Proposal
        moves: Any = Moves
        answers = (
            None, (), "calmer", proposal(None), proposal(moves(arousal=np.zeros(3))), proposal(silent=np.zeros(2)),
            proposal(moves(arousal="0.1")), proposal(propensity=None), proposal(detour=State(math.nan, 0.0)),
            proposal(why="\udcff" * 9000), proposal(moves(*np.full(len(BOUNDS), 0.2, np.float32))),
        )  # fmt: skip
        answer: Any = answers[int(random.integers(len(answers)))]
        wrong: Proposal = answer
        return wrong


class Torn(Evil):
    """Sane, but silent every other bar."""

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        del view
        return Proposal(Moves(arousal=-0.3), silent=bool(random.random() < 0.5))
