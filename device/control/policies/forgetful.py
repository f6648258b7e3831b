"""What policies share that take no settings and no model, and remember nothing of a listener."""

from __future__ import annotations

from collections.abc import Mapping

from device.config import ControlConfig
from device.control.real import Real
from device.files.models import ModelFolder


class Forgetful:
    """Base of a policy that begins each session anew; it adds `decide`."""

    version = "1"
    takes_model = False

    def __init__(
        self, control: ControlConfig, model: ModelFolder | None = None, remembered: Mapping[str, Real] = {}
    ) -> None:
        del control, model, remembered

    def memory(self) -> Mapping[str, Real]:
        return {}
