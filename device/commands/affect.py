"""`isotone affect`: what the box would have said while a recording was made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from device.commands.kept import find_session
from device.commands.options import Seconds, json_option, names
from device.commands.options import sources as sources_type
from device.console.affect_table import show as show_affect
from device.console.printing import has_reader, say, say_json
from device.console.terminal import Terminal
from device.files.models import MODELS_DIR
from device.reading import line_of, open_recordings, read_affect


@click.command()
@click.argument("recordings", nargs=-1, required=True)
@click.option("--calibrate", type=Seconds(0, 600), help="Take the first SECONDS for rest [default: 60].")
@click.option("--window", type=Seconds(0, 600), default=0.0, help="Use the last SECONDS only [default: they fade].")
@click.option("--sources", metavar="NAMES", type=sources_type, help="eeg, wrist or both [default: what there is].")
@click.option("--channels", metavar="NAMES", type=names, help="EEG channels, as Fp1,Fp2 [default: all].")
@click.option("--models", type=click.Path(path_type=Path), default=MODELS_DIR, help="Folder of models.")
@json_option
def affect(recordings: tuple[str, ...], models: Path, as_json: bool, **options: Any) -> None:
    """Say second by second how one person seemed to feel in RECORDINGS, and how sure that is.

    Recordings are .npz files, session folders or ids of sessions; several are one session in the order given. Arousal
    runs from -1 (calm) to 1 (load, stress); where nothing can be known it is 0 with a deviation of 1, and the reasons
    say why.
    A line never rests on less than one window of features: 4 s of EEG, up to 60 s of the wrist.
    """
    paths = [find_session(recording) for recording in recordings]
    session = open_recordings(paths, sources=options["sources"] or (), ch_names=options["channels"] or ())
    for note in session.notes:
        say(note, err=True)
    estimates = read_affect(session, calibrate_s=options["calibrate"], window_s=options["window"], models_dir=models)
    if as_json:
        for estimate in estimates:
            say_json(line_of(estimate))
            if not has_reader():
                break
    else:
        show_affect(estimates, Terminal())
