"""A tuned model-predictive controller: it foresees a listener of usual gain and lag, and takes the best constant move.

First-order response, and a disturbance that is observed and foreseen to stay (offset-free control, Pannocchia &
Rawlings 2003, doi 10.1002/aic.690490213).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from device.config import ControlConfig
from device.control.plan.session_plan import State, gap
from device.control.policies.forgetful import Forgetful
from device.control.policies.view import Proposal, View
from device.control.policies.ways import detour, goal_of, target_from
from device.control.real import Real, where
from device.files.models import ModelFolder
from device.messages import Moves

CANDIDATES = np.linspace(-0.5, 0.5, 11)
"""The moves that are compared."""
AHEAD = np.array([0.25, 0.5, 0.75, 1.0])
"""The shares of the horizon at which the future is looked at."""


class Model(NamedTuple):
    """What is tuned."""

    gain: float
    """Of the arousal that is read, per unit of the music's."""
    settling_s: float
    horizon_s: float
    effort: float
    """What a move costs beside the squared distance from the goal."""
    observes_s: float
    """Time constant with which the disturbance is observed."""


TUNED = Model(gain=0.12, settling_s=66.0, horizon_s=53.0, effort=0.0021, observes_s=1190.0)
"""Found on virtual listeners (`python -m export.control.tune mpc`)."""


class Mpc(Forgetful):
    """Goes straight to the goal and corrects by what it foresees."""

    def __init__(
        self,
        control: ControlConfig,
        model: ModelFolder | None = None,
        remembered: Mapping[str, Real] = {},
        foresees: Model = TUNED,
    ) -> None:
        super().__init__(control, model, remembered)
        self._model = foresees
        self._felt: Real = 0.0
        """The arousal that is foreseen for now."""
        self._home: Real = 0.0
        """Where arousal would go without music: the observed disturbance."""
        self._met: Real = False

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        del random
        self._observe(view)
        if not view.leads:
            return Proposal()
        known = self._met
        way = detour(view.moment, target_from(view.moment, State(view.feeling.valence, self._felt)))
        asked = self._best(view.moment.setpoint.arousal + way.arousal, goal_of(view.moment).arousal, view)
        shares = State(where(known, way.valence, 0.0), where(known, way.arousal, 0.0))
        return Proposal(Moves(arousal=where(known, asked, 0.0)), detour=shares)

    def _observe(self, view: View) -> None:
        """Live on by the model, and put what was not foreseen down to the disturbance."""
        model, feeling = self._model, view.feeling
        keep = np.exp(-view.since_s / model.settling_s)
        rests = where(view.moment.silent, 0.0, view.music.arousal)
        foreseen = keep * self._felt + (1.0 - keep) * (self._home + model.gain * rests)
        share = 1.0 - np.exp(-view.since_s / model.observes_s)
        missed = feeling.arousal - foreseen
        is_first = np.logical_and(feeling.known, np.logical_not(self._met))
        home = self._home + where(feeling.known, share * missed, 0.0)
        self._home = where(is_first, feeling.arousal - model.gain * rests, home)
        self._felt = where(is_first, feeling.arousal, foreseen + where(feeling.known, share * missed, 0.0))
        self._met = np.logical_or(self._met, feeling.known)

    def _best(self, point: Real, goal: Real, view: View) -> Real:
        """The candidate with the least foreseen distance from the goal; candidates stand in an axis of their own."""
        model, side = self._model, view.moment.sides.arousal
        keeps = np.exp(-AHEAD * model.horizon_s / model.settling_s)
        felt, home, music = (np.asarray(value)[..., None, None] for value in (self._felt, self._home, point))
        music = np.clip(music + CANDIDATES[:, None], -1.0, 1.0)
        ahead = keeps * felt + (1.0 - keeps) * (home + model.gain * music)
        cost = (gap(np.asarray(goal)[..., None, None], ahead, side) ** 2).mean(axis=-1) + model.effort * CANDIDATES**2
        return CANDIDATES[np.argmin(cost, axis=-1)]
