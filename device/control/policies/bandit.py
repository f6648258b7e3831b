"""A bandit that learns over sessions which way of leading helps this listener: Thompson sampling over a few arms.

Where the listener is short of the goal it tries one arm for some minutes and is rewarded by how far the distance
shrank; who is at the goal or beyond it gets the plan. An arm is drawn with the probability that it is the best by the
posterior (Thompson 1933; Agrawal & Goyal 2013), which is known, so that what was tried can be judged afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from device.config import ControlConfig
from device.control.plan.session_plan import State
from device.control.policies.view import Proposal, View
from device.control.policies.ways import detour, target_from
from device.control.real import Real, clip, where
from device.files.models import ModelFolder
from device.messages import Moves


class Arm(NamedTuple):
    """A way of leading."""

    name: str
    push: float
    """How far the music goes beyond the plan, towards the goal; below 0: away from it."""
    straight: float = 0.0
    """Share of the way from the plan to the goal that is gone at once: 0 iso, 1 compensatory."""
    silent: bool = False


ARMS = (
    Arm("plan", 0.0),
    Arm("gentle", 0.2),
    Arm("straight", 0.0, 1.0),
    Arm("stronger", 0.5, 1.0),
    Arm("inverse", -0.5),
    Arm("silence", 0.0, 0.0, silent=True),
)
BLOCK_S = 180.0
"""An arm is tried for so long: feelings take a minute or two to follow."""
FOLLOWS_S = 60.0
"""Time constant with which the distance is smoothed: what comes and goes is no reward."""
USUAL = (0.0, 0.0, 0.02, 0.05, -0.05, 0.0)
"""The reward of each arm that is expected for somebody nobody knows."""
USUAL_SD, REWARD_SD = 0.1, 0.25
"""How far listeners differ in that, and how far one block's reward is from the arm's."""
TRIED_MAX = 200.0
"""No arm counts as tried more often: listeners change."""
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


class Bandit:
    """One arm for each block, drawn by how probably it is the best for this listener."""

    version = "1"
    takes_model = False

    def __init__(
        self, control: ControlConfig, model: ModelFolder | None = None, remembered: Mapping[str, Real] = {}
    ) -> None:
        del control, model
        self._tried, self._won = _sane(remembered)
        """Blocks of each arm and the sum of their rewards, shape (..., arms)."""
        self._arm: Real = 0
        self._left_s = 0.0
        self._short: Real = 0.0
        """How far the listener is short of the goal, smoothed; and at the beginning of the block."""
        self._was_short: Real = 0.0
        self._seen: Real = 0.0
        self._counts: Real = False
        """Whether the block can be judged by its end."""

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        self._smooth(view)
        if not view.leads:
            return Proposal()
        propensity: Real = 1.0
        self._left_s -= view.since_s
        if self._left_s <= 0.0:
            self._learn()
            propensity = self._draw(random)
            self._left_s = BLOCK_S
        return self._play(view)._replace(propensity=propensity)

    def _smooth(self, view: View) -> None:
        feeling = view.feeling
        short = _short_of(view)
        weight = where(feeling.known, 1.0 - np.exp(-view.since_s / FOLLOWS_S), 0.0)
        self._seen = np.minimum(self._seen + weight, 1.0)
        self._short = self._short + weight / np.maximum(self._seen, 1e-9) * (short - self._short)

    def _learn(self) -> None:
        """Credit the arm of the block that ended."""
        reward = clip(self._was_short - self._short, -1.0, 1.0)
        counts = where(self._counts, 1.0, 0.0)
        was = np.equal(np.asarray(self._arm)[..., None], np.arange(len(ARMS)))
        self._tried = np.minimum(self._tried + _of_arm(was, counts), TRIED_MAX)
        self._won = self._won + _of_arm(was, counts * reward)

    def _draw(self, random: np.random.Generator) -> Real:
        """Draw the next block's arm and return the probability with which it was drawn."""
        is_short = np.logical_and(self._seen > 0, self._short > 0)
        chances = np.where(np.asarray(is_short)[..., None], self.chances(), np.arange(len(ARMS)) == 0)
        luck = random.random(np.shape(self._short) or None)
        arm = (np.cumsum(chances, axis=-1) < np.asarray(luck)[..., None]).sum(axis=-1)
        self._arm = np.minimum(arm, len(ARMS) - 1)
        self._was_short, self._counts = self._short, is_short
        drawn = np.take_along_axis(chances, np.asarray(self._arm)[..., None], axis=-1)[..., 0]
        return np.maximum(drawn, 1e-12)

    def chances(self) -> Real:
        """With which probability each arm is the best by what is known of the listener, shape (..., arms)."""
        precision = USUAL_SD**-2 + self._tried * REWARD_SD**-2
        mean = (np.array(USUAL) * USUAL_SD**-2 + self._won * REWARD_SD**-2) / precision
        sd = 1.0 / np.sqrt(precision)
        values = mean[..., :, None] + sd[..., :, None] * _NODES
        # How probably each other arm is worse than that; the normal distribution by a logistic one.
        beside = (values[..., :, None, :] - mean[..., None, :, None]) / sd[..., None, :, None]
        below = 0.5 * (1.0 + np.tanh(0.8 * beside))
        same = np.eye(len(ARMS), dtype=bool)[:, :, None]
        best = np.where(same, 1.0, below).prod(axis=-2) @ _WEIGHTS
        return best / best.sum(axis=-1, keepdims=True)

    def _play(self, view: View) -> Proposal:
        push, straight, silent = (np.array(row)[self._arm] for row in list(zip(*ARMS, strict=True))[1:])
        feeling, moment = view.feeling, view.moment
        way, known = detour(moment, target_from(moment, feeling.point)), feeling.known
        share = where(known, straight, 0.0)
        moves = Moves(arousal=push * np.sign(view.arousal_gap), valence=push * np.sign(view.valence_gap))
        return Proposal(moves, silent, State(share * way.valence, share * way.arousal))

    def memory(self) -> Mapping[str, Real]:
        pairs = (("tried", self._tried), ("won", self._won))
        return {f"{word}_{arm.name}": values[..., place] for word, values in pairs for place, arm in enumerate(ARMS)}


def _of_arm(was: Real, value: Real) -> Real:
    return np.where(was, np.asarray(value)[..., None], 0.0)


def _short_of(view: View) -> Real:
    """How far arousal is short of the goal, whatever the plan's point is now."""
    feeling = view.feeling
    return abs(target_from(view.moment, feeling.point).arousal - feeling.arousal)


def _sane(remembered: Mapping[str, Real]) -> tuple[Real, Real]:
    """What is remembered of each arm where all of it is there and possible, else nothing."""
    nothing: Real = np.zeros(len(ARMS))
    names = [f"{word}_{arm.name}" for word in ("tried", "won") for arm in ARMS]
    if not all(name in remembered for name in names):
        return nothing, nothing
    values = np.stack([np.asarray(remembered[name], dtype=float) for name in names], axis=-1)
    tried, won = values[..., : len(ARMS)], values[..., len(ARMS) :]
    is_sane = ((tried >= 0) & (tried <= TRIED_MAX) & (abs(won) <= TRIED_MAX)).all(axis=-1, keepdims=True)
    return np.where(is_sane, tried, 0.0), np.where(is_sane, won, 0.0)
