"""Lights that can be dimmed: one that the kernel knows, a pin of the board, or none."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from device.errors import SystemMissingError

KERNEL_LEDS = Path("/sys/class/leds")
SHINES = 0.25
"""From this level on a pattern means light, below it dark: for lights that cannot be dimmed (`light.PATTERNS`)."""


class Led(Protocol):
    def show(self, level: float) -> None:
        """Shine at this level of a pattern, 0 (dark) to 1 (as bright as device.toml lets it be).

        Raises:
            SystemMissingError: it has gone.
        """
        ...

    def close(self) -> None: ...


class NoLed:
    """A box without a light."""

    def show(self, level: float) -> None:
        pass

    def close(self) -> None:
        pass


class KernelLed:
    """A light in /sys/class/leds. What it cannot dim so far it shows by its lowest step: on, where a pattern shines.

    Raises:
        SystemMissingError: there is none of that name, or it may not be used.
    """

    def __init__(self, name: str, folder: Path, brightness: float) -> None:
        place = folder / name
        try:
            self._most = brightness * int((place / "max_brightness").read_text("ascii"))
            (place / "trigger").write_text("none", "ascii")  # else the kernel goes on blinking it for the disk
            self._brightness = (place / "brightness").open("wb", buffering=0)
        except (OSError, ValueError) as error:
            there = ", ".join(sorted(path.name for path in folder.glob("*"))) or "none"
            raise SystemMissingError(
                f"The light {place} cannot be used: {error}.",
                f"Name another as `led` of [panel] (there are: {there}), or add this user to the group gpio.",
            ) from error

    def show(self, level: float) -> None:
        try:
            self._brightness.write(b"%d" % max(level >= SHINES, round(level * self._most)))
        except OSError as error:
            raise SystemMissingError(f"The light has gone: {error}.", "Look at its cable.") from error

    def close(self) -> None:
        self._brightness.close()
