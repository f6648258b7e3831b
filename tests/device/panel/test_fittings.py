"""Each part of the panel is opened apart from the others; what is missing or goes is told, and tried again."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.clock import VirtualClock
from device.config import PanelConfig
from device.panel import fittings
from device.panel.fittings import RETRY_NS, Fittings
from tests.device.panel.test_led import light


@pytest.fixture
def lights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(fittings, "KERNEL_LEDS", tmp_path)
    return tmp_path


def test_a_light_that_comes_later_shines_no_brighter_than_device_toml_says(lights: Path) -> None:
    clock = VirtualClock(10**9)
    parts = Fittings(PanelConfig(led="green:status", brightness=0.5, input_folder=str(lights)), clock)
    parts.read()
    parts.show(1.0)
    assert set(parts.troubles) == {"light"}
    place = light(lights, "100")
    clock.advance(RETRY_NS / 1e9)
    parts.read()
    assert parts.troubles == {}
    parts.show(1.0)
    parts.close()
    assert (place / "brightness").read_text() == "500", "50, and dark at the end"


def test_a_light_that_goes_is_told_and_takes_nothing_with_it(lights: Path) -> None:
    clock = VirtualClock(10**9)
    place = light(lights, "100")
    (place / "brightness").unlink()
    (place / "brightness").symlink_to("/dev/full")
    parts = Fittings(PanelConfig(led="green:status", input_folder=str(lights)), clock)
    parts.read()
    for _ in range(3):
        parts.show(1.0)
    assert "has gone" in parts.troubles["light"].sentence
    assert parts.read() == []
    parts.close()


def test_without_pins_no_library_for_them_is_loaded(lights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fittings, "_pins", property(lambda _: pytest.fail("nobody named a pin")))
    parts = Fittings(PanelConfig(input_folder=str(lights)), VirtualClock(10**9))
    parts.read()
    parts.close()
