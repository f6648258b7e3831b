"""Listeners who follow the music by a line that a test can foresee: no twin, so that the loop alone is tested."""

from __future__ import annotations

import numpy as np

from device.config import Limits
from device.control.cues import expressed
from device.control.plan.session_plan import State
from device.control.policies.view import Feeling
from hardware.simulation.closed_loop import Music, Told

SETTLING_S = 60.0
NOISE = 0.2


class Following:
    """Each goes from where they are to `gain` times what the music expresses; what is read of them is noisy."""

    def __init__(self, n_listeners: int, gain: float = 1.0, seed: int = 1) -> None:
        self.n_listeners, self._gain = n_listeners, gain
        self._random = np.random.default_rng(seed)
        self._arousal = self._random.uniform(0.2, 0.6, n_listeners)
        self._valence = np.zeros(n_listeners)

    @property
    def state(self) -> State:
        return State(self._valence, self._arousal)

    def hear(self, music: Music, since_s: float) -> Told:
        led = expressed(music.cues, Limits())
        sounds = ~np.asarray(music.silent)
        self._arousal = self._arousal + sounds * (self._gain * led.arousal - self._arousal) * since_s / SETTLING_S
        self._valence = self._valence + sounds * (self._gain * led.valence - self._valence) * since_s / SETTLING_S
        noise = self._random.normal(0.0, NOISE, (2, self.n_listeners))
        unknown = self._random.uniform(size=self.n_listeners) < 0.2
        read = [np.where(unknown, 0.0, np.clip(value, -1, 1)) for value in self.state + noise]
        sd = np.where(unknown, 1.0, 0.3)
        return Told(Feeling(~unknown, read[1], sd, read[0], sd), np.nan, np.zeros(self.n_listeners))
