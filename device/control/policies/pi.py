"""A tuned proportional and integral controller: the best that a fixed answer to the estimate can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from device.config import ControlConfig
from device.control.bounds import BOUNDS
from device.control.plan.session_plan import State
from device.control.policies.forgetful import Forgetful
from device.control.policies.view import Proposal, View
from device.control.policies.ways import detour, target_from
from device.control.real import Real, clip, where
from device.files.models import ModelFolder
from device.messages import Moves

MOST = BOUNDS["arousal"].most


class Gains(NamedTuple):
    """What is tuned."""

    proportional: float
    integral_per_s: float
    straight: float
    """Share of the way from the plan's point to the goal that is gone at once, 0 to 1."""


TUNED = Gains(proportional=0.21, integral_per_s=0.0107, straight=1.0)
"""Found on virtual listeners (`python -m export.control.tune pi`)."""


class Pi(Forgetful):
    """One-sided, weighted by how sure the estimate is; the integral stands still while more could not be done."""

    def __init__(
        self,
        control: ControlConfig,
        model: ModelFolder | None = None,
        remembered: Mapping[str, Real] = {},
        gains: Gains = TUNED,
    ) -> None:
        super().__init__(control, model, remembered)
        self._gains = gains
        self._integral: Real = 0.0

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        del random
        if not view.leads:
            return Proposal()
        moment, feeling, gains = view.moment, view.feeling, self._gains
        target = target_from(moment, feeling.point)
        error = view.certainty * (target.arousal - feeling.arousal)
        asked = gains.proportional * error + self._integral
        # Anti-windup by conditional integration (Astrom & Hagglund 2006, section 3.5).
        is_open = (abs(asked) < MOST) | (asked * error < 0)
        step = where(is_open, gains.integral_per_s * error * view.since_s, 0.0)
        self._integral = clip(self._integral + where(feeling.known, step, 0.0), -MOST, MOST)
        arousal = where(feeling.known, clip(gains.proportional * error + self._integral, -MOST, MOST), 0.0)
        way = detour(moment, target)
        share = where(feeling.known, clip(gains.straight, 0.0, 1.0), 0.0)
        return Proposal(Moves(arousal=arousal), detour=State(share * way.valence, share * way.arousal))
