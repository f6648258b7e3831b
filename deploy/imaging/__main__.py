"""`deploy/image`: a whole bootable image from this checkout."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from deploy.imaging import boot_files, bundle, disk, imager, root, sbom, wheels
from deploy.imaging.boards import BOARDS
from deploy.imaging.programs import call, demand
from device import __version__
from device.console.printing import say
from device.errors import IsotoneError


@click.command()
@click.option("--board", type=click.Choice(sorted(BOARDS)), required=True, help="What the image is for.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The image file to write.")
@click.option("--suite", default="trixie", show_default=True, help="Debian's release.")
@click.option(
    "--cache", type=click.Path(path_type=Path), default=Path("~/.cache/isotone/image"), help="Where bases are kept."
)
@click.option("--mirror", "mirrors", multiple=True, help="A package archive instead of Debian's own; repeatable.")
@click.option("--url", default="", help="Where the image will be found, for Raspberry Pi Imager; else this file.")
def image(board: str, out: Path, suite: str, cache: Path, mirrors: tuple[str, ...], url: str) -> None:
    """Makes a whole bootable image for a BOARD from what is committed of this checkout."""
    demand()
    row, cache = BOARDS[board], cache.expanduser()
    epoch = int(call("git", "-C", root.REPOSITORY, "log", "-1", "--format=%ct"))
    # A later release has a greater number, and so has a later commit.
    version = f"{__version__}.{epoch}"
    signing = bundle.keys(cache / "signing")
    with tempfile.TemporaryDirectory(prefix="isotone-image-", dir=out.parent) as scratch:
        work = Path(scratch)
        say(f"1 Debian {suite} for {board}")
        tarball = root.base(row, suite, cache, mirrors, epoch)
        say("2 unpacking")
        root.unpack(tarball, work / "root")
        boot_files.grub_files(work / "root", row, work / "boot")
        root.prune(work / "root")
        say("3 wheels")
        wheels.add_python(work / "root", row, root.PLACE, cache, epoch)
        say("4 isotone")
        root.add_isotone(work / "root")
        root.add_system(work / "root")
        bundle.settings(work / "root", board, version, signing[0])
        wheels.compile_python(work / "root", epoch, root.PLACE / "device", root.PLACE / "hardware")
        n_packages = sbom.write_bill(out.with_name(f"{out.name}.cdx.json"), work / "root", board, version, epoch)
        say(f"5 parts; {n_packages} packages in the bill of materials")
        boot_files.add_to_initrd(work / "root", work / "initramfs", epoch)
        disk.root_image(work / "root", work / "root.img", epoch)
        disk.boot_image(work / "boot", work / "boot.img", version, epoch)
        disk.data_image(work / "data.img", version, epoch)
        say("6 image")
        bundle.make(out.with_suffix(".raucb"), work / "root.img", board, version, signing, work / "bundle")
        disk.assemble(out, work / "boot.img", work / "root.img", work / "data.img", version)
        call("bmaptool", "create", "--output", out.with_name(f"{out.name}.bmap"), out)
        imager.write_manifest(out, board, row.architecture, version, epoch, url)
        mb = root.size_mb(work / "root"), (work / "root.img").stat().st_size / 1e6
        say(f"{out}: release {version}, a root of {mb[0]:.0f} MB that takes {mb[1]:.0f} MB of a slot")


try:
    image(standalone_mode=True)
except IsotoneError as error:
    say(str(error))
    raise SystemExit(error.exit_code) from error
