"""How often `isotone refine` proposes a change where none is better, and how often it finds the better one.

`python -m hardware.bench.refinement --listeners 200 --sessions 6 --seed 1`: virtual listeners live through sessions
under today's policy, and what their logs would tell is refined. What each policy truly does for each of them is known
here alone, from many more sessions of the same people.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from device.config import ControlConfig
from device.control.cues import expressed
from device.control.policies.view import Feeling
from hardware.refinement.bank import FAMILY, draw_bank
from hardware.refinement.candidates import candidates, chance, policy_of, values_of
from hardware.refinement.evidence import Evidence, Sign, Told
from hardware.refinement.posterior import sign_of
from hardware.refinement.proposal import WORTH, Finding, judge, make_bank
from hardware.simulation import closed_loop
from hardware.simulation.closed_loop import Terms
from hardware.simulation.patients import Patients, asked_of
from hardware.simulation.trials import sessions_of
from hardware.twin.behaviour import Acts
from hardware.twin.cohort import Cohort
from hardware.twin.hearing import Music
from hardware.twin.people import People

Floats = NDArray[np.float64]
TODAY = ControlConfig()
TRUTH_SESSIONS = 10
"""Sessions behind what a policy truly does for somebody."""
TOLD_EVERY = 10
CLEAR = 0.05
"""A candidate that brings a listener so much nearer to the goal is one to be found."""


class Figures(NamedTuple):
    listeners: int
    sessions: int
    seed: int
    proposed: float
    """Share of listeners for whom a change was proposed."""
    with_none_better: int
    proposed_of_these: float
    """Share of those for whom no candidate is truly better, to whom one was proposed."""
    wrong: float
    """Share of all listeners to whom a policy was proposed that is truly no better than today's."""
    clearly_better: int
    found_of_these: float
    """Share of those with a clearly better candidate, to whom a truly better one was proposed."""
    gained: float
    """How much nearer to the goal the proposed policies truly bring those who get one, in the mean."""
    proposals: dict[str, int]


class Recording(Patients):
    """People whose box keeps a log."""

    def __init__(self, people: People, seed: int) -> None:
        super().__init__(Cohort(FAMILY, people.settling_s.size, seed, people=people))
        self.signs: list[Sign] = []

    def live(self, music: Music, since_s: float) -> tuple[Feeling, Acts]:
        feeling, acts = super().live(music, since_s)
        self.signs.append(sign_of(feeling, acts))
        return feeling, acts


def recorded(
    people: People, terms: Terms, sessions: int, seed: int, today: ControlConfig = TODAY
) -> list[list[Evidence]]:
    """What the logs of each of the people would tell, session by session, under today's policy."""
    kept, found = Recording(people, seed), []
    for _, steps in sessions_of(policy_of(today), kept, terms, partial(chance, seed), sessions):
        kept.signs = []
        found.append(_evidence([step.music for step in steps], kept.signs, terms))
    return [[session[index] for session in found] for index in range(people.settling_s.size)]


def _evidence(music: Sequence[closed_loop.Music], told: Sequence[Sign], terms: Terms) -> list[Evidence]:
    """One for each listener."""
    n = told[0].arousal.size
    columns = [
        np.array([np.broadcast_to(part, n) for part in parts]) for parts in zip(*map(asked_of, music), strict=True)
    ]
    states = [expressed(one.cues, terms.limits) for one in music]
    sounds = 1.0 - np.array([one.silent for one in music])
    expresses = [sounds * np.array([getattr(state, axis) for state in states]) for axis in ("arousal", "valence")]
    signs = [np.array(column) for column in zip(*told, strict=True)]
    return [
        Evidence(
            Music(*(column[:, who] for column in columns)),
            (expresses[0][:, who], expresses[1][:, who]),
            Sign(*(column[:, who] for column in signs)),
        )
        for who in range(n)
    ]


def true_gains(people: People, terms: Terms, seed: int, today: ControlConfig) -> Floats:
    """How much nearer to the goal each candidate truly brings each of them, shape (people, candidates)."""
    values = values_of(candidates(today), people, terms, seed, TRUTH_SESSIONS)
    return np.column_stack([values[0].distance - value.distance for value in values[1:]])


def measure(n_listeners: int, sessions: int, n_people: int, seed: int, today: ControlConfig = TODAY) -> Figures:
    """Refine each of the listeners."""
    terms = Terms()
    drawn: Any = draw_bank(n_listeners, seed + 1000)
    # They come in no order of families, so that a part of them is like all.
    order = np.random.default_rng(seed).permutation(drawn.settling_s.size)
    people = People(*(field[..., order] for field in drawn))
    logs = recorded(people, terms, sessions, seed + 1000, today)
    truth = true_gains(people, terms, seed + 2000, today)
    bank = make_bank(today, terms, n_people, seed)
    names = [value.control.policy for value in bank.values[1:]]
    findings = []
    for index, log in enumerate(logs):
        # Without the decisions themselves no chance in them can object: the posterior alone is measured.
        findings.append(judge(Told(today=today, sessions=()), log, bank))
        if (index + 1) % TOLD_EVERY == 0:
            so_far = _figures(findings, truth[: index + 1], names, sessions, seed)
            sys.stderr.write(f"{index + 1}/{len(logs)} {msgspec.json.encode(so_far._asdict()).decode()}\n")
    return _figures(findings, truth, names, sessions, seed)


def _figures(findings: Sequence[Finding], truth: Floats, names: Sequence[str], sessions: int, seed: int) -> Figures:
    has = np.array([finding.says == "propose" for finding in findings])
    gained = np.array([truth[row, names.index(one.policy)] if one.policy else 0.0 for row, one in enumerate(findings)])
    best = truth.max(axis=1)
    none, clear = best <= WORTH, best >= CLEAR
    return Figures(
        listeners=len(findings),
        sessions=sessions,
        seed=seed,
        proposed=float(has.mean()),
        with_none_better=int(none.sum()),
        proposed_of_these=float(has[none].mean()) if none.any() else 0.0,
        wrong=float((has & (gained <= 0)).mean()),
        clearly_better=int(clear.sum()),
        found_of_these=float((has & (gained > 0))[clear].mean()) if clear.any() else 0.0,
        gained=float(gained[has].mean()) if has.any() else 0.0,
        proposals={name: sum(finding.policy == name for finding in findings) for name in names},
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m hardware.bench.refinement", description=__doc__)
    parser.add_argument("--listeners", type=int, default=200)
    parser.add_argument("--sessions", type=int, default=6)
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--today", default=TODAY.policy, help="the policy that they have today")
    asked = parser.parse_args()
    figures = measure(asked.listeners, asked.sessions, asked.people, asked.seed, ControlConfig(policy=asked.today))
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(figures._asdict())) + b"\n")


if __name__ == "__main__":
    main()
