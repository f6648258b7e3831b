"""`isotone fleet group`: which boxes are renewed together, in the clinic's own file."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from device.commands.fleet_files import config_option, groups_file, groups_option, load_groups
from device.commands.options import json_option
from device.console.printing import say, say_json
from device.errors import ConfigError, DiskError
from device.files.outputs import write_whole
from device.fleet.layout import Groups


@click.command()
@click.argument("name", required=False)
@click.argument("boxes", nargs=-1)
@click.option("--dissolve", is_flag=True, help="Its boxes are again in the groups that they say of themselves.")
@config_option
@groups_option
@json_option
def group(
    name: str | None, boxes: tuple[str, ...], dissolve: bool, path: Path, groups_path: Path | None, as_json: bool
) -> None:
    """Show the groups; with NAME one of them; with NAME and BOXES put these into it, and into no other."""
    if dissolve and (name is None or boxes):
        raise click.UsageError("--dissolve takes the name of one group, and no boxes.")
    place = groups_file(groups_path, path)
    groups = load_groups(groups_path if place.exists() else None, path)
    if name and (boxes or dissolve):
        groups = _moved(groups, name, boxes)
        try:
            write_whole(place, groups.written().encode())
        except OSError as error:
            raise DiskError(f"{place} cannot be written: {error.strerror}.", "Give another with --groups.") from error
    shown = {known: there for known, there in groups.groups.items() if name in (None, known)}
    if as_json:
        say_json(shown)
        return
    for known, there in shown.items():
        say(f"{known}: {', '.join(there)}")
    if not shown:
        say("The file names no such group; a box is in the group that its own fleet.toml says.", err=True)


def _moved(groups: Groups, name: str, boxes: tuple[str, ...]) -> Groups:
    """The same with boxes in a group. Raises ConfigError on a name that is none."""
    moved = groups.moved(name, boxes)
    try:
        return msgspec.convert(msgspec.to_builtins(moved), Groups)
    except msgspec.ValidationError as error:
        raise ConfigError(f"A name cannot be used: {error}.", "Take small letters, digits and hyphens.") from error
