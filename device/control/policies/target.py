"""Target only: the music is at the goal from the first bar after the rest."""

from __future__ import annotations

import numpy as np

from device.control.plan.session_plan import State
from device.control.policies.forgetful import Forgetful
from device.control.policies.view import Proposal, View
from device.control.policies.ways import detour, goal_of, target_from
from device.control.real import where


class Target(Forgetful):
    """Goes to the goal at once, and stays with a listener who is beyond it on the allowed side."""

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        del random
        feeling, goal = view.feeling, goal_of(view.moment)
        met = target_from(view.moment, feeling.point)
        point = State(where(feeling.known, met.valence, goal.valence), where(feeling.known, met.arousal, goal.arousal))
        return Proposal(detour=detour(view.moment, point))
