"""A policy that remembers the person: it leads as far as this listener is known to follow, and the way they follow.

Somebody who was never heard of is taken for most people. What they show then counts: who follows is led straight to
the goal and beyond the plan, who answers the opposite way is led by the opposite, and who does not answer, or is read
at chance, gets the plan alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from device.config import ControlConfig
from device.control.bounds import BOUNDS
from device.control.plan.session_plan import State, gap
from device.control.policies.person import Person
from device.control.policies.view import Proposal, View
from device.control.policies.ways import Wave, goal_of
from device.control.real import Real, clip, where
from device.files.models import ModelFolder
from device.messages import Moves
from device.plan_layout import Side

MARGIN = 0.3
"""So far beyond a one-sided goal is aimed, and so far from a goal is led with all that may be."""
MOST = BOUNDS["arousal"].most
BOLD = 3.0
"""Trust counts for so many times as much: a fair suspicion is acted on in full, and little is lost where it errs."""
PROBE = 1.0
"""How much more or less trust a probe pretends."""
SURE_SD = 0.1
"""A gain that is known so well needs no probe."""


class Adaptive:
    """Leads by what is known of the person, weighted by how sure that is."""

    version = "1"
    takes_model = False

    def __init__(
        self, control: ControlConfig, model: ModelFolder | None = None, remembered: Mapping[str, Real] = {}
    ) -> None:
        del control, model
        self._person = Person(remembered)
        self._wave = Wave()

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        del random
        person, moment = self._person, view.moment
        person.hear(view, moment.silent)
        if moment.phase == "baseline":
            return Proposal()
        # A match is left only for those who have shown how they answer; so is the plan where nothing is read.
        hopes = np.logical_and(view.feeling.known, view.leads)
        shown = person.shown()
        trust = clip(BOLD * where(hopes, shown.hoped.trust, shown.trust), -1.0, 1.0)
        goal, sides = goal_of(moment), moment.sides
        arousal = _need(goal.arousal, person.level, sides.arousal)
        valence = _need(goal.valence, view.feeling.valence, sides.valence)
        lead = clip(trust + where(hopes, self._probe(view, shown.sd), 0.0), -1.0, 1.0)
        moves = Moves(valence=MOST * trust * valence, arousal=MOST * lead * arousal)
        return Proposal(moves, detour=_straight(moment.setpoint, goal, lead, State(abs(valence), abs(arousal))))

    def _probe(self, view: View, sd: Real) -> Real:
        """More or less trust for a while; it ends for good once it is known which way the listener answers."""
        return self._wave.after(view.since_s, leads=view.leads) * PROBE * clip((sd - SURE_SD) / SURE_SD, 0.0, 1.0)

    def memory(self) -> Mapping[str, Real]:
        return self._person.memory()


def _need(goal: Real, here: Real, side: Side) -> Real:
    """Which way and how urgently to lead, -1 to 1; a one-sided goal is meant to be passed by a margin."""
    aim = goal - MARGIN if side == "at most" else goal + MARGIN if side == "at least" else goal
    return clip(gap(aim, here, side) / MARGIN, -1.0, 1.0)


def _straight(plan: State, goal: State, trust: Real, need: State) -> State:
    """From the plan towards the goal, or towards its mirror image for who answers the opposite way."""
    way = where(trust < 0, -1.0, 1.0)
    return State(
        abs(trust) * need.valence * (way * goal.valence - plan.valence),
        abs(trust) * need.arousal * (way * goal.arousal - plan.arousal),
    )
