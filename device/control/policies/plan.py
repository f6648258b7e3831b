"""The plan alone: what every other policy must do better than."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from device.config import ControlConfig
from device.control.policies.view import Proposal, View
from device.control.real import Real
from device.files.models import ModelFolder


class Plan:
    """Follows the plan without any correction; the listener counts only for where it begins."""

    version = "1"
    takes_model = False

    def __init__(
        self, control: ControlConfig, model: ModelFolder | None = None, remembered: Mapping[str, Real] = {}
    ) -> None:
        del control, model, remembered

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        del view, random
        return Proposal()

    def memory(self) -> Mapping[str, Real]:
        return {}
