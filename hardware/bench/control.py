"""`isotone bench control`: every policy on the same virtual people, and whether any of them helps.

    python -m hardware.bench.control [--patients N] [--seed N] [--families A,B] [--policies A,B] [--sessions N]
        [--jobs N] [--ray [ADDRESS]] [--json] [--out FILE.md]

N people of each family, sensor quality, with and without losses of sensors, live through several sessions under each
policy. What counts is how they truly felt (`hardware.simulation.outcomes`), each against themselves with another
policy. A report has a picture beside it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import platform
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from device.config import ControlConfig, Prescription
from device.control import POLICIES
from device.errors import IsotoneError
from hardware.bench import control_report
from hardware.bench.control_scores import PLAN, SILENCE, SIMPLE, Compared, compare, figures_of, speed_of
from hardware.bench.figures import show
from hardware.bench.music import Progress, processor, telling
from hardware.simulation.closed_loop import Terms
from hardware.simulation.patients import FAMILIES, QUALITIES
from hardware.simulation.trials import Course, Kind, Shard, Trial, run, shards
from hardware.simulation.workers import LOCAL, Workers, each

SEED = 2026
"""Seeds below 1000 are for training and tuning."""
TERMS = Terms(Prescription(goal_arousal=-0.2, goal_valence=0.2))
"""At most a little strained, at least a little pleased: what the upset people of the twin can reach in a session. The
goal that is prescribed when nothing is said lies beyond all but a few of them."""
YEAR_S = 365.25 * 86_400.0


def simulate(
    policies: Sequence[str], people: Sequence[Shard], sessions: int, workers: Workers, progress: Progress
) -> dict[str, list[Course]]:
    """Each policy with the same people: a course for each shard, in their order."""
    trials = [Trial(ControlConfig(policy=policy), shard, TERMS, sessions) for policy in policies for shard in people]
    courses: list[Course] = []
    for number, course in enumerate(each(run, trials, workers), 1):
        courses.append(course)
        progress(f"{policies[(number - 1) // len(people)]}: shard {number} of {len(trials)}")
    return {policy: courses[index * len(people) : (index + 1) * len(people)] for index, policy in enumerate(policies)}


def measure(options: argparse.Namespace, progress: Progress) -> Compared:
    """All that was asked for, beside silence and the plan alone, which say what harm is."""
    kinds = [Kind(*each) for each in itertools.product(options.families, QUALITIES, (False, True))]
    people = shards(kinds, options.patients, options.seed)
    policies = list(dict.fromkeys([*options.policies, SILENCE, PLAN]))
    began_s = time.monotonic()
    courses = simulate(policies, people, options.sessions, Workers(options.jobs, options.ray), progress)
    lived_s = len(policies) * len(kinds) * options.patients * options.sessions * TERMS.minutes * 60.0
    minutes = (time.monotonic() - began_s) / 60.0
    return compare(people, courses, lived_s / YEAR_S / minutes)


def heading(options: argparse.Namespace) -> tuple[str, str]:
    """Title and preface of a report."""
    command = f"isotone bench control --patients {options.patients} --seed {options.seed} --sessions {options.sessions}"
    preface = (
        f"`{command}`, {options.jobs} processes of {processor()}. {options.patients} people of each of "
        f"{len(options.families)} families, three sensor qualities, with and without losses, in "
        f"{options.sessions} sessions of {TERMS.minutes:g} minutes under every policy, none of them seen in training. "
        "What counts is how they truly felt, in shift and hold. Intervals are of 99 %, by drawing people again."
    )
    return f"Control, {dt.datetime.now(dt.UTC):%Y-%m-%d}, {platform.machine()}", preface


def _names_of(known: Iterable[str]) -> Callable[[str], list[str]]:
    """Reads names separated by commas, which must be known."""

    def read(text: str) -> list[str]:
        names = text.split(",")
        unknown = set(names).difference(known)
        if unknown:
            raise argparse.ArgumentTypeError(f"there is no {', '.join(sorted(unknown))}; choose of {', '.join(known)}")
        return names

    return read


def _count(text: str) -> int:
    """Reads how many of something there are."""
    if not text.isascii() or not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is no whole number from 1 on")
    return int(text)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="isotone bench control", description=__doc__.partition("\n")[0])
    parser.add_argument("--patients", type=_count, default=100, help="people of each kind (default: 100)")
    parser.add_argument("--seed", type=int, default=SEED, help=f"from {SEED} on unseen in training (default)")
    parser.add_argument("--families", type=_names_of(FAMILIES), default=list(FAMILIES), help="default: all")
    parser.add_argument(
        "--policies",
        type=_names_of(POLICIES),
        default=list(POLICIES),
        help="default: all; silence and plan are always there",
    )
    parser.add_argument("--sessions", type=_count, default=3, help="of twenty minutes for each (default: 3)")
    parser.add_argument("--jobs", type=_count, default=2, help="processes (default: 2)")
    parser.add_argument("--ray", nargs="?", const=LOCAL, help="on Ray: of its own here, or at an address")
    parser.add_argument("--json", action="store_true", dest="as_json")
    parser.add_argument("--out", type=Path, help="also write a report (Markdown), with a picture beside it")
    return parser


def main(argv: list[str] | None = None) -> int:
    options = parser().parse_args(argv)
    try:
        with telling() as progress:
            compared = measure(options, progress)
    except IsotoneError as error:
        print(f"isotone: {error}", file=sys.stderr)
        return int(error.exit_code)
    figures = [speed_of(compared)] + [
        figure for policy in options.policies if policy not in SIMPLE for figure in figures_of(compared, policy)
    ]
    if options.out:
        control_report.write(options.out, compared, figures, *heading(options))
    if options.as_json:
        print(msgspec.json.encode({"best": compared.best, "policies": compared.rows, "figures": figures}).decode())
    else:
        control_report.print_table(compared)
        show(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
