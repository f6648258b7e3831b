"""Keeps the listener's rest as the loop found it, to tell it to a loop that was started again: rest is taken once.

Told over the bus, as any message is, so that a replay of the session is told the same at the same moment.
"""

from __future__ import annotations

from device.dsp.features import Devices
from device.messages import PersonalBaseline, RestTaken, SensorStatus


class Rests:
    """What is known of the rest. Another device may be on another person: the rest of the one before is forgotten."""

    def __init__(self) -> None:
        self._rests: dict[tuple[str, str], PersonalBaseline] = {}
        self._devices = Devices()

    def hear(self, message: PersonalBaseline | SensorStatus) -> None:
        if isinstance(message, PersonalBaseline):
            self._rests[message.source, message.model] = message
        elif self._devices.is_exchanged(message):
            self._rests = {key: rest for key, rest in self._rests.items() if key[0] != message.source}

    def again(self, now_ns: int) -> RestTaken | None:
        """What to tell; None where no rest is known yet."""
        return RestTaken(t_ns=now_ns, baselines=tuple(self._rests.values())) if self._rests else None
