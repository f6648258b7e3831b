"""`isotone trial`: trials over one listener or many, registered before they begin."""

from __future__ import annotations

import hashlib
import wave
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from device.commands.options import Words, json_option
from device.commands.trial_export import export_to
from device.commands.trial_folder import Trial, begin, key_of, opened, read_key
from device.config import load
from device.console.printing import say, say_json
from device.console.terminal import Terminal
from device.errors import ConfigError
from device.trials.registration import Registration

folder_argument = click.argument("folder", type=click.Path(path_type=Path))
key_option = click.option(
    "--key", type=click.Path(path_type=Path), help="File with the trial's secret [default: FOLDER.key]."
)


EXAMPLE = """
\b
# registration.toml
title = "Does it help Ann?"
design = "blocks"                # each hears all conditions; or "groups", with arms
hypotheses = ["Arousal is nearer to the goal in adaptive blocks."]
analysis = "isotone verdict"
sample_size = 1                  # listeners
sessions = 12                    # of each
minutes = 24
conditions = ["adaptive", "static"]
[[outcomes]]
name = "distance"
better = "lower"
primary = true
"""


@click.group(epilog=EXAMPLE)
def trial() -> None:
    """Compare music over listeners: registered before, allotted unforeseeably, exported for statisticians."""


@trial.command()
@folder_argument
@click.option("--registration", "path", type=click.Path(path_type=Path), required=True, help="registration.toml.")
@key_option
@json_option
def new(folder: Path, path: Path, key: Path | None, as_json: bool) -> None:
    """Register a trial: from now on its registration cannot change.

    FOLDER gets the registration and the ledger. The secret that allots listeners is written to a file apart, which only
    this user may read: keep it from whoever enrols.
    """
    registration = load(path, Registration)
    files = _playlist(registration, path.parent)
    made = begin(folder, path, key_of(folder, key), files)
    if as_json:
        say_json(_state(made))
        return
    say(f"The trial {made.id} is registered: {registration.title}")
    say(f"Registration (SHA-256): {made.entries[0].registration}")
    say(f"Its secret lies in {key_of(folder, key)}; without it nobody can be enrolled.")


def _playlist(registration: Registration, folder: Path) -> dict[str, str]:
    """SHA-256 of each file of the playlist. Raises ConfigError where one is no WAV that can be read."""
    files: dict[str, str] = {}
    for name in registration.playlist:
        try:
            with wave.open(str(folder / name), "rb") as file:
                seconds = file.getnframes() / file.getframerate()
            with (folder / name).open("rb") as data:
                files[name] = hashlib.file_digest(data, "sha256").hexdigest()
        except (OSError, EOFError, wave.Error, ValueError, ZeroDivisionError) as error:
            raise ConfigError(f"{folder / name} is no WAV file that can be read: {error}.", "Mend it.") from error
        if seconds <= 0:
            raise ConfigError(f"{folder / name} holds no sound.", "Give another file.")
    if registration.playlist:
        say("The playlist is complete; this release cannot play it inside a session yet.", err=True)
    return files


@trial.command()
@folder_argument
@click.argument("listener", type=Words())
@click.option("--stratum", type=Words(), default="", help="Where the registration has strata.")
@key_option
@json_option
def enrol(folder: Path, listener: str, stratum: str, key: Path | None, as_json: bool) -> None:
    """Take in a listener, who is told their arm now and keeps it."""
    with opened(folder, key_of(folder, key)) as it:
        entry = it.enrol(listener, stratum)
    if as_json:
        say_json({"listener": listener, "arm": entry.arm, "stratum": entry.stratum, "number": entry.number})
    else:
        say(f"{listener} is enrolled{f' in the arm {entry.arm}' if entry.arm else ''}.")


@trial.command()
@folder_argument
@key_option
@json_option
def status(folder: Path, key: Path | None, as_json: bool) -> None:
    """Check registration and ledger, and say how far the trial is."""
    state = _state(Trial(folder, read_key(key_of(folder, key))))
    if as_json:
        say_json(state)
        return
    table = Table(show_header=False)
    for name, value in state.items():
        table.add_row(name.replace("_", " "), str(value))
    Terminal().print(table)


def _state(it: Trial) -> dict[str, Any]:
    return {
        "trial": it.id,
        "title": it.registration.title,
        "design": it.registration.design,
        "registration_sha256": it.entries[0].registration,
        "enrolled": len(it.enrolled()),
        "sample_size": it.registration.sample_size,
        "sessions": len(it.sessions()),
        "revealed": it.is_revealed,
        "seals": "checked" if it.is_sealed_checked else "not checked, as the key is not here",
        "newest_seal": it.entries[-1].seal,
    }


@trial.command()
@folder_argument
@key_option
@json_option
def reveal(folder: Path, key: Path | None, as_json: bool) -> None:
    """End the trial: the secret goes into the ledger, and everybody can repeat the allocation."""
    with opened(folder, key_of(folder, key)) as it:
        it.add(kind="revealed", secret=it.secret.hex())
    if as_json:
        say_json(_state(it))
    else:
        say(f"The trial is over; its newest seal is {it.entries[-1].seal}.")


@trial.command()
@folder_argument
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new folder.")
@key_option
def export(folder: Path, out: Path, key: Path | None) -> None:
    """Write tables for statisticians: allocation, sessions, blocks, what the columns mean, and all hashes."""
    for line in export_to(Trial(folder, read_key(key_of(folder, key))), out):
        say(line)
