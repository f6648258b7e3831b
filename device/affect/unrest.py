"""Doubts the listener's rest: whoever comes in tense is not at rest because a box asks for it.

Load that is taken for rest makes load look like rest, and calming down like load, as no net was trained on a state
calmer than its rest: of 27 people, half a minute of whose mental arithmetic is taken for rest, 14 are then read as
loaded while they rest. So both stories are told side by side, each by its weight: that the beginning was rest, and that
it was load. Three things weigh them: what is usual (`rest_probability`), what a model that needs no rest says of the
beginning, and, ever since, which fits better: the present read against the beginning, or the beginning read against the
present.
"""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.affect.baseline import Baseline
from device.affect.reader import Layout, Reader
from device.dsp.windows import FloatArray

RECENT_S = 30.0
"""The last while that is taken for rest in its turn."""
KEPT_EVERY_S = 1.0
REREAD_S = 5.0
"""The beginning is read anew after this time."""
MEMORY_S = 60.0
"""Time constant with which what was found of the rest is smoothed."""
FOUND_MIN = 0.3
"""Share of the memory from which what was found counts in full."""
TOLD_MIN = 0.4
"""Probability of unrest that is worth a sentence."""


class Seen(NamedTuple):
    """Features (channels, features) of one window, and which channels were usable."""

    values: FloatArray
    usable: NDArray[np.bool_]


class Mirror:
    """Reads the beginning of a session against its last while, as if that had been the listener's rest."""

    def __init__(self, reader: Reader, layout: Layout) -> None:
        self._reader, self._layout = reader, layout
        self._rest: list[Seen] = []
        self._recent: deque[Seen] = deque(maxlen=round(RECENT_S / KEPT_EVERY_S))
        self._kept_s_ago = self._read_s_ago = math.inf
        self._log_odds = 0.0

    def take(self, seen: Seen, since_s: float, window_s: float, *, is_rest: bool) -> None:
        """Keep one window in each second; `is_rest` says whether it was taken for rest."""
        self._kept_s_ago += since_s
        self._read_s_ago += since_s
        if self._kept_s_ago < KEPT_EVERY_S or not seen.usable.any():
            return
        self._kept_s_ago, self._window_s = 0.0, window_s
        self._recent.append(seen)
        if is_rest:
            self._rest.append(seen)

    def log_odds(self) -> float:
        """Log-odds that the beginning was load if the last while is rest, calibrated; 0 where nothing is known."""
        if self._read_s_ago >= REREAD_S and self._rest:
            self._read_s_ago, self._log_odds = 0.0, self._read()
        return self._log_odds

    def _read(self) -> float:
        rest = Baseline(self._reader.population(self._layout), RECENT_S)
        for seen in reversed(self._recent):  # The newest first: what is complete takes no more.
            rest.add(seen.values, seen.usable, KEPT_EVERY_S, self._window_s)
        channels = rest.ready_channels
        read = [self._reader.read(rest.z(seen.values), seen.usable & channels, self._layout) for seen in self._rest]
        outputs = [reading.output for reading in read if math.isfinite(reading.output)]
        if not outputs:
            return 0.0
        present = np.any([reading.present for reading in read], axis=0)
        return self._reader.log_odds(float(np.mean(outputs)), len(outputs) * KEPT_EVERY_S, present)


class Doubt:
    """How likely the listener was loaded while rest was taken."""

    def __init__(self, rest_probability: float) -> None:
        self._prior = math.log1p(-rest_probability) - math.log(rest_probability) if rest_probability < 1 else -math.inf
        self._cold = self._found = self._weight = 0.0

    def hear(self, cold: float, found: float, since_s: float) -> None:
        """Take log-likelihoods of load over rest: of the beginning alone, and of what followed beside it."""
        keep = math.exp(-since_s / MEMORY_S)
        self._cold = cold
        self._found = keep * self._found + (1 - keep) * found
        self._weight = keep * self._weight + 1 - keep

    @property
    def probability(self) -> float:
        """0 where rest is certain."""
        found = self._found / max(self._weight, FOUND_MIN)
        return 0.5 * (1 + math.tanh((self._prior + self._cold + found) / 2))

    def reasons(self) -> list[str]:
        """The doubt in words, where it is worth some."""
        if self.probability < TOLD_MIN:
            return []
        return [f"the rest at the start was perhaps none ({10 * round(10 * self.probability)} %), so less is sure"]


def weighed(rested: float, unrested: float, unrest: float) -> float:
    """Log-odds of load of both stories together: what each says, by the probability of `unrest`."""
    load = (1 - unrest) / (1 + math.exp(-rested)) + unrest / (1 + math.exp(-unrested))
    return math.log(load) - math.log1p(-load)


def speaks_of_unrest(rested: float, mirrored: float) -> float:
    """Log-likelihood of load over rest at the beginning, whatever the present is; each reading as log-odds."""
    return float(np.logaddexp(0.0, mirrored) - np.logaddexp(0.0, rested))
