"""`isotone report`: what sessions were, for a relative and for a reviewer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import click

from device.commands.kept import dir_option, find_session
from device.commands.options import device_option, json_option
from device.config import load
from device.console.printing import say, say_json
from device.files.outputs import writing
from device.imports import import_name
from device.messages import Language
from device.reports.document import About, Report

FORMS = {"page": "device.reports.page:write_page", "paper": "device.reports.paper:write_paper"}
"""What writes a report; each is imported when it is asked for, as the typesetter is large."""


@click.command()
@click.argument("sessions", nargs=-1, required=True, metavar="SESSION...")
@dir_option
@device_option
@click.option("--pdf", type=click.Path(path_type=Path), help="Write it on two pages a session.")
@click.option("--html", type=click.Path(path_type=Path), help="Write it as a page that brings all it needs.")
@click.option("--about", "about_path", type=click.Path(path_type=Path), help="What only people know (TOML).")
@click.option("--language", type=click.Choice(get_args(Language)), default="en", show_default=True)
@json_option
def report(
    sessions: tuple[str, ...], root: Path | None, device_path: Path | None, pdf: Path | None, html: Path | None,
    about_path: Path | None, language: Language, as_json: bool,
) -> None:  # fmt: skip
    """Say what one session was, or several of one listener with their trend.

    Sessions are given by id (or the start of it) or folder. What only people know of them (setting, interventionist,
    theory, ..., a note) stands in the file --about; what nobody told is shown as not told. The report describes: it
    neither diagnoses nor claims an effect.
    """
    if not (pdf or html or as_json):
        raise click.UsageError("Say what to make: --pdf FILE, --html FILE or --json.")
    from device.reports.making import make_report  # noqa: PLC0415 - reading sessions takes numpy

    about = load(about_path, About) if about_path else About()
    made = make_report([find_session(words, root, device_path) for words in sessions], about, language)
    _write(made, {"page": html, "paper": pdf})
    if as_json:
        say_json(made)


def _write(made: Report, places: dict[str, Path | None]) -> None:
    """All files, or none where one cannot be written."""
    paths = {name: path for name, path in places.items() if path}
    writers: dict[str, Callable[[Report], bytes]] = {name: import_name(FORMS[name]) for name in paths}
    contents: dict[str, Any] = {name: writer(made) for name, writer in writers.items()}
    if not paths:
        return
    with writing(paths) as files:
        for name, file in files.items():
            file.write_bytes(contents[name])
    for path in paths.values():
        say(str(path), err=True)
