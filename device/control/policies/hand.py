"""The policy that was set by hand."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from device.config import ControlConfig
from device.control.policies.forgetful import Forgetful
from device.control.policies.view import Proposal, View
from device.control.real import Real, clip, where
from device.files.models import ModelFolder
from device.messages import Moves

INTEGRAL_MAX = 0.5
"""The sum that it keeps never asks for more than this by itself."""


class Hand(Forgetful):
    """Proportional and integral on arousal, weighted by how sure the estimate is."""

    version = "2"

    def __init__(
        self, control: ControlConfig, model: ModelFolder | None = None, remembered: Mapping[str, Real] = {}
    ) -> None:
        super().__init__(control, model, remembered)
        self._settings = control.hand
        self._integral: Real = 0.0

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        del random
        if not view.leads:
            return Proposal()
        settings, error = self._settings, view.certainty * view.arousal_gap
        integral = clip(self._integral + error * settings.integral_per_s * view.since_s, -INTEGRAL_MAX, INTEGRAL_MAX)
        self._integral = where(view.feeling.known, integral, self._integral)
        arousal = where(view.feeling.known, settings.proportional * error + self._integral, 0.0)
        return Proposal(Moves(arousal=arousal))
