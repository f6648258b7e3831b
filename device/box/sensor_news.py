"""Says once when a sensor that had been heard is lost, is found again, or has little charge left."""

from __future__ import annotations

from collections.abc import Mapping

from device.box.fitting import HEADSETS
from device.config import SourceConfig
from device.messages import SensorStatus

LOW_PERCENT = 15
GONE = {"lost", "silent", "failed"}


class SensorNews:
    """The sensors of one session."""

    def __init__(self, sources: Mapping[str, SourceConfig]) -> None:
        self._headsets = {name for name, source in sources.items() if source.type in HEADSETS}
        self._was_heard: set[str] = set()
        self._is_lost: set[str] = set()
        self._is_low: set[str] = set()

    def hear(self, status: SensorStatus) -> str:
        """The prompt that tells what is new; empty where nothing is."""
        name, kind = status.source, "headset" if status.source in self._headsets else "wristband"
        if status.state in GONE and name in self._was_heard - self._is_lost:
            self._is_lost.add(name)
            return f"{kind}-lost"
        if status.state != "streaming":
            return ""
        self._was_heard.add(name)
        if name in self._is_lost:
            self._is_lost.discard(name)
            return f"{kind}-found"
        if 0 <= status.battery_percent <= LOW_PERCENT and name not in self._is_low:
            self._is_low.add(name)
            return "battery-low"
        return ""
