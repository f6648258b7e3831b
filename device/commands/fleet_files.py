"""Where the files of a fleet lie: how to reach the broker, and which boxes belong together."""

from __future__ import annotations

from pathlib import Path

import click

from device.config import load
from device.fleet.layout import Groups

FLEET_TOML = Path("/etc/isotone/fleet.toml")
FILE = click.Path(path_type=Path, dir_okay=False)
config_option = click.option(
    "--config", "path", type=FILE, default=FLEET_TOML, show_default=True, help="fleet.toml: the broker, and who asks."
)
groups_option = click.option(
    "--groups", "groups_path", type=FILE, help="The clinic's groups.toml; without it the one beside fleet.toml."
)


def groups_file(groups_path: Path | None, fleet_toml: Path) -> Path:
    return groups_path or fleet_toml.with_name("groups.toml")


def load_groups(groups_path: Path | None, fleet_toml: Path) -> Groups:
    """The clinic's groups; without a file each box says of itself which one it is in.

    Raises:
        ConfigError: the file was named and is missing, or what it says cannot be.
    """
    place = groups_file(groups_path, fleet_toml)
    return load(place, Groups) if groups_path or place.exists() else Groups()
