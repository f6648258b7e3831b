"""The page that people get says of every light and every press what the box goes by, and no more."""

from __future__ import annotations

from pathlib import Path

from device.messages import PressKind
from device.panel.gestures import DOES, LONG_NS, MEANINGS, STUCK_NS
from device.panel.light import PATTERNS

LEAFLET = Path(__file__).resolve().parents[2] / "deploy" / "leaflet.md"
HOW: dict[PressKind, str] = {
    "short": "**{}**",
    "double": "**{}**, twice in a row",
    "long": "**{}**, held for two seconds",
}


def rows() -> list[str]:
    heads = ("| what you see", "| press |", "|---")
    return [
        line for line in LEAFLET.read_text("utf-8").splitlines() if line.startswith("|") and not line.startswith(heads)
    ]


def test_it_tells_of_every_light_and_every_press() -> None:
    lights = [f"| {pattern.looks} | {pattern.means} |" for pattern in PATTERNS.values()]
    presses = [
        f"| {HOW[kind].format(button.replace('_', ' '))} | {DOES[meaning]} |"
        for button, kinds in MEANINGS.items()
        for kind, meaning in kinds.items()
    ]
    assert rows() == [*lights, *presses]


def test_its_times_are_the_box_s() -> None:
    assert LONG_NS < 2e9, "two seconds are long enough"
    assert f"after {STUCK_NS // 10**9} seconds" in LEAFLET.read_text("utf-8")


def test_its_picture_is_there() -> None:
    assert (LEAFLET.parent / "../device/panel/light.svg").exists()
    assert "(../device/panel/light.svg)" in LEAFLET.read_text("utf-8")


def test_the_unit_lets_the_panel_reach_what_it_hears_and_shows() -> None:
    unit = (LEAFLET.parent / "systemd" / "isotone.service").read_text("utf-8").splitlines()
    (groups,) = (line.partition("=")[2].split() for line in unit if line.startswith("SupplementaryGroups="))
    assert "input" in groups
    assert {"DeviceAllow=char-gpiochip rw", "DeviceAllow=char-input r"} <= set(unit)
    assert "usermod -aG gpio isotone" in (LEAFLET.parent / "README.md").read_text("utf-8")
