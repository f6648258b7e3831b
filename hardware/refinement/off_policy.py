"""Asks the logged chances whether a policy would have done better: doubly robust, from the propensities.

Where the policy of a session left its proposals to chance, what came of them says what another choice would have
brought, without any model of the listener (Dudik, Langford & Li 2011, arXiv 1103.4601): a regression foretells it, and
the proposals that were really made correct that where it is wrong. Where nothing was left to chance, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.config import ControlConfig
from device.control.bounds import bounded
from device.control.cues import Cues, expressed
from device.control.plan.session_plan import UNKNOWN_START, State, gap, goal_sides, plan_for
from device.control.policies.loading import load_policy
from device.control.policies.view import View, feeling_in
from device.files.models import MODELS_DIR
from device.messages import Decision, MusicIntent
from hardware.refinement.evidence import Session

Floats = NDArray[np.float64]
LATER_S = 120.0
"""What came of a proposal is looked for so long after it: feelings take a minute or two to follow."""
SAME = 0.03
"""Proposals that lie no further apart are the same; those told with a density, above 1, are passed over."""
WEIGHT_MAX = 20.0
"""No single proposal counts for more (truncated importance sampling)."""
CHANCES_MIN = 20
"""With fewer chances nothing is said."""
BY_CHANCE = ("policy", "plan")
"""Who decided where a policy's proposal was taken: an arm may be the plan itself."""
TRIES = 12
"""How often a policy that leaves things to chance is asked, to know what it would do."""


class Objection(NamedTuple):
    """How much nearer to the goal a policy would have brought the listener within `LATER_S`, beside today's."""

    chances: int
    mean: float
    low: float
    high: float
    """The middle 90 %."""


class Chance(NamedTuple):
    """A proposal that was left to chance."""

    session: int
    away: float
    """How far arousal still had to go, with its sign."""
    lead: float
    """How far the music was led beside the plan, in arousal."""
    silent: bool
    """Whether it was to rest."""
    propensity: float
    reward: float
    """How much nearer to the goal the listener was `LATER_S` later."""
    place: int
    """Its number among the decisions of its session."""


def chances_in(number: int, session: Session) -> Iterator[Chance]:
    """The proposals of a session that were left to chance and are followed by an estimate."""
    prescription = session.config.prescription
    goal, side = prescription.goal_arousal, goal_sides(prescription).arousal
    decided = _first_of_each_bar(session)
    known = [
        (one.t_ns, float(gap(goal, one.context.estimate.arousal, side))) for one in decided if one.context.estimate
    ]
    for place, one in enumerate(decided):
        if one.context.estimate is None or not one.propensity > 0 or one.propensity == 1 or one.decided_by != "policy":
            continue
        later = [away for t_ns, away in known if LATER_S <= (t_ns - one.t_ns) / 1e9 < 2 * LATER_S]
        if later:
            away = float(gap(goal, one.context.estimate.arousal, side))
            yield Chance(number, away, _lead(one), one.silent, one.propensity, abs(away) - abs(later[0]), place)


def object_to(candidate: ControlConfig, today: ControlConfig, sessions: Sequence[Session]) -> Objection | None:
    """What the chances say of a candidate beside today's policy; None where too little was left to chance."""
    chances = [chance for number, session in enumerate(sessions) for chance in chances_in(number, session)]
    if len(chances) < CHANCES_MIN or len({chance.session for chance in chances}) < 2:
        return None
    gains = _doubly_robust(chances, _would_do(candidate, sessions, chances)) - _today(today, sessions, chances)
    by_session = np.array(
        [
            gains[[one.session == number for one in chances]].mean()
            for number in sorted({one.session for one in chances})
        ]
    )
    mean = float(gains.mean())
    error = float(by_session.std(ddof=1) / np.sqrt(len(by_session)))
    return Objection(len(chances), mean, mean - 1.645 * error, mean + 1.645 * error)


def _today(today: ControlConfig, sessions: Sequence[Session], chances: Sequence[Chance]) -> Floats:
    """The reward of today's policy: what it really brought, if it played these sessions."""
    if {one.policy for session in sessions for one in session.decisions} == {today.policy}:
        return np.array([chance.reward for chance in chances])
    return _doubly_robust(chances, _would_do(today, sessions, chances))


def _doubly_robust(chances: Sequence[Chance], tries: Floats) -> Floats:
    """The reward of a policy that would have done `tries` (chances, tries, 2), foretold and corrected."""
    session, away, lead, silent, propensity, reward, _ = (np.array(column) for column in zip(*chances, strict=True))
    done = np.column_stack((lead, silent))
    foretold, would = np.empty(len(reward)), np.empty(len(reward))
    for number in np.unique(session):
        # What foretells a session was fitted to the others.
        rows, others = session == number, session != number
        weights = _ridge(_features(away[others], done[others]), reward[others])
        foretold[rows] = _features(away[rows], done[rows]) @ weights
        would[rows] = np.mean([_features(away[rows], tried) @ weights for tried in tries[rows].swapaxes(0, 1)], axis=0)
    same = np.mean(np.all(abs(tries - done[:, None]) <= SAME, axis=2), axis=1)
    weight = np.minimum(WEIGHT_MAX, same / propensity)
    return np.asarray(would + weight * (reward - foretold))


def _features(away: Floats, done: Floats) -> Floats:
    lead, silent = done.T
    return np.column_stack((np.ones(len(away)), away, lead, away * lead, silent))


def _ridge(inputs: Floats, targets: Floats) -> Floats:
    penalty = 1e-2 * len(inputs) * np.eye(inputs.shape[1])
    return np.asarray(np.linalg.solve(inputs.T @ inputs + penalty, inputs.T @ targets))


def _would_do(control: ControlConfig, sessions: Sequence[Session], chances: Sequence[Chance]) -> Floats:
    """What a policy would have proposed at each chance: lead and rest, shape (chances, tries, 2)."""
    tried = []
    for attempt in range(TRIES):
        told = {}
        for number, session in enumerate(sessions):
            policy = load_policy(control, Path(MODELS_DIR), {})
            for place, view in enumerate(_views(session)):
                proposal = policy.decide(view, np.random.default_rng([attempt, number, place]))
                lead = float(bounded(proposal.moves).arousal) + float(proposal.detour.arousal)
                told[number, place] = (lead, bool(proposal.silent))
        tried.append([told[chance.session, chance.place] for chance in chances])
    return np.array(tried, float).swapaxes(0, 1)


def _views(session: Session) -> Iterator[View]:
    """What the policy saw, bar by bar, as far as the log tells it."""
    config = session.config
    plan = plan_for(config.prescription, config.minutes, config.device.affect.baseline_s)
    intents = {intent.bar_index: intent for intent in session.intents}
    rests = False
    for one in _first_of_each_bar(session):
        context = one.context
        moment = plan.at(plan.length_s - context.session_left_s, UNKNOWN_START)
        setpoint = State(context.target_valence, context.target_arousal)
        music = _expressed(intents.get(one.bar_index - 1), session)
        feeling = feeling_in(context.estimate)
        moment = moment._replace(setpoint=setpoint)
        yield View(context.since_s, moment, feeling, context.moves, music, rests=rests)
        rests = one.silent


def _expressed(intent: MusicIntent | None, session: Session) -> State:
    if intent is None:
        return UNKNOWN_START
    return expressed(Cues(*(getattr(intent, name) for name in Cues._fields)), session.config.prescription.limits)


def _first_of_each_bar(session: Session) -> list[Decision]:
    return [decision for decision in session.decisions if decision.revision == 0]


def _lead(decision: Decision) -> float:
    return decision.proposal.arousal + decision.detour.arousal
