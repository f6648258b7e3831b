"""`deploy/batch`: a card for each row of a list, one after another."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import click

from deploy.batching import fleet, identity, papers, record
from deploy.flashing import card, provision
from deploy.flashing.bmap import BlockMap
from device.clock import wall_time
from device.console.printing import say
from device.errors import ConfigError, DiskError, Exit, IsotoneError

PATH = click.Path(path_type=Path)


class Station:
    """Where cards are written: the image, the reader (or a folder of files), and the folder of the batch."""

    def __init__(self, image: Path, target: Path, out: Path, authority: Path | None) -> None:
        self._image, self._target, self._out, self._authority = image, target, out, authority
        self._map: BlockMap = card.map_of(image)
        provision.refuse_without_boot(image, self._map.size_bytes)
        digest = hashlib.sha256(repr(self._map).encode()).hexdigest()
        self.batch = record.open_batch(out, f"{image.name}, {digest[:16]}")

    def write(self, row: fleet.Row) -> None:
        """One card, from a new identity to its line in the protocol.

        Raises:
            IsotoneError: it was not written; nothing of it is kept.
        """
        target = self._target / f"{row.name}.img" if self._target.is_dir() else self._target
        device = card.checked(self._image, target)
        self._refuse_written(target)
        written, told = self._identified(row)
        provisioning = self._out / f".{row.name}.toml"
        try:
            provisioning.touch(0o600)
            provisioning.write_text(fleet.provisioning_text(told))
            provision.check(provisioning)
            card.fill(self._image, self._map, target, provisioning)
        finally:
            provisioning.unlink(missing_ok=True)
        name = f"{device.name}, {device.size_bytes / 1e9:.1f} GB" if device else target.name
        self.batch.cards.append(record.Written(**written, card=name, at_utc=f"{wall_time():%Y-%m-%dT%H:%M:%SZ}"))
        record.keep(self._out, self.batch)
        papers.write_papers(self._out, self.batch)

    def _identified(self, row: fleet.Row) -> tuple[dict[str, str], fleet.Tables]:
        """What the record keeps of a box that is new, and what it is told."""
        roles = {"therapist_pin": identity.new_pin(), "technician_pin": identity.new_pin()} | row.told.get("roles", {})
        written = {"name": row.name, "listener": row.told.get("box", {}).get("listener", ""), **roles}
        told = {**row.told, "roles": roles}
        if "fleet" in told:
            if self._authority is None:
                raise ConfigError("[fleet] needs certificates.", "Name the clinic's authority: --authority FOLDER.")
            now = wall_time()
            clinic = identity.authority_in(self._authority, now)
            own = identity.identity_of(row.name, clinic, now)
            given = {"authority": clinic.pem, "certificate": own.certificate, "key": own.key}
            told = fleet.with_identity(told, given)
            written |= {"fingerprint": own.fingerprint, "valid_until": own.valid_until}
        return written, told

    def _refuse_written(self, target: Path) -> None:
        """The card of the box before is still in the reader: it is not written over."""
        name = provision.name_on(target)
        if name in self.batch.names:
            raise DiskError(f"{target} is the card of {name}, just written.", "Put in the next card.")


@click.command()
@click.argument("boxes", type=PATH)
@click.option("--image", type=PATH, required=True, help="The image that deploy/image made.")
@click.option("--target", type=PATH, required=True, help="The card reader (/dev/...), or a folder for files.")
@click.option("--out", type=PATH, required=True, help="Folder for labels.pdf, protocol.pdf and what was done so far.")
@click.option("--common", type=PATH, help="A provisioning file with what all boxes share (TOML).")
@click.option("--authority", type=PATH, help="Folder of the clinic's authority; made where there is none.")
@click.option("--yes", is_flag=True, help="Ask nothing between cards.")
def batch(
    boxes: Path, image: Path, target: Path, out: Path, common: Path | None, authority: Path | None, *, yes: bool
) -> None:
    """Write a card for each row of BOXES, a list in CSV whose columns are keys of a provisioning file.

    Begun again with the same words it goes on with the cards that are missing.
    """
    rows = fleet.read_fleet(boxes, _read_common(common))
    station = Station(image, target, out, authority)
    for number, row in enumerate(rows, start=1):
        if row.name in station.batch.names:
            continue
        say(f"{number} of {len(rows)}: {row.name}")
        if not yes:
            click.prompt("Put in its card and press Enter", default="", show_default=False, prompt_suffix=" ")
        station.write(row)
        say(f"{row.name} is written and read back. Take the card out.")
    say(f"{len(rows)} cards are done. {out}/labels.pdf and {out}/protocol.pdf go with them; the PINs are there alone.")


def _read_common(path: Path | None) -> fleet.Tables:
    """Raises ConfigError where it cannot be read."""
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.", "Mend it.") from error


try:
    batch(standalone_mode=True)
except IsotoneError as error:
    say(str(error))
    say("Begin again with the same words: what was written stays, and the rest follows.")
    raise SystemExit(error.exit_code) from error
except OSError as error:
    say(f"The batch's folder cannot be written: {error}.")
    raise SystemExit(Exit.DISK) from error
