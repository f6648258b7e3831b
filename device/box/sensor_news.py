"""Says once when a sensor that had been heard is lost for long, is found again, or has little charge left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from device.box.fitting import HEADSETS
from device.config import SourceConfig
from device.messages import SensorStatus

LOW_PERCENT = 15
LOST_NS = 10_000_000_000
"""A radio link that breaks is mostly mended by then, and then nobody need be told."""


class SensorNews:
    """The sensors of one session."""

    def __init__(self, sources: Mapping[str, SourceConfig]) -> None:
        self._headsets = {name for name, source in sources.items() if source.type in HEADSETS}
        self._gone_ns: dict[str, int] = {}
        """Since when each is gone that had been heard."""
        self._heard: set[str] = set()
        self._told_lost: set[str] = set()
        self._told_low: set[str] = set()

    def hear(self, status: SensorStatus, now_ns: int) -> str:
        """The prompt that tells what is new; empty where nothing is."""
        name = status.source
        if status.state != "streaming":
            if name in self._heard:
                self._gone_ns.setdefault(name, now_ns)
            return ""
        self._heard.add(name)
        self._gone_ns.pop(name, None)
        if name in self._told_lost:
            self._told_lost.discard(name)
            return f"{self._kind(name)}-found"
        if 0 <= status.battery_percent <= LOW_PERCENT and name not in self._told_low:
            self._told_low.add(name)
            return "battery-low"
        return ""

    def wait(self, now_ns: int) -> Iterator[str]:
        """What time alone makes news."""
        for name, gone_ns in self._gone_ns.items():
            if now_ns - gone_ns >= LOST_NS and name not in self._told_lost:
                self._told_lost.add(name)
                yield f"{self._kind(name)}-lost"

    def _kind(self, name: str) -> str:
        return "headset" if name in self._headsets else "wristband"
