"""A fixed ramp: the same way to the goal, whoever listens."""

from __future__ import annotations

import numpy as np

from device.control.plan.session_plan import UNKNOWN_START
from device.control.policies.forgetful import Forgetful
from device.control.policies.view import Proposal, View
from device.control.policies.ways import between, detour, goal_of, share_of_way


class Ramp(Forgetful):
    """Goes evenly from the middle of the plane to the goal over the shift, as a playlist would."""

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        del random
        point = between(UNKNOWN_START, goal_of(view.moment), share_of_way(view.moment))
        return Proposal(detour=detour(view.moment, point))
