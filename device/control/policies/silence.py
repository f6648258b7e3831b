"""Silence: what a listener does without any music."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from device.config import ControlConfig
from device.control.policies.view import Proposal, View
from device.control.real import Real
from device.files.models import ModelFolder


class Silence:
    """Always rests."""

    version = "1"
    takes_model = False

    def __init__(
        self, control: ControlConfig, model: ModelFolder | None = None, remembered: Mapping[str, Real] = {}
    ) -> None:
        del control, model, remembered

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        del view, random
        return Proposal(silent=True)

    def memory(self) -> Mapping[str, Real]:
        return {}
