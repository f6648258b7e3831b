"""Where the way to the goal begins: the listener's present state, met before the shift."""

from __future__ import annotations

import numpy as np

from device.control.plan.session_plan import UNKNOWN_START, State
from device.control.real import Real, unit, where
from device.messages import Phase

OPEN: tuple[Phase, ...] = ("baseline", "match")
"""In these the listener's present state is taken for the start of the way."""


class Start:
    """The listener's state before the shift, or the first that is known in it; until then near neutral."""

    def __init__(self) -> None:
        self.state: State = UNKNOWN_START
        self._met: Real = False

    def meet(self, phase: Phase, felt: State) -> State:
        """The start, once a state was felt in that phase; NaN: it is not known."""
        is_open = phase in OPEN or (phase == "shift" and np.logical_not(self._met))
        takes: Real = np.logical_and(np.isfinite(felt.arousal), is_open)
        self._met = np.logical_or(self._met, takes)
        self.state = State(
            where(takes, unit(felt.valence), self.state.valence), where(takes, unit(felt.arousal), self.state.arousal)
        )
        return self.state
