"""What follows from a listener's sessions: a proposal, that there is none, or how many sessions are missing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.config import ControlConfig
from hardware.refinement.bank import draw_bank
from hardware.refinement.candidates import Value, candidates, values_of
from hardware.refinement.evidence import Evidence, Told, evidence_in, refuse_two_people
from hardware.refinement.off_policy import Objection, object_to
from hardware.refinement.posterior import Posterior, accept, fit, observed, replayed
from hardware.simulation.closed_loop import DECISION_S, Terms
from hardware.twin.people import People

Floats = NDArray[np.float64]
PEOPLE = 4000
SESSIONS_MIN = 3
KNOWN_MIN_S = 300.0
"""A session counts if something was known of the listener for so long."""
ERROR = 0.05
"""How often a change may be proposed that is none, over all candidates together (Bonferroni)."""
WORTH = 0.01
"""A change that brings the listener less nearer to the goal than this is not worth asking for."""
SESSIONS_MORE_MAX = 20


class Beside(NamedTuple):
    """A candidate beside today's policy: how much nearer to the goal it brings this listener, on the plane."""

    policy: str
    mean: float
    low: float
    """The lower bound of that for this listener, wrong in `ERROR` over all candidates together."""
    high: float
    objection: Objection | None

    @property
    def is_better(self) -> bool:
        contradicts = self.objection is not None and self.objection.high < 0.0
        return self.low > 0.0 and self.mean >= WORTH and not contradicts


class Finding(NamedTuple):
    """What the sessions say."""

    says: Literal["propose", "keep", "too little"]
    sentence: str
    today: str
    policy: str
    """The proposed policy; empty: none."""
    model: str
    sessions: int
    """Sessions that counted."""
    sessions_more: int
    """About so many more could tell; 0: nothing suggests that more would."""
    gain: tuple[float, float]
    """How far music moves their arousal: the middle 90 %."""
    candidates: tuple[Beside, ...]


class Bank(NamedTuple):
    """People and what each policy does for them; the same for all listeners with the same terms."""

    people: People
    values: tuple[Value, ...]
    """Today's policy first."""
    seed: int

    @property
    def nearer(self) -> Floats:
        """How much nearer to the goal each candidate brings such a person, shape (people, candidates)."""
        apart = np.column_stack([self.values[0].distance - value.distance for value in self.values[1:]])
        # One person's few days are noisy: what counts is what people like them have of it.
        who = traits(self.people)
        return fit(who, apart)(who)


def make_bank(today: ControlConfig, terms: Terms, n_people: int, seed: int) -> Bank:
    """Draw the people and let them live under every policy."""
    people = draw_bank(n_people, seed)
    return Bank(people, tuple(values_of(candidates(today), people, terms, seed)), seed)


def traits(people: People) -> Floats:
    """Who somebody is, as numbers; shape (people, traits)."""
    rows = [*people.gain, *people.home, *people.start, *people.half_gap, *people.restlessness]
    rows += [np.log(people.settling_s), people.habituation, people.startle, people.annoyance]
    rows += [people.is_bounded.astype(float), people.is_blind.astype(float)]
    return np.column_stack(rows)


def terms_of(told: Told) -> Terms:
    """Under what the listener's next sessions will be: as the newest was."""
    newest = told.sessions[-1].config
    return Terms(newest.prescription, newest.minutes, newest.device.affect.baseline_s)


def consider(told: Told, n_people: int = PEOPLE, seed: int = 0) -> Finding:
    """What the sessions of one listener say.

    Raises:
        ConfigError: they are of several.
    """
    refuse_two_people(told.sessions)
    usable = [found for found in map(evidence_in, told.sessions) if found is not None and _tells(found)]
    if len(usable) < SESSIONS_MIN:
        return _too_little(told, len(usable))
    return judge(told, usable, make_bank(told.today, terms_of(told), n_people, seed))


def judge(told: Told, usable: Sequence[Evidence], bank: Bank) -> Finding:
    """The same, for a bank that is there already."""
    nearer = bank.nearer
    posterior = accept(bank.people, replayed(bank.people, usable, bank.seed), nearer, observed(usable))
    beside = [
        _beside(value.control, told, nearer[posterior.rows, index], nearer.shape[1])
        for index, value in enumerate(bank.values[1:])
    ]
    beside.sort(key=lambda one: (-one.is_better, -one.mean))
    return _finding(told, beside, posterior, bank, len(usable))


def _tells(evidence: Evidence) -> bool:
    return float(evidence.known.sum()) * DECISION_S >= KNOWN_MIN_S


def _beside(control: ControlConfig, told: Told, nearer: Floats, n_candidates: int) -> Beside:
    mean, reach = float(nearer.mean()), float(nearer.std(ddof=1)) * NormalDist().inv_cdf(1.0 - ERROR / n_candidates)
    low, high = mean - reach, mean + reach
    objection = object_to(control, told.today, told.sessions) if low > 0.0 else None
    return Beside(control.policy, mean, low, high, objection)


def _too_little(told: Told, n_usable: int) -> Finding:
    missing = SESSIONS_MIN - n_usable
    sentence = (
        f"Too little is known: {n_usable} of {len(told.sessions)} sessions have {KNOWN_MIN_S / 60:.0f} minutes of "
        f"estimates, and {SESSIONS_MIN} are needed. {missing} more."
    )
    return Finding("too little", sentence, told.today.policy, "", "", n_usable, missing, (math.nan, math.nan), ())


def _finding(told: Told, beside: Sequence[Beside], posterior: Posterior, bank: Bank, n_usable: int) -> Finding:
    best, today = beside[0], told.today.policy
    proposed = next(value.control for value in bank.values if value.control.policy == best.policy)
    if best.is_better:
        sentence = (
            f"`{best.policy}` would bring this listener {best.mean:.2f} nearer to the goal than `{today}`, "
            f"and at least {best.low:.2f}, on a plane from -1 to 1."
        )
        return Finding(
            "propose", sentence, today, best.policy, proposed.model, n_usable, 0, posterior.interval(), tuple(beside)
        )
    more = _sessions_more(best, n_usable)
    wait = f" About {more} more sessions could tell." if more else ""
    sentence = f"`{today}` stays: no other policy is surely better for this listener after {n_usable} sessions.{wait}"
    return Finding("keep", sentence, today, "", "", n_usable, more, posterior.interval(), tuple(beside))


def _sessions_more(best: Beside, n_sessions: int) -> int:
    """So many more, if the interval narrows with the square root of their number and the mean stays; 0: in vain."""
    if best.mean < WORTH:
        return 0
    needed = math.ceil(n_sessions * ((best.mean - min(best.low, 0.0)) / best.mean) ** 2)
    return min(SESSIONS_MORE_MAX, max(1, needed - n_sessions)) if needed - n_sessions <= SESSIONS_MORE_MAX else 0
