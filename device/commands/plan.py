"""`isotone plan`: what a session plan asks for, as a table and as a picture, and what is wrong with it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from device.commands.options import Bounded, json_option
from device.commands.plans import Planned, Written, consider, read_plan
from device.commands.prescriptions import load_prescription
from device.config import AffectConfig, Prescription, SessionDefaults
from device.console.printing import say, say_json
from device.console.terminal import Terminal
from device.control.plan.plan_edit import clock
from device.control.plan.session_plan import UNKNOWN_START, SessionPlan, State, goal_sides
from device.errors import DiskError, Exit
from device.plan_layout import MINUTES_MAX, PlanLayout
from device.text import printable

FILE = click.Path(path_type=Path, dir_okay=False)
EXAMPLE = """
\b
order = "iso"                    # first meet the listener; or "compensatory"
[goal]                           # inside the prescription's
arousal = -0.7
arousal_side = "at most"         # or "at least", "near"
[limits]                         # only tighter than the prescription's
tempo_max_bpm = 90
[[phase]]                        # baseline, match, shift, hold, cool-down
kind = "match"
minutes = 3                      # or a share of what is left
[[phase]]
kind = "shift"
share = 1
course = "ramp"                  # or steps, points, straight
points = [{ at = 1.0, valence = 0.4, arousal = -0.7 }]
[[phase]]
kind = "cool-down"
minutes = 2
silent = true
"""
BASELINE_S = AffectConfig().baseline_s
USUAL_MINUTES = SessionDefaults().minutes
prescription_option = click.option("--prescription", "prescription_path", type=FILE, help="prescription.toml.")
minutes_option = click.option("--minutes", type=Bounded(min=0.2, max=MINUTES_MAX), help="Length of the session.")
out_option = click.option("--out", type=FILE, help="Where the picture goes (PNG, PDF or SVG).")


@click.group(epilog=EXAMPLE)
def plan() -> None:
    """Look at a session plan before anybody listens to it."""


@plan.command("check")
@click.argument("file", type=FILE)
@prescription_option
@minutes_option
@out_option
@json_option
def check(
    file: Path, prescription_path: Path | None, minutes: float | None, out: Path | None, *, as_json: bool
) -> None:
    """Say what is wrong with a plan, and draw it (default: FILE.png in this folder)."""
    prescription = load_prescription(prescription_path)
    written = read_plan(file, prescription, prescription_path)
    _show(written, prescription, minutes, out or Path(f"{file.stem}.png"), as_json=as_json)


@plan.command("show")
@prescription_option
@minutes_option
@out_option
@json_option
def show(prescription_path: Path | None, minutes: float | None, out: Path | None, *, as_json: bool) -> None:
    """Show the plan of a prescription, or the one there is without any."""
    prescription = load_prescription(prescription_path)
    written = read_plan(None, prescription, prescription_path)
    _show(written, prescription, minutes, out, as_json=as_json)


def _show(
    written: Written, prescription: Prescription, minutes: float | None, out: Path | None, *, as_json: bool
) -> None:
    planned, refusals = consider(written, prescription, minutes, USUAL_MINUTES, BASELINE_S)
    laid_out = _lay_out(written.layout, planned)
    name = written.layout.name or (written.path.stem if written.path else "session plan")
    if out:
        _draw(laid_out, name, out)
    if as_json:
        problems = [str(refusal) for refusal in refusals]
        say_json(_told(laid_out, name) | {"problems": problems, "picture": str(out) if out else ""})
    else:
        say(_words(laid_out, name))
        Terminal().print(_table(laid_out))
        if out:
            say(f"It is drawn in {out}.")
        for refusal in refusals:
            say(f"isotone: {refusal}", err=True)
    sys.exit(int(Exit.CONFIG if refusals else Exit.OK))


def _lay_out(layout: PlanLayout, planned: Planned) -> SessionPlan:
    """The plan in time; one that is refused is shown as it was written, with the prescription's goal."""
    prescription = planned.prescription
    goal = State(prescription.goal_valence, prescription.goal_arousal)
    sides, zone = goal_sides(prescription), prescription.goal_zone
    return SessionPlan(planned.minutes, BASELINE_S, goal, sides, zone, layout)


def _draw(laid_out: SessionPlan, name: str, out: Path) -> None:
    from device.sessions.plan_figure import draw_plan  # noqa: PLC0415 - matplotlib is large, a table needs none

    try:
        draw_plan(laid_out, name, out)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise DiskError(f"The picture {out} cannot be written: {why}.", "Give another file with --out.") from error


def _told(laid_out: SessionPlan, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "order": laid_out.order,
        "minutes": round(laid_out.length_s / 60.0, 3),
        "goal": {"valence": laid_out.goal.valence, "arousal": laid_out.goal.arousal},
        "sides": laid_out.sides._asdict(),
        "zone": laid_out.zone,
        "phases": _rows(laid_out),
    }


def _rows(laid_out: SessionPlan) -> list[dict[str, Any]]:
    """The phases, with their target for a listener in the middle of the plane."""
    rows = []
    for stretch in laid_out.stretches:
        ends = [laid_out.at(at_s, UNKNOWN_START).setpoint for at_s in (stretch.begins_s, stretch.ends_s - 1e-6)]
        rows.append(
            {
                "phase": stretch.layout.name or stretch.layout.kind,
                "kind": stretch.layout.kind,
                "begins_s": round(stretch.begins_s, 1),
                "ends_s": round(stretch.ends_s, 1),
                "from": [round(float(value), 3) for value in ends[0]],
                "to": [round(float(value), 3) for value in ends[1]],
                "silent": stretch.layout.silent,
            }
        )
    return rows


def _words(laid_out: SessionPlan, name: str) -> str:
    goal, sides = laid_out.goal, laid_out.sides
    meant = f"valence {sides.valence} {goal.valence:+.2f}, arousal {sides.arousal} {goal.arousal:+.2f}"
    return f"{printable(name)}: {laid_out.order} order, goal {meant}, zone ± {laid_out.zone:g}"


def _table(laid_out: SessionPlan) -> Table:
    table = Table("phase", "kind", "from", "to", "valence", "arousal", "")
    for row in _rows(laid_out):
        course = [f"{one:+.2f} → {two:+.2f}" for one, two in zip(row["from"], row["to"], strict=True)]
        silent = "silent" if row["silent"] else ""
        table.add_row(
            printable(row["phase"]), row["kind"], clock(row["begins_s"]), clock(row["ends_s"]), *course, silent
        )
    return table
