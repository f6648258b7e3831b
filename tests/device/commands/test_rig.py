"""What the demo asks of the rig."""

from __future__ import annotations

from click.testing import CliRunner

from device.commands.run import demo
from hardware.twin.profiles import PROFILES


def test_the_demo_says_who_can_be_worn() -> None:
    answer = CliRunner().invoke(demo, ["--list-listeners"])
    assert answer.exit_code == 0
    lines = answer.output.splitlines()
    assert len(lines) == len(PROFILES) >= 8
    for line, (name, profile) in zip(lines, PROFILES.items(), strict=True):
        assert line.split(maxsplit=1) == [name, profile.about]
