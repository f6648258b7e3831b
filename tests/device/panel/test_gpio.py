"""Buttons and a light at pins, on gpiozero's mock pins; without a board there is a sentence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from device.clock import VirtualClock
from device.errors import SystemMissingError
from device.panel.gestures import Edge
from device.panel.gpio import GpioButtons, GpioLed, open_factory


@pytest.fixture
def board() -> Iterator[MockFactory]:
    factory = MockFactory()
    yield factory
    factory.reset()


def test_a_button_that_joins_its_pin_to_ground_is_down(board: MockFactory) -> None:
    clock = VirtualClock(5)
    buttons = GpioButtons({"play": 5, "stop": 6}, clock, board)
    board.pin(6).drive_low()
    clock.advance(1e-9)
    board.pin(6).drive_high()
    board.pin(5).drive_low()
    assert buttons.read() == [
        Edge("box", "stop", "down", 5),
        Edge("box", "stop", "up", 6),
        Edge("box", "play", "down", 6),
    ]
    assert buttons.read() == []
    buttons.close()


def test_pins_are_pulled_up_so_that_a_loose_wire_is_no_press(board: MockFactory) -> None:
    buttons = GpioButtons({"play": 5}, VirtualClock(), board)
    assert board.pin(5).pull == "up"
    assert buttons.read() == []
    buttons.close()


def test_a_button_that_is_down_as_the_power_comes_back_has_not_been_pressed(board: MockFactory) -> None:
    board.pin(5).drive_low()
    buttons = GpioButtons({"play": 5}, VirtualClock(), board)
    assert buttons.read() == []
    buttons.close()


def test_a_pin_that_is_in_use_is_told_and_the_others_are_let_go(board: MockFactory) -> None:
    taken = GpioButtons({"play": 6}, VirtualClock(), board)
    with pytest.raises(SystemMissingError, match="GPIO 6 for `stop` cannot be used"):
        GpioButtons({"play": 5, "stop": 6}, VirtualClock(), board)
    taken.close()
    GpioButtons({"play": 5, "stop": 6}, VirtualClock(), board).close()


def test_the_light_is_dimmed() -> None:
    board = MockFactory(pin_class=MockPWMPin)
    led = GpioLed(13, board, 0.5)
    led.show(0.5)
    assert board.pin(13).state == 0.25
    assert board.pin(13).frequency >= 100, "slower pulses flicker"
    led.close()


def test_without_a_board_there_is_a_sentence() -> None:
    with pytest.raises(SystemMissingError, match="pins of this board cannot be used"):
        open_factory()
