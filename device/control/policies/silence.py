"""Silence: what a listener does without any music."""

from __future__ import annotations

import numpy as np

from device.control.policies.forgetful import Forgetful
from device.control.policies.view import Proposal, View


class Silence(Forgetful):
    """Always rests."""

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        del view, random
        return Proposal(silent=True)
