"""How policies fared on the same virtual people: medians, gains of one on another, and those who fare worst."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from device.control.policies.person import Person
from hardware.bench.figures import Figure
from hardware.bench.paired import gain, worst
from hardware.simulation.outcomes import Outcomes
from hardware.simulation.trials import Course, Shard

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
SIMPLE = ("silence", "plan", "ramp", "iso", "target", "hand", "pi", "mpc")
"""What a policy must beat that learns a listener."""
SILENCE, PLAN, OPPOSITE = "silence", "plan", "opposite"
RECOGNISED_BY = 2
"""Sessions after which an opposite responder is to be known as one."""
REMEMBERS = "arousal_weight"
"""What is remembered by a policy that keeps the memory of a person (`device.control.policies.person`)."""
GAIN_ASKED, HARM_MOST, RECOGNISED_ASKED, YEARS_PER_MIN_ASKED = 0.1, 0.01, 0.9, 100.0 / 30.0


class Row(msgspec.Struct, frozen=True):
    """One policy over all people, each person's sessions taken together."""

    policy: str
    time_in_zone: float
    """Share of shift and hold, mean over people."""
    time_in_zone_median: float
    time_to_target_s: float
    time_to_target_median_s: float
    distance: float
    """From the goal's allowed side."""
    worst_distance: float
    """Mean over the 5 % of people with the greatest distance."""
    arousal_rise: float
    """Mean over the 5 % of people whose arousal rose most."""
    rests: float
    """Share of shift and hold in which nothing sounded."""
    by_family: dict[str, float]
    """Time in zone."""
    worst_by_family: dict[str, float]
    """Distance of the worst 5 % of each."""
    by_session: tuple[float, ...]
    """Time in zone."""
    time_in_zone_deciles: tuple[float, ...]


class Found(NamedTuple):
    """One policy, person by person."""

    outcomes: Outcomes
    """Sessions averaged, shape (people,)."""
    by_session: Floats
    """Time in zone, shape (sessions, people)."""
    answers: Floats | None
    """What it remembers of each person's answer to music after `RECOGNISED_BY` sessions."""


class Compared(NamedTuple):
    """All policies on the same people."""

    found: Mapping[str, Found]
    family: npt.NDArray[np.str_]
    is_blind: Bools
    """Whose readings say nothing of them."""
    rows: tuple[Row, ...]
    years_per_min: float
    """Virtual years that were lived in a minute."""

    @property
    def best_simple(self) -> str:
        """The simple policy with the most time in the zone."""
        return _most(row for row in self.rows if row.policy in SIMPLE)

    @property
    def best(self) -> str:
        """The policy with the most time in the zone among those that do no more harm than is allowed."""
        return _most([row for row in self.rows if self.is_safe(row.policy)] or self.rows)

    def is_safe(self, policy: str) -> bool:
        """Whether its worst are no worse off than in silence, and the sensor-blind than with the plan alone."""
        return max(self.harm(policy), self.blind_loss(policy)) <= HARM_MOST

    def harm(self, policy: str, family: str = "") -> float:
        """By which share the worst 5 % are further from the goal than the worst 5 % in silence."""
        those = self.family == family if family else np.ones(len(self.family), bool)
        ours, silent = (self.found[name].outcomes.distance[those] for name in (policy, SILENCE))
        return worst(ours) / worst(silent) - 1.0

    def blind_loss(self, policy: str) -> float:
        """By which share people whose readings say nothing are further from the goal than with the plan alone."""
        ours, plan = (self.found[name].outcomes.distance[self.is_blind].mean() for name in (policy, PLAN))
        return float(ours / plan - 1.0)


def compare(people: Sequence[Shard], courses: Mapping[str, Sequence[Course]], years_per_min: float) -> Compared:
    """All policies' courses, shard by shard in the same order, as one table."""
    found = {policy: _found(those) for policy, those in courses.items()}
    family = np.concatenate([np.full(shard.n_listeners, shard.kind.family) for shard in people])
    is_blind = np.concatenate([course.is_blind for course in next(iter(courses.values()))])
    rows = tuple(_row(policy, one, family) for policy, one in found.items())
    return Compared(found, family, is_blind, rows, years_per_min)


def _found(courses: Sequence[Course]) -> Found:
    together = Outcomes(*(np.concatenate(parts, axis=1) for parts in zip(*(c.outcomes for c in courses), strict=True)))
    memories = [course.memories[min(RECOGNISED_BY, len(course.memories)) - 1] for course in courses]
    remembers = REMEMBERS in memories[0]
    answers = np.concatenate([Person(memory).gain().mean for memory in memories]) if remembers else None
    return Found(Outcomes(*(part.mean(axis=0) for part in together)), together.time_in_zone, answers)


def _row(policy: str, found: Found, family: npt.NDArray[np.str_]) -> Row:
    outcomes, families = found.outcomes, {str(name): family == name for name in dict.fromkeys(family)}
    return Row(
        policy=policy,
        time_in_zone=float(outcomes.time_in_zone.mean()),
        time_in_zone_median=float(np.median(outcomes.time_in_zone)),
        time_to_target_s=float(outcomes.time_to_target_s.mean()),
        time_to_target_median_s=float(np.median(outcomes.time_to_target_s)),
        distance=float(outcomes.distance.mean()),
        worst_distance=worst(outcomes.distance),
        arousal_rise=worst(outcomes.arousal_rise),
        rests=float(outcomes.rests.mean()),
        by_family={name: float(outcomes.time_in_zone[those].mean()) for name, those in families.items()},
        worst_by_family={name: worst(outcomes.distance[those]) for name, those in families.items()},
        by_session=tuple(map(float, found.by_session.mean(axis=1))),
        time_in_zone_deciles=tuple(map(float, np.quantile(outcomes.time_in_zone, np.linspace(0.1, 0.9, 9)))),
    )


def _most(rows: Iterable[Row]) -> str:
    return max(rows, key=lambda row: row.time_in_zone).policy


def figures_of(compared: Compared, policy: str) -> list[Figure]:
    """A policy against the numbers asked for; a gain counts at the low end of its interval."""
    simple = compared.best_simple
    ours, theirs = compared.found[policy].outcomes, compared.found[simple].outcomes
    zone = gain(ours.time_in_zone, theirs.time_in_zone)
    sooner = gain(theirs.time_to_target_s, ours.time_to_target_s)
    figures = [
        Figure(f"{policy}: more time in the zone than {simple}", zone.value, GAIN_ASKED, note=str(zone)),
        Figure(f"{policy}: sooner there than {simple}", sooner.value, GAIN_ASKED, note=str(sooner)),
        Figure(f"{policy}: worst 5 %, further off than in silence", compared.harm(policy), HARM_MOST, "at most"),
        Figure(f"{policy}: sensor-blind, further off than by plan", compared.blind_loss(policy), HARM_MOST, "at most"),
    ]
    return figures + _recognised(compared, policy)


def speed_of(compared: Compared) -> Figure:
    """A hundred virtual years in half an hour are asked for, of two cores that do nothing else."""
    return Figure("virtual years in a minute", compared.years_per_min, YEARS_PER_MIN_ASKED)


def _recognised(compared: Compared, policy: str) -> list[Figure]:
    """How many opposite responders are known as such, and how many others are taken for one."""
    answers, is_opposite = compared.found[policy].answers, compared.family == OPPOSITE
    if answers is None or not is_opposite.any():
        return []
    known, mistaken = (float(np.mean(answers[those] < 0)) for those in (is_opposite, ~is_opposite))
    name = f"{policy}: opposite responders recognised by session {RECOGNISED_BY}"
    return [Figure(name, known, RECOGNISED_ASKED, note=f"of the others {mistaken:.1%} are taken for one")]
