"""The kernel's own lights."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.errors import SystemMissingError
from device.panel.led import KernelLed


def light(folder: Path, most: str) -> Path:
    place = folder / "green:status"
    place.mkdir()
    for name, text in {"max_brightness": most, "trigger": "mmc0", "brightness": ""}.items():
        (place / name).write_text(text)
    return place


@pytest.mark.parametrize(
    ("most", "level", "shown"),
    [
        ("255\n", 1.0, "64"),
        ("255\n", 0.3, "19"),
        ("255\n", 0.0, "0"),
        ("1\n", 1.0, "1"),  # it knows only on and off
        ("1\n", 0.3, "1"),
        ("1\n", 0.1, "0"),
        ("1\n", 0.0, "0"),
        ("3\n", 0.3, "1"),
    ],
)
def test_it_shines_as_bright_as_it_may_and_for_nothing_else(
    tmp_path: Path, most: str, level: float, shown: str
) -> None:
    place = light(tmp_path, most)
    led = KernelLed("green:status", tmp_path, 0.25)
    led.show(level)
    led.close()
    assert (place / "brightness").read_text() == shown
    assert (place / "trigger").read_text() == "none"


@pytest.mark.parametrize("most", ["much", ""])
def test_a_light_that_is_none_is_told_with_those_that_are(tmp_path: Path, most: str) -> None:
    light(tmp_path, most)
    for name in ("red", "green:status"):
        with pytest.raises(SystemMissingError, match="cannot be used") as refusal:
            KernelLed(name, tmp_path, 1.0)
        assert "green:status" in refusal.value.action


def test_a_light_that_goes_is_a_sentence(tmp_path: Path) -> None:
    place = light(tmp_path, "255")
    (place / "brightness").unlink()
    (place / "brightness").symlink_to("/dev/full")
    led = KernelLed("green:status", tmp_path, 1.0)
    with pytest.raises(SystemMissingError, match="The light has gone"):
        led.show(1.0)
    led.close()
