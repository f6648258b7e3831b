"""The version is one fact, and one that updates can put in order."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from device import __version__
from device.commands.update_image import parse_release
from device.updates.manifest import number_of

HERE = Path(__file__).parents[2]


def test_the_package_says_what_the_program_says() -> None:
    project = tomllib.loads((HERE / "pyproject.toml").read_text())
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "device.__version__"}


def test_it_is_the_release_that_the_list_of_releases_begins_with() -> None:
    newest = re.search(r"^## (\S+)", (HERE / "RELEASES.md").read_text(), re.MULTILINE)
    assert newest
    assert newest[1] == __version__


def test_updates_of_both_kinds_can_put_it_in_order() -> None:
    assert number_of("0.7.9") < number_of(__version__)
    image = parse_release(f"{__version__}.1764407000")
    assert parse_release("0.7.9.1999999999") < image < parse_release(f"{__version__}.1764407001")
