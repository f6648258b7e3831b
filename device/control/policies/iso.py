"""The iso principle and nothing else: meet the listener, then lead evenly to the goal, without looking back."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from device.config import ControlConfig
from device.control.plan.start import Start
from device.control.policies.forgetful import Forgetful
from device.control.policies.view import Proposal, View
from device.control.policies.ways import between, detour, share_of_way, target_from
from device.control.real import Real
from device.files.models import ModelFolder


class Iso(Forgetful):
    """Goes evenly from where the listener was before the shift; what they feel from then on changes nothing.

    It does so whichever order and path the plan has (Starcke 2021, doi 10.3390/ijerph182312486).
    """

    def __init__(
        self, control: ControlConfig, model: ModelFolder | None = None, remembered: Mapping[str, Real] = {}
    ) -> None:
        super().__init__(control, model, remembered)
        self._start = Start()

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        del random
        start = self._start.meet(view.moment.phase, view.feeling.state)
        point = between(start, target_from(view.moment, start), share_of_way(view.moment))
        return Proposal(detour=detour(view.moment, point))
