"""`isotone clinic`: what was done with the boxes, from the sessions that were recorded."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click
from rich.table import Table

from device import __version__
from device.clock import wall_time
from device.commands.kept import all_sessions, dir_option, places
from device.commands.options import Words, device_option, json_option
from device.commands.prescriptions import load_prescription
from device.config import load
from device.console.printing import say, say_json
from device.console.terminal import Terminal
from device.files.outputs import writing
from device.programme_layout import Programme


@click.command()
@dir_option
@device_option
@click.option("--listener", type=Words(), help="Sessions of this listener alone.")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First day that counts.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last day that counts.")
@click.option("--prescription", "prescription_path", type=click.Path(path_type=Path), help="Whose programme was due.")
@click.option("--rates", "rates_path", type=click.Path(path_type=Path), help="What things cost the clinic (TOML).")
@click.option("--pdf", type=click.Path(path_type=Path), help="Write it on a page.")
@json_option
def clinic(
    root: Path | None, device_path: Path | None, listener: str | None, first: dt.datetime | None,
    last: dt.datetime | None, prescription_path: Path | None, rates_path: Path | None, pdf: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Count sessions, what was kept of the programme, hours with and without a therapist, and their cost.

    Costs are by the clinic's own rates, in a file: currency, therapist_hour, room_hour, session, box_month,
    upkeep_month. Each rule by which is counted is told; nothing is said of benefit, which nobody measured here.
    """
    from device.reports.clinic import Period, Rates, figures_of  # noqa: PLC0415 - reading sessions takes numpy
    from device.reports.clinic_view import period_of, tables_of, write_figures  # noqa: PLC0415 - the typesetter is large

    if first and last and last < first:
        raise click.UsageError("--to is before --from. Give the first day with --from and the last with --to.")
    rates = load(rates_path, Rates) if rates_path else Rates()
    programme = load_prescription(prescription_path).programme if prescription_path else Programme()
    found = [info for info in all_sessions(places(root, device_path)) if listener in (None, info.listener)]
    period = Period(first.date() if first else None, last.date() if last else None)
    figures = figures_of(found, programme, rates, period, wall_time().date())
    if pdf:
        with writing({"--pdf": pdf}) as files:
            files["--pdf"].write_bytes(write_figures(figures, f"isotone {__version__}"))
    if as_json:
        say_json(figures)
        return
    say(period_of(figures))
    for part in tables_of(figures):
        say(part.title)
        table = Table(show_header=False)
        for row in part.rows:
            table.add_row(*row)
        Terminal().print(table)
    for rule in figures.assumptions:
        say(f"- {rule}")
    for line in figures.unreadable:
        say(f"isotone: not counted: {line}", err=True)
