"""All that the panel is fitted with: sources of edges and the light. What is missing is told, and tried again."""

from __future__ import annotations

import select
from functools import cached_property
from typing import Any, Literal

from device.clock import Clock
from device.config import PanelConfig
from device.errors import SystemMissingError
from device.panel.evdev_keys import EvdevKeys
from device.panel.led import KERNEL_LEDS, KernelLed, Led, NoLed
from device.panel.source import Happening, Source

RETRY_NS = 10_000_000_000
Part = Literal["pins", "keys", "light"]


class Fittings:
    """Opens each part apart from the others, so that one that is broken takes nothing from them.

    Raises:
        ConfigError: device.toml names a key that is none.
    """

    def __init__(self, config: PanelConfig, clock: Clock) -> None:
        self._config, self._clock = config, clock
        self._epoll = select.epoll()
        self._sources: dict[Part, Source] = {}
        self._led: Led = NoLed()
        self._missing: dict[Part, SystemMissingError] = {}
        self._closed: set[Part] = {"pins"} if config.pins else set()
        """Parts that are to be opened."""
        if config.led or config.led_pin is not None:
            self._closed.add("light")
        self._tried_ns: int | None = None
        self._keys = EvdevKeys(config, clock)
        self._add("keys", self._keys)

    def fileno(self) -> int:
        """Readable when something happened."""
        return self._epoll.fileno()

    @property
    def heard(self) -> list[str]:
        """What is heard, by name: each pin with its button, each device."""
        pins = [f"{button} at GPIO {pin}" for button, pin in self._config.pins.items()]
        return (pins if "pins" in self._sources else []) + [device.source for device in self._keys.devices]

    @property
    def troubles(self) -> dict[Part, SystemMissingError]:
        """What does not work now, and what mends it."""
        heard = {name: source.trouble for name, source in self._sources.items() if source.trouble}
        return self._missing | heard

    def read(self) -> list[Happening]:
        """What happened since the last call; never waits."""
        self._open_missing()
        return [happening for source in self._sources.values() for happening in source.read()]

    def show(self, level: float) -> None:
        """Shine at this level of a pattern."""
        try:
            self._led.show(level)
        except SystemMissingError as error:
            lost, self._led = self._led, NoLed()
            self._closed.add("light")
            self._missing["light"] = error
            lost.close()

    def _open_missing(self) -> None:
        now_ns = self._clock.now_ns()
        if not self._closed or (self._tried_ns is not None and now_ns - self._tried_ns < RETRY_NS):
            return
        self._tried_ns = now_ns
        for part in sorted(self._closed):
            try:
                self._open(part)
            except SystemMissingError as error:
                self._missing[part] = error
            else:
                self._closed.discard(part)
                self._missing.pop(part, None)

    def _open(self, part: Part) -> None:
        if part == "light" and self._config.led:
            self._led = KernelLed(self._config.led, KERNEL_LEDS, self._config.brightness)
            return
        from device.panel.gpio import GpioButtons, GpioLed  # noqa: PLC0415 - a box without pins loads no library for them

        if part == "light" and self._config.led_pin is not None:
            self._led = GpioLed(self._config.led_pin, self._pins, self._config.brightness)
        else:
            self._add(part, GpioButtons(self._config.pins, self._clock, self._pins))

    @cached_property
    def _pins(self) -> Any:
        from device.panel.gpio import open_factory  # noqa: PLC0415

        return open_factory()

    def _add(self, part: Part, source: Source) -> None:
        self._sources[part] = source
        self._epoll.register(source.fileno(), select.EPOLLIN)

    def close(self) -> None:
        """Let go of everything, with the light dark."""
        self.show(0.0)
        self._led.close()
        for source in self._sources.values():
            source.close()
        self._epoll.close()


def examine(config: PanelConfig, clock: Clock) -> str:
    """Say what the panel hears.

    Raises:
        ConfigError: device.toml names a key that is none.
        SystemMissingError: a part of it is missing.
    """
    fittings = Fittings(config, clock)
    try:
        fittings.read()
        for trouble in fittings.troubles.values():
            raise trouble
        return f"Heard: {', '.join(fittings.heard) or 'no button yet; a headset with keys may be plugged in any time'}."
    finally:
        fittings.close()
