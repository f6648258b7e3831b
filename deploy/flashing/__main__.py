"""`deploy/flash`: writes an image onto a card, and nothing onto anything else."""

from __future__ import annotations

from pathlib import Path

import click

from deploy.flashing import card, provision
from deploy.flashing.devices import devices
from deploy.imaging.programs import call
from device.console.printing import say
from device.errors import IsotoneError


@click.command()
@click.argument("image", type=click.Path(path_type=Path), required=False)
@click.argument("target", type=click.Path(path_type=Path), required=False)
@click.option("--yes", is_flag=True, help="Ask nothing.")
@click.option("--provision", "provisioning", type=click.Path(path_type=Path), help="What this box becomes (TOML).")
def flash(image: Path | None, target: Path | None, *, yes: bool, provisioning: Path | None) -> None:
    """Write IMAGE onto TARGET, a card or a plain file, and read it back.

    Without TARGET it lists the cards and sticks that are plugged in.
    """
    if image is None or target is None:
        _list()
        return
    device = card.checked(image, target)
    name = provision.check(provisioning) if provisioning else ""
    block_map = card.map_of(image)
    if provisioning:
        provision.refuse_without_boot(image, block_map.size_bytes)
    if not yes:
        what = f"{device.name}, {device.size_bytes / 1e9:.1f} GB" if device else "a plain file"
        click.confirm(f"All that is on {target} ({what}) will be lost. Write {image.name}?", abort=True)
    card.fill(image, block_map, target, provisioning)
    if device:
        call("udisksctl", "power-off", "--no-user-interaction", "--block-device", device.path)
    say(f"{target} holds {image.name} and was read back without a difference.")
    if name:
        say(f"At its first start the box becomes {name}, and wipes the file that says so from the card.")


def _list() -> None:
    offered = [device for device in devices() if device.offered]
    for device in offered:
        say(f"{device.path}  {device.size_bytes / 1e9:6.1f} GB  {device.name}")
    if not offered:
        say("No card or stick is plugged in. A disk that this machine runs from is never offered.")


try:
    flash()
except IsotoneError as error:
    say(str(error))
    raise SystemExit(error.exit_code) from error
