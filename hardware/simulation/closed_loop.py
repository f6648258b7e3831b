"""A cohort under a policy, through the control mathematics that ships, in virtual time.

What the box does bar by bar for one listener happens here every four seconds for all of a cohort at once: plan, policy,
bounds of moves, cues and slopes are the box's own functions (`device.control`), given arrays. What one decision brings
is heard after the next, as on the box, where audio asks for a bar about as long ahead as it lasts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

import numpy as np

from device.config import AffectConfig, Limits, Prescription
from device.control.bounds import bounded, settle, slowed
from device.control.cues import Cues, cues_of, expressed, is_major, led, wanted
from device.control.plan.session_plan import RESTING, Moment, State, plan_for
from device.control.plan.start import Start
from device.control.policies.view import Feeling, Policy, View, headed
from device.control.real import Real, where
from device.control.rest import RestBudget
from device.control.shield.shield import Shield
from device.control.shield.signs import Level, signs_in
from device.messages import Moves
from device.music.form import SECTION_BARS

DECISION_S = 4.0
"""Four beats at 60 bpm: about what a bar lasts."""


class Terms(NamedTuple):
    """What all sessions of a run have in common."""

    prescription: Prescription = Prescription()
    minutes: float = 20.0
    baseline_s: float = AffectConfig().baseline_s
    decision_s: float = DECISION_S

    @property
    def limits(self) -> Limits:
        return self.prescription.limits


class Music(NamedTuple):
    """What is asked for each listener until the next decision."""

    cues: Cues
    major: Real
    silent: Real
    target_valence: Real = 0.0
    """The plan's, which colours the harmony."""


class Told(NamedTuple):
    """What a cohort lets the box know before a decision."""

    feeling: Feeling
    told_arousal: Real
    """What listeners said of their arousal, -1 to 1; NaN: nothing."""
    wished: Real
    """1 for more of this, -1 for "too much", 0 for neither."""

    @classmethod
    def nothing(cls, n_listeners: int) -> Told:
        """Before anything was measured."""
        zeros = np.zeros(n_listeners)
        return cls(Feeling(zeros > 0, zeros, zeros + 1.0, zeros, zeros + 1.0), zeros + np.nan, zeros)


class Listeners(Protocol):
    """A cohort in a session, as the loop needs it."""

    n_listeners: int

    @property
    def state(self) -> State:
        """How they truly feel."""
        ...

    def hear(self, music: Music, since_s: float) -> Told:
        """Live `since_s` with the music, and be asked and measured at the end."""
        ...


class Box:
    """Control of one session for a whole cohort; `device.control.controller` is the same for one listener."""

    def __init__(self, terms: Terms, policy: Policy, n_listeners: int) -> None:
        self._decision_s = terms.decision_s
        self._plan = plan_for(terms.prescription, terms.minutes, terms.baseline_s)
        self._policy, self._limits = policy, terms.limits
        zeros: Real = np.zeros(n_listeners)
        self._start = Start()
        self._moves = Moves(*(zeros for _ in Moves.__struct_fields__))
        self._cues = Cues(*(zeros + cue for cue in cues_of(RESTING, self._limits)))
        self._major = np.full(n_listeners, terms.prescription.goal_valence >= 0)
        self._decisions = 0
        self._shield = Shield()
        self._rest, self._rests = RestBudget(policy), zeros > 0

    def decide(self, plan_s: float, told: Told, random: np.random.Generator) -> tuple[Moment, Music]:
        """What is asked for at this time of the plan, and where the plan stands."""
        since_s, felt = self._decision_s if self._decisions else 0.0, told.feeling.state
        view = View(
            since_s=since_s,
            moment=self._meet(plan_s, felt),
            feeling=told.feeling,
            moves=self._moves,
            music=expressed(self._cues, self._limits),
            told_arousal=told.told_arousal,
            wished=told.wished,
            rests=self._rests,
        )
        proposal = self._policy.decide(view, random)
        verdict = self._shield.judge(signs_in(view))
        is_taken = verdict.level < Level.PLAN
        proposed = _where(is_taken, _where_sound(proposal.moves))
        self._moves = slowed(bounded(proposed), self._moves, since_s, ())
        moment = verdict.over(headed(view.moment, State(*(where(is_taken, part, 0.0) for part in proposal.detour))))
        asked = wanted(moment, self._moves, self._limits)
        self._cues = settle(self._cues if self._decisions else asked, asked, self._limits, (), since_s)
        if self._decisions % SECTION_BARS == 0:
            self._major = is_major(led(moment.setpoint, self._moves).valence, self._major)
        self._decisions += 1
        self._rests = self._rest.take(proposal.silent, since_s)
        silent = self._rests | moment.silent | (verdict.level >= Level.REST)
        return moment, Music(self._cues, self._major, silent, moment.setpoint.valence)

    def _meet(self, plan_s: float, felt: State) -> Moment:
        """The plan's moment, whose way begins at the listeners' own state."""
        before = self._plan.at(plan_s, self._start.state, felt)
        if before.phase in ("hold", "cool-down"):
            return before
        return self._plan.at(plan_s, self._start.meet(before.phase, felt), felt)


def _where_sound(moves: Moves) -> Moves:
    """The moves of those for whom each is a number; none for the others."""
    return _where(np.isfinite(sum(getattr(moves, name) for name in Moves.__struct_fields__)), moves)


def _where(takes: Real, moves: Moves) -> Moves:
    """The moves of those for whom they are taken; none for the others."""
    return Moves(*(where(takes, getattr(moves, name), 0.0) for name in Moves.__struct_fields__))


class Step(NamedTuple):
    """What happened between two decisions."""

    moment: Moment
    """Where the plan stood when they began."""
    music: Music
    state: State
    """How the listeners felt when they were over."""
    lasted_s: float = DECISION_S


def live(
    terms: Terms, policy: Policy, listeners: Listeners, random: Callable[[int], np.random.Generator]
) -> Iterator[Step]:
    """A session of the cohort, step by step; `random` gives the policy's generator for a decision's number."""
    box = Box(terms, policy, listeners.n_listeners)
    told = Told.nothing(listeners.n_listeners)
    sounding: Music | None = None
    for number in range(round(terms.minutes * 60.0 / terms.decision_s)):
        moment, asked = box.decide(number * terms.decision_s, told, random(number))
        told = listeners.hear(sounding or asked, terms.decision_s)
        sounding = asked
        yield Step(moment, asked, listeners.state, terms.decision_s)
