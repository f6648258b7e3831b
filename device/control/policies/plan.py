"""The plan alone: what every other policy must do better than."""

from __future__ import annotations

import numpy as np

from device.control.policies.forgetful import Forgetful
from device.control.policies.view import Proposal, View


class Plan(Forgetful):
    """Follows the plan without any correction; the listener counts only for where it begins."""

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        del view, random
        return Proposal()
