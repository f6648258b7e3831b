"""`deploy/check-image`: an image is flashed, provisioned, started, updated, fails and comes back, all in QEMU."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from deploy.imaging import bundle
from deploy.imaging.card import Trial
from deploy.imaging.clinic import Clinic
from deploy.imaging.steps import failing_update, first_starts, good_update, make_stick, refusals, release_of, session
from device.console.printing import say
from device.errors import IsotoneError

STEPS = ("session", "refusals", "updates")


@click.command()
@click.argument("image", type=click.Path(path_type=Path, exists=True))
@click.option("--signing", type=click.Path(path_type=Path), default=Path("~/.cache/isotone/image/signing"))
@click.option("--log", "log_path", type=click.Path(path_type=Path), default=Path("check-image.log"), show_default=True)
@click.option("--only", type=click.Choice(STEPS), multiple=True, help="These steps; flashing and starting are always.")
@click.option("--exact", is_flag=True, help="Seconds of the first starts go by instructions: slow, and no machine's.")
def check(image: Path, signing: Path, log_path: Path, only: tuple[str, ...], *, exact: bool) -> None:
    """Try IMAGE, made for qemu-virt: flashed, started, a session, the fleet, updates that fail and one that is kept."""
    steps = only or STEPS
    keys = bundle.keys(signing.expanduser())
    with tempfile.TemporaryDirectory(prefix="isotone-trial-") as scratch, log_path.open("w") as log:
        trial, clinic = Trial(Path(scratch), log), Clinic(Path(scratch) / "clinic")
        with clinic.open():
            trial.flash(image, clinic)
            first_starts(trial, clinic, is_exact=exact)
        if "session" in steps:
            session(trial)
        if "refusals" in steps:
            refusals(trial, release_of(image), keys)
        if "updates" in steps:
            stick = make_stick(Path(scratch), image, keys)
            failing_update(trial, stick)
            good_update(trial, stick)
        say("Everything is as it should be.")


try:
    check(standalone_mode=True)
except IsotoneError as error:
    say(str(error))
    raise SystemExit(error.exit_code) from error
