"""Target only: the music is at the goal from the first bar after the rest."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from device.config import ControlConfig
from device.control.plan.session_plan import State
from device.control.policies.view import Proposal, View
from device.control.policies.ways import detour, goal_of, target_from
from device.control.real import Real, where
from device.files.models import ModelFolder


class Target:
    """Goes to the goal at once, and stays with a listener who is beyond it on the allowed side."""

    version = "1"
    takes_model = False

    def __init__(
        self, control: ControlConfig, model: ModelFolder | None = None, remembered: Mapping[str, Real] = {}
    ) -> None:
        del control, model, remembered

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        del random
        feeling, goal = view.feeling, goal_of(view.moment)
        met = target_from(view.moment, State(feeling.valence, feeling.arousal))
        point = State(where(feeling.known, met.valence, goal.valence), where(feeling.known, met.arousal, goal.arousal))
        return Proposal(detour=detour(view.moment, point))

    def memory(self) -> Mapping[str, Real]:
        return {}
