"""Policies say how far the music goes beyond the plan to lead the listener back to it: what they are given and answer.

A policy sees the plan's moment and the newest estimate, with the time and its randomness as inputs, and proposes moves.
It never sees an estimate that must not be acted on, only why; and what it proposes is bounded by others (`bounds`).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from device.config import ControlConfig
from device.control import POLICIES
from device.control.session_plan import Moment
from device.errors import ConfigError
from device.files.models import ModelFolder
from device.imports import import_name
from device.messages import AffectEstimate, CueName, Moves
from device.stage import Random
from device.streams import STREAMS

Refusal = Literal["no estimate yet", "estimate too old", "estimate unknown", "estimate not plausible"]
MAX_AGE_NS = round(STREAMS["affect"].max_age_s * 1e9)
INTEGRAL_MAX = 0.5
"""The sum that the policy set by hand keeps never asks for more than this by itself."""


class Situation(NamedTuple):
    """All a policy may know."""

    now_ns: int
    since_s: float
    """Time since the last decision."""
    moment: Moment
    affect: AffectEstimate | None
    """None where `refusal` says why none can be acted on."""
    refusal: Refusal | None
    moves: Moves
    """The moves in force until now: what was taken of the last proposal."""
    locks: tuple[CueName, ...] = ()
    """Cues that a person holds as they are: moving them changes nothing."""


class Proposal(NamedTuple):
    """A policy's answer."""

    moves: Moves = Moves()
    """The moves; with none of them the plan is followed alone."""
    propensity: float = 1.0
    """Probability or density with which these moves were chosen; 1 where nothing was left to chance."""
    why: str = ""
    """The policy's own reason, in words a therapist reads, where the estimate beside the goal does not say it all."""


class Policy(Protocol):
    """A policy is built as `Class(control, model)`, anew for each session, so nothing of a listener reaches the next.

    What it remembers may follow only from what `decide` was given, in that order: a session replays to the bit.
    `takes_model` says whether `control.model` must name its model folder; without one `model` is None.
    """

    version: str
    takes_model: bool

    def decide(self, situation: Situation, random: Random) -> Proposal:
        """Propose moves; `random` is keyed by session and bar."""
        ...


class Hand:
    """Set by hand: proportional and integral on arousal, weighted by how sure the estimate is.

    It leads only in shift, hold and cool-down: rest must be measured undisturbed, and a match follows the listener.
    """

    version = "1"
    takes_model = False

    def __init__(self, control: ControlConfig, model: ModelFolder | None = None) -> None:
        del model
        self._settings = control.hand
        self._integral = 0.0

    def decide(self, situation: Situation, random: Random) -> Proposal:
        del random
        affect = situation.affect
        if affect is None or situation.moment.phase in ("baseline", "match"):
            return Proposal()
        certainty = certainty_of(affect)
        error = situation.moment.setpoint.arousal - affect.arousal
        integral = self._integral + certainty * error * self._settings.integral_per_s * situation.since_s
        self._integral = min(max(integral, -INTEGRAL_MAX), INTEGRAL_MAX)
        return Proposal(Moves(arousal=certainty * self._settings.proportional * error + self._integral))


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


def certainty_of(affect: AffectEstimate) -> float:
    """Share of the prior's variance (1) that the estimate explains, 0 to 1."""
    return max(0.0, 1.0 - affect.arousal_sd**2)


def choose_policy(control: ControlConfig) -> Any:
    """The class of the policy that is configured; it needs no model yet, so a session can be refused before it begins.

    Raises:
        ConfigError: there is no such policy, it lacks its model, or a model is named that it does not take.
    """
    name = control.policy
    if name not in POLICIES:
        known = ", ".join(sorted(POLICIES))
        raise ConfigError(f"There is no policy `{name}` (device.toml, control.policy).", f"Choose one of: {known}.")
    kind = import_name(POLICIES[name])
    if kind.takes_model and not control.model:
        raise ConfigError(f"The policy `{name}` has no model (device.toml, control.model).", "Name a model folder.")
    if control.model and not kind.takes_model:
        raise ConfigError(f"The policy `{name}` takes no model (device.toml, control.model).", "Remove that line.")
    return kind


def load_policy(control: ControlConfig, models_dir: Path) -> Policy:
    """The policy that is configured, as new.

    Raises:
        ConfigError: as `choose_policy`.
        ModelError: its model cannot be used.
    """
    kind = choose_policy(control)
    policy: Policy = kind(control, ModelFolder(models_dir, control.model) if control.model else None)
    return policy
