"""`deploy/bundle`: makes the signed file by which a machine without an image is renewed."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from deploy.bundling.pack import pack
from deploy.bundling.tree import lay_out
from deploy.imaging.programs import call
from deploy.imaging.root import REPOSITORY
from device import __version__
from device.console.printing import say
from device.errors import DiskError, IsotoneError
from device.updates.folders import COMPATIBLE

FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The bundle to write.")
@click.option("--certificate", type=FILE, required=True, help="Who signs, in PEM; boxes trust it by their keyring.")
@click.option("--key", type=FILE, required=True, help="The key of the certificate; it never goes into a bundle.")
@click.option("--version", default=__version__, show_default=True, help="Three numbers; only a newer one is installed.")
def bundle(out: Path, certificate: Path, key: Path, version: str) -> None:
    """Makes a signed bundle for machines like this one, from what is committed of this checkout."""
    epoch = int(call("git", "-C", REPOSITORY, "log", "-1", "--format=%ct"))
    try:
        with tempfile.TemporaryDirectory(prefix=".tree-", dir=out.parent) as scratch:
            say("1 laying out programs", err=True)
            lay_out(Path(scratch))
            say("2 packing and signing", err=True)
            manifest = pack(Path(scratch), out, version, COMPATIBLE, (certificate, key), epoch)
    except OSError as error:
        raise DiskError(f"{out} cannot be written: {error.strerror or error}.", "Give another place.") from error
    say(f"{out}: version {manifest.version} for {manifest.compatible}, {out.stat().st_size / 1e6:.0f} MB")


try:
    bundle(standalone_mode=True)
except IsotoneError as error:
    say(str(error), err=True)
    raise SystemExit(error.exit_code) from error
