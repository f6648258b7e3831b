"""What was tried, side by side on families of listeners that no training has met, as it ships: the card's table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from export.control.objective import Batch, Came, PolicyOf, came_of, references, worst_of
from hardware.simulation.closed_loop import DECISION_S

TEST_SEED = 900


class Row(NamedTuple):
    """One policy on all people of some batches."""

    name: str
    time_in_zone: float
    time_to_target_s: float
    distance: float
    harm: float
    """By which share the worst 5 % are further off than in silence."""
    blind: float
    """By which share those whose readings say nothing are further off than with the plan."""


def compare(tried: Mapping[str, PolicyOf], batches: Iterable[Batch]) -> list[Row]:
    """A row for each, beginning with silence and the plan."""
    batches = [batch._replace(seed=TEST_SEED, decision_s=DECISION_S) for batch in batches]
    silent, planned = zip(*(references(batch) for batch in batches), strict=True)
    came = {"silence": silent, "the plan alone": planned}
    came |= {name: tuple(came_of(policy_of, batch, 1) for batch in batches) for name, policy_of in tried.items()}
    return [_row(name, those, silent, planned) for name, those in came.items()]


def _row(name: str, ours: Iterable[Came], silent: Iterable[Came], planned: Iterable[Came]) -> Row:
    ours = tuple(ours)
    zone, late, far = (
        np.mean([getattr(c.outcomes, part).mean() for c in ours])
        for part in ("time_in_zone", "time_to_target_s", "distance")
    )
    blind = [np.concatenate([c.outcomes.distance[0, c.is_blind] for c in those]).mean() for those in (ours, planned)]
    harm = worst_of(_all(ours)) / worst_of(_all(silent)) - 1.0
    return Row(name, float(zone), float(late), float(far), float(harm), float(blind[0] / blind[1] - 1.0))


def _all(came: Iterable[Came]) -> np.ndarray:
    return np.concatenate([one.outcomes.distance.ravel() for one in came])


def table(rows: Iterable[Row]) -> str:
    """The rows in Markdown."""
    head = (
        "| policy | time in zone | to the zone, min | distance | worst 5 % beside silence | sensor-blind beside plan |"
    )
    lines = [
        f"| {row.name} | {row.time_in_zone:.1%} | {row.time_to_target_s / 60:.1f} | {row.distance:.3f} "
        f"| {row.harm:+.1%} | {row.blind:+.1%} |"
        for row in rows
    ]
    return "\n".join([head, "|---|---|---|---|---|---|", *lines])
