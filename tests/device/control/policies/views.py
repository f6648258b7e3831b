"""Views for policies, and what is left of their answers once the moves went as fast as they may."""

from __future__ import annotations

import math

from device.control.bounds import take
from device.control.decisions import keyed_generator
from device.control.plan.session_plan import NEAR, Moment, Sides, State
from device.control.policies.view import Feeling, Policy, Proposal, View
from device.messages import Moves, Phase

SINCE_S = 4.0
AT_MOST = Sides("at least", "at most")
NONE = Moves()


def view(
    arousal: float | None,
    setpoint: float = -0.5,
    phase: Phase = "shift",
    *,
    sd: float = 0.3,
    goal: float = -0.5,
    sides: Sides = NEAR,
    moves: Moves = NONE,
    progress: float = 0.5,
    told_arousal: float = math.nan,
) -> View:
    """A listener with that arousal (None: not known), four seconds after the last decision."""
    feeling = Feeling() if arousal is None else Feeling(True, arousal, sd, 0.0, 1.0)
    moment = Moment(phase, progress, 10.0, 20.0, State(0.2, setpoint), sides, State(0.3, goal))
    return View(SINCE_S, moment, feeling, moves, State(0.2, setpoint), told_arousal)


def answered(policy: Policy, given: View, times: int = 1) -> Proposal:
    return [policy.decide(given, keyed_generator(0, step)) for step in range(times)][-1]


def settled(policy: Policy, given: View) -> Moves:
    """The moves in force after half a minute of the same."""
    for _ in range(8):
        proposal = answered(policy, given)
        given = given._replace(moves=take(proposal.moves, given.moves, SINCE_S, ()).moves)
    return given.moves
