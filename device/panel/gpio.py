"""Buttons and a light at the pins of the board, by gpiozero; on a Raspberry Pi with lgpio below it.

Both libraries are loaded when pins are named and not before: a box with a headset's keys alone needs neither.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from device.clock import Clock
from device.errors import IsotoneError, SystemMissingError
from device.messages import Button
from device.panel.gestures import Edge, Level
from device.panel.source import Happening

SOURCE = "box"
PWM_HZ = 200
"""Far above what flickers."""


@contextlib.contextmanager
def told(what: str) -> Iterator[None]:
    """Turn whatever these libraries raise, each in its own way, into a sentence."""
    try:
        yield
    except IsotoneError:
        raise
    except ImportError as error:
        action = "Only a Raspberry Pi has such pins: on another board remove `pins` and `led_pin` from [panel]."
        raise SystemMissingError(f"{what}: {error}.", action) from error
    except Exception as error:
        action = "Is this user in the group gpio, and no other program at the same pin? `ls -l /dev/gpiochip*` shows."
        raise SystemMissingError(f"{what}: {str(error) or type(error).__name__}.", action) from error


def open_factory() -> Any:
    """What gpiozero reaches the pins of this board by.

    Raises:
        SystemMissingError: this is no board with pins, or they may not be used.
    """
    with told("The pins of this board cannot be used"):
        # lgpio makes a pipe in the current folder as it is imported, and keeps it open.
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            import lgpio  # noqa: F401, PLC0415
        from gpiozero.pins.lgpio import LGPIOFactory  # noqa: PLC0415

        return LGPIOFactory()


class GpioButtons:
    """Buttons that join a pin to ground. Edges are told by the kernel: nothing is polled.

    Raises:
        SystemMissingError: a pin cannot be used.
    """

    def __init__(self, pins: Mapping[Button, int], clock: Clock, factory: Any) -> None:
        self._clock = clock
        self.trouble: SystemMissingError | None = None
        self._edges: SimpleQueue[Edge] = SimpleQueue()
        self._signal = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        with contextlib.ExitStack() as opened:
            opened.callback(os.close, self._signal)
            for button, pin in pins.items():
                with told(f"GPIO {pin} for `{button}` cannot be used"):
                    opened.enter_context(self._open(button, pin, factory))
            self._opened = opened.pop_all()

    def _open(self, button: Button, pin: int, factory: Any) -> Any:
        from gpiozero import DigitalInputDevice  # noqa: PLC0415

        contact = DigitalInputDevice(pin, pull_up=True, pin_factory=factory)
        # A button that is down already, as the power comes back, has not been pressed.
        contact.when_activated = partial(self._note, button, "down")
        contact.when_deactivated = partial(self._note, button, "up")
        return contact

    def _note(self, button: Button, level: Level) -> None:
        """Take an edge, in the library's own thread."""
        self._edges.put(Edge(SOURCE, button, level, self._clock.now_ns()))
        os.eventfd_write(self._signal, 1)

    def fileno(self) -> int:
        return self._signal

    def read(self) -> list[Happening]:
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._signal)
        edges: list[Happening] = []
        with contextlib.suppress(Empty):
            while True:
                edges.append(self._edges.get_nowait())
        return edges

    def close(self) -> None:
        self._opened.close()


class GpioLed:
    """A light-emitting diode between a pin and ground, dimmed by pulses.

    Raises:
        SystemMissingError: the pin cannot be used.
    """

    def __init__(self, pin: int, factory: Any, brightness: float) -> None:
        self._most = brightness
        with told(f"GPIO {pin} for the light cannot be used"):
            from gpiozero import PWMLED  # noqa: PLC0415

            self._led = PWMLED(pin, frequency=PWM_HZ, pin_factory=factory)

    def show(self, level: float) -> None:
        with told("The pin of the light is lost"):
            self._led.value = level * self._most

    def close(self) -> None:
        with contextlib.suppress(SystemMissingError), told("The pin of the light is lost"):
            self._led.close()
