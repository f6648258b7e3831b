"""`isotone export`: a session in a format that others' programs read."""

from __future__ import annotations

from pathlib import Path

import click

from device.commands.kept import find_session, session_argument
from device.commands.options import json_option
from device.console.printing import say, say_json
from device.exports import EXPORTS
from device.exports.files import write_files
from device.exports.recording import Recording
from device.imports import import_name
from device.sessions.reader import SessionReader


@click.command()
@session_argument
@click.option("--to", "form", required=True, type=click.Choice(sorted(EXPORTS)), help="The format.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the files.")
@json_option
def export(session: str, root: Path | None, device_path: Path | None, form: str, out: Path, as_json: bool) -> None:
    """Write a recorded session in a format that others' programs read.

    The session is given by its id (or the start of it) or its folder. Of a session that is torn or damaged what is
    whole is written, and what is missing is told. Several sessions may go into one folder: nothing is written over.
    """
    recording = Recording(SessionReader(find_session(session, root, device_path)))
    written = write_files(import_name(EXPORTS[form])(recording), out)
    if as_json:
        say_json(
            {"session": recording.session_id, "files": [str(path) for path in written], "problems": recording.problems}
        )
        return
    for path in written:
        say(str(path))
    for problem in recording.problems:
        say(f"isotone: not whole: {problem}", err=True)
