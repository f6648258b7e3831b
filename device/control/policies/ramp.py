"""A fixed ramp: the same way to the goal, whoever listens."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from device.config import ControlConfig
from device.control.plan.session_plan import UNKNOWN_START
from device.control.policies.view import Proposal, View
from device.control.policies.ways import between, detour, goal_of, share_of_way
from device.control.real import Real
from device.files.models import ModelFolder


class Ramp:
    """Goes evenly from the middle of the plane to the goal over the shift, as a playlist would."""

    version = "1"
    takes_model = False

    def __init__(
        self, control: ControlConfig, model: ModelFolder | None = None, remembered: Mapping[str, Real] = {}
    ) -> None:
        del control, model, remembered

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        del random
        point = between(UNKNOWN_START, goal_of(view.moment), share_of_way(view.moment))
        return Proposal(detour=detour(view.moment, point))

    def memory(self) -> Mapping[str, Real]:
        return {}
