"""What follows from sessions: too little, nothing, or a proposal with a lower bound above today's policy."""

from __future__ import annotations

import numpy as np
import pytest

from device.config import ControlConfig
from hardware.bench.refinement import recorded
from hardware.refinement.bank import draw_bank
from hardware.refinement.candidates import Value
from hardware.refinement.evidence import Evidence, Told
from hardware.refinement.off_policy import Objection
from hardware.refinement.posterior import accept, observed, replayed
from hardware.refinement.proposal import Bank, Beside, consider, judge
from hardware.simulation.closed_loop import Terms
from hardware.twin.people import AROUSAL
from tests.hardware.refinement.courses import course

HAND = ControlConfig(policy="hand")
TERMS = Terms(minutes=8.0)


def told(n_sessions: int, minutes: float = 8.0) -> Told:
    sessions = tuple(course(lambda at_s: 0.3 if at_s > 60 else None, minutes, seed=n) for n in range(n_sessions))
    return Told(today=ControlConfig(), sessions=sessions)


def bank(better: float) -> Bank:
    """A bank in which one candidate brings everybody so much nearer."""
    people = draw_bank(400, 1)
    today, other = (
        Value(HAND, np.full(400, 0.5)),
        Value(ControlConfig(policy="plan"), np.full(400, 0.5 - better)),
    )
    n = people.settling_s.size
    return Bank(
        people, (today._replace(distance=np.full(n, 0.5)), other._replace(distance=np.full(n, 0.5 - better))), 1
    )


def log() -> list[Evidence]:
    return recorded(draw_bank(7, 5), TERMS, 3, 5)[0]


def test_too_little_is_said_with_how_much_is_missing() -> None:
    finding = consider(told(2), n_people=200)
    assert finding.says == "too little"
    assert finding.sessions_more == 1
    assert "1 more" in finding.sentence
    assert consider(told(3, minutes=2.0), n_people=200).sessions_more == 3


def test_three_sessions_are_judged() -> None:
    finding = consider(told(3), n_people=100, seed=1)
    assert finding.says in ("propose", "keep")
    assert finding.sessions == 3
    assert len(finding.candidates) >= 5
    assert finding == consider(told(3), n_people=100, seed=1)


def test_what_is_better_for_all_is_proposed_and_what_is_no_better_is_not() -> None:
    found, kept = (judge(Told(today=HAND, sessions=()), log(), bank(better)) for better in (0.2, -0.2))
    assert (found.says, found.policy) == ("propose", "plan")
    assert "0.20 nearer" in found.sentence
    assert (kept.says, kept.policy, kept.sessions_more) == ("keep", "", 0)
    assert "`hand` stays" in kept.sentence


@pytest.mark.parametrize(
    ("low", "mean", "objection", "is_better"),
    [
        (0.01, 0.05, None, True),
        (-0.001, 0.05, None, False),
        (0.001, 0.005, None, False),
        (0.01, 0.05, Objection(50, -0.1, -0.2, -0.01), False),
        (0.01, 0.05, Objection(50, 0.1, -0.1, 0.3), True),
    ],
)
def test_a_change_needs_its_lower_bound_some_worth_and_no_objection(
    low: float, mean: float, objection: Objection | None, is_better: bool
) -> None:
    assert Beside("plan", mean, low, 0.1, objection).is_better is is_better


def test_the_posterior_tells_who_follows_the_music_from_who_answers_the_other_way() -> None:
    people = draw_bank(600, 2)
    listeners = draw_bank(40, 9)
    logs = recorded(listeners, Terms(minutes=12.0), 3, 9)
    by_gain = np.argsort(listeners.gain[AROUSAL])
    means = []
    for who in (*by_gain[:4], *by_gain[-4:]):
        theirs, seen = replayed(people, logs[who], 2), observed(logs[who])
        means.append(accept(people, theirs, people.gain.T, seen).gain.mean())
    assert np.mean(means[:4]) < np.mean(means[4:]) - 0.1
