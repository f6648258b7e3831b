"""One listener of the twin under the plan, as an environment for anybody's reinforcement learning (Gymnasium).

An observation is what the learned policy sees, an action what it answers; a step is one decision, and
an episode a session. The reward is the truth that no sensor tells: near the goal, in its zone, not upset.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt

from device.config import ControlConfig
from device.control.policies.learned import ANSWERS, FEATURES, FloatRows, Learned
from device.control.policies.view import Proposal, View
from export.control.objective import REST, Batch
from hardware.simulation.closed_loop import Box, Music, Told
from hardware.simulation.outcomes import COUNTED

Floats = npt.NDArray[np.float64]


class _Asked:
    """Takes the place of the net: it notes what is seen, and answers what it was told to."""

    def __init__(self) -> None:
        self.seen: FloatRows = np.zeros((1, len(FEATURES)), np.float32)
        self.answer: FloatRows = np.zeros((1, len(ANSWERS)), np.float32)

    def __call__(self, rows: FloatRows) -> FloatRows:
        self.seen = rows
        return self.answer


class _Watching(Learned):
    """The learned policy, asked for what it sees in every phase."""

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        proposal = super().decide(view, random)
        if not view.leads:
            self._net(self._features(view, (view.arousal_gap, view.valence_gap)))
        return proposal


class Sessions:
    """Sessions of all people of a batch at once, a decision at a time: what both environments stand on."""

    def __init__(self, batch: Batch) -> None:
        self._batch, self._net = batch, _Asked()
        self.n = len(batch.families) * batch.n_each
        self._chance = np.random.default_rng(batch.seed)

    def begin(self) -> FloatRows:
        """The first observation, shape (listeners, features)."""
        self._people = self._batch.copies(1)
        policy = _Watching(ControlConfig(), None, {}, self._net)
        self._box = Box(self._batch.terms, policy, self.n)
        self._number = 0
        self._sounding: Music | None = None
        self._net.answer = np.zeros((self.n, len(ANSWERS)), np.float32)
        self._told = Told.nothing(self.n)
        self.step(self._net.answer)
        return self._net.seen

    def step(self, answers: FloatRows) -> tuple[FloatRows, Floats, bool]:
        """Observations, rewards and whether the session is over."""
        self._net.answer = answers
        terms = self._batch.terms
        moment, asked = self._box.decide(self._number * terms.decision_s, self._told, self._chance)
        self._told = self._people.hear(self._sounding or asked, terms.decision_s)
        self._sounding = asked
        self._number += 1
        in_the_end, here = moment._replace(setpoint=moment.goal), self._people.state
        reward = in_the_end.in_zone(here) - np.hypot(*in_the_end.gap(here)) - REST * asked.silent
        counts = moment.phase in COUNTED
        is_over = self._number * terms.decision_s >= terms.minutes * 60.0
        return self._net.seen, np.broadcast_to(np.asarray(reward * counts, np.float64), (self.n,)), is_over


class ListenerEnv(gymnasium.Env):  # type: ignore[misc, unused-ignore, type-arg]
    """One listener; another one, of another family and quality, with every reset."""

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - as Gymnasium asks for it

    def __init__(self, families: tuple[str, ...], goal: tuple[float, float] = (0.2, -0.2)) -> None:
        self.observation_space = gymnasium.spaces.Box(-2.0, 2.0, (len(FEATURES),), np.float32)
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (len(ANSWERS),), np.float32)
        self._families, self._goal = families, goal

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[npt.NDArray[np.float32], dict[str, Any]]:
        super().reset(seed=seed, options=options)
        random = self.np_random
        family = self._families[int(random.integers(len(self._families)))]
        quality = ("good", "fair", "poor")[int(random.integers(3))]
        number = int(random.integers(2**31))
        self._sessions = Sessions(Batch((family,), 1, quality, bool(random.integers(2)), number, 0, self._goal))  # type: ignore[arg-type]
        return self._sessions.begin()[0].copy(), {"family": family}

    def step(
        self, action: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        seen, reward, is_over = self._sessions.step(np.asarray(action, np.float32)[None])
        return seen[0].copy(), float(reward[0]), is_over, False, {}
