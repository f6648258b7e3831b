"""What a policy is given and what it answers.

A policy sees the plan's moment and the newest estimate, with the time and its randomness as inputs, and proposes moves.
It never sees an estimate that must not be acted on, only that there is none; what it proposes is bounded by others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol

import numpy as np

from device.control.plan.session_plan import Moment, State
from device.control.real import Real, unit, where
from device.messages import AffectEstimate, CueName, Moves
from device.streams import STREAMS

Refusal = Literal["no estimate yet", "estimate too old", "estimate unknown", "estimate not plausible"]
MAX_AGE_NS = round(STREAMS["affect"].max_age_s * 1e9)


class Feeling(NamedTuple):
    """What is known of how the listener feels, -1 to 1; where it is not known: 0, with the prior's deviation of 1."""

    known: Real = False
    arousal: Real = 0.0
    arousal_sd: Real = 1.0
    valence: Real = 0.0
    valence_sd: Real = 1.0

    @property
    def point(self) -> State:
        """The point on the plane; 0 where it is not known."""
        return State(self.valence, self.arousal)

    @property
    def state(self) -> State:
        """The point on the plane; NaN where it is not known."""
        return State(where(self.known, self.valence, math.nan), where(self.known, self.arousal, math.nan))


class View(NamedTuple):
    """All a policy may know. A number is a float, or an array with one value for each listener of a cohort."""

    since_s: float
    """Time since the last decision."""
    moment: Moment
    feeling: Feeling
    moves: Moves
    """The moves in force until now: what was taken of the last proposal."""
    music: State
    """What the music that sounds expresses, read back from its cues."""
    told_arousal: Real = math.nan
    """What the listener said of their arousal just now, -1 to 1; NaN: nothing was said since the last decision."""
    wished: Real = 0.0
    """What the listener wished since the last decision: 1 for more of this, -1 for "too much", 0 for neither."""
    locks: tuple[CueName, ...] = ()
    """Cues that a person holds as they are: moving them changes nothing."""
    rests: Real = False
    """Whether the music rests until now: what was taken of the last proposal's rest."""

    @property
    def arousal_gap(self) -> Real:
        """How far arousal has yet to go to the setpoint; 0 where it is on the allowed side, or not known."""
        return where(self.feeling.known, self._gap.arousal, 0.0)

    @property
    def valence_gap(self) -> Real:
        """The same for valence."""
        return where(self.feeling.known, self._gap.valence, 0.0)

    @property
    def _gap(self) -> State:
        return self.moment.gap(self.feeling.point)

    @property
    def certainty(self) -> Real:
        """Share of the prior's variance (1) that the estimate of arousal explains, 0 to 1."""
        return where(self.feeling.known, np.maximum(0.0, 1.0 - self.feeling.arousal_sd**2), 0.0)

    @property
    def leads(self) -> bool:
        """Whether a policy leads now: rest must be measured undisturbed, and a match follows the listener."""
        return self.moment.phase not in ("baseline", "match")


NO_DETOUR = State(0.0, 0.0)


class Proposal(NamedTuple):
    """A policy's answer."""

    moves: Moves = Moves()
    """The moves; with none of them the plan is followed alone."""
    silent: Real = False
    """Whether the music rests, as long as `control.rest` lets it."""
    detour: State = NO_DETOUR
    """How far a way of the policy's own lies beside the plan's now, where it does more than correct the plan; it counts
    where nobody else leads, and the slopes of the cues hold all the same."""
    propensity: Real = 1.0
    """Probability or density with which this was chosen; 1 where nothing was left to chance."""
    why: str = ""
    """The policy's own reason, in words a therapist reads, where the estimate beside the goal does not say it all."""


def headed(moment: Moment, detour: State) -> Moment:
    """The moment with the point to be at on a way of a policy's own; a detour that is no number is not taken."""
    is_sound, plan = np.isfinite(detour.valence + detour.arousal), moment.setpoint
    valence, arousal = (where(is_sound, part, 0.0) for part in detour)
    return moment._replace(setpoint=State(unit(plan.valence + valence), unit(plan.arousal + arousal)))


class Policy(Protocol):
    """A policy is built as `Class(control, model, remembered)`, anew for each session.

    `control` is `config.ControlConfig`; `model` the folder that `control.model` names, where `takes_model` says that it
    has one. `remembered` is what its own `memory` told at the end of the listener's last session with this `version`,
    empty for a new listener; what else it keeps may follow only from what `decide` was given, in that order: a session
    replays to the bit.
    """

    version: str
    takes_model: bool

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        """Propose moves; `random` is keyed by session and bar."""
        ...

    def memory(self) -> Mapping[str, Real]:
        """What a later session of the same listener begins with; empty where it learns nothing."""
        ...


def refuse(affect: AffectEstimate | None, now_ns: int) -> Refusal | None:
    """Why an estimate must not be acted on, or None."""
    if affect is None:
        return "no estimate yet"
    if abs(now_ns - affect.t_ns) > MAX_AGE_NS:
        return "estimate too old"
    if not affect.known:
        return "estimate unknown"
    sane = all(map(math.isfinite, (affect.arousal, affect.valence, affect.valence_sd))) and affect.arousal_sd > 0
    return None if sane and max(abs(affect.arousal), abs(affect.valence)) <= 1 else "estimate not plausible"


def feeling_in(affect: AffectEstimate | None) -> Feeling:
    """What an estimate that may be acted on says; None: nothing is known."""
    if affect is None:
        return Feeling()
    return Feeling(True, affect.arousal, affect.arousal_sd, affect.valence, affect.valence_sd)
