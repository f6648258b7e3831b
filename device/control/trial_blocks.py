"""Plays the blocks of a trial in the policy's place: only in adaptive ones, and outside of blocks, is it asked.

Nobody who is with the session is told which block it is; the log is.
"""

from __future__ import annotations

import numpy as np

from device.control.plan.session_plan import State
from device.control.policies.view import Policy, Proposal, View
from device.trial_layout import Condition, TrialLayout
from device.trials.schedule import block_at


class TrialBlocks:
    """Stands between a session and its policy. Its time is that of the decisions, so a session replays to the bit."""

    def __init__(self, layout: TrialLayout | None) -> None:
        self._blocks = layout.blocks if layout else ()
        self._replayed = layout.replayed if layout else ()
        self._now_s = 0.0
        self._yoked_s = 0.0
        """Time spent in yoked blocks, which is where the replay stands."""
        self.number = -1
        """The block at the last decision; -1: none."""

    def pass_time(self, since_s: float) -> None:
        self._now_s += since_s
        self.number = block_at(self._blocks, self._now_s)

    @property
    def plays(self) -> bool:
        """Whether a block plays, and the policy is not asked."""
        return self._condition != "adaptive"

    @property
    def _condition(self) -> Condition:
        return self._blocks[self.number].condition if self.number >= 0 else "adaptive"

    def decide(self, policy: Policy, view: View, random: np.random.Generator) -> Proposal:
        """What is proposed in this block; raises whatever the policy raises."""
        if not self.plays:
            return policy.decide(view, random)
        if self._condition == "yoked":
            return self._replay(view.since_s)
        return Proposal(silent=self._condition == "silence")

    def _replay(self, since_s: float) -> Proposal:
        """What the other session decided after as much adaptive time; it begins anew where that is over."""
        total_s = sum(piece.for_s for piece in self._replayed)
        left_s, self._yoked_s = self._yoked_s % total_s if total_s > 0 else 0.0, self._yoked_s + since_s
        for piece in self._replayed:
            left_s -= piece.for_s
            if left_s < 0:
                return Proposal(piece.moves, piece.silent, State(piece.detour.valence, piece.detour.arousal))
        return Proposal()
