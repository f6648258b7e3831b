"""Approve first: the policy proposes, and nothing of it is done before somebody approves it.

A proposal that nobody answers lapses, and the plan goes on with what was approved before. Each has an id of its own, so
that nobody approves another one than they saw.
"""

from __future__ import annotations

import math

import msgspec

from device.control.bounds import BOUNDS
from device.control.plan.session_plan import Moment, State
from device.control.policies.view import NO_DETOUR, Proposal, headed
from device.messages import Heading, Moves, PendingProposal

WAITS_S = 60.0
"""A proposal waits so long for an answer."""
PAUSE_S = 20.0
"""After a rejected or lapsed one the policy is not heard for this time."""
NOTICED = 0.2
"""A proposal is worth a question where a move differs by this share of the most it may be."""
NOTICED_DETOUR = 0.1
"""The same for a way of the policy's own beside the plan's."""
WAYS = ("way of valence", "way of arousal")
WORDS = {
    "valence": "brighter in mood", "arousal": "livelier", "tempo_octaves": "faster", "density": "denser",
    "register_semitones": "higher", "loudness_db": "louder", "brightness": "brighter", "articulation": "more legato",
    "way of valence": "pleasant target", "way of arousal": "lively target",
}  # fmt: skip
"""A move and what more of it is called."""


class Approval:
    """What is pending, what was approved, and whether proposals need that at all."""

    def __init__(self, *, is_on: bool) -> None:
        self.is_on = is_on
        self.pending: PendingProposal | None = None
        self._approved: PendingProposal | None = None
        self._n_proposals = 0
        self._pause_s = 0.0
        self._lapsed = 0

    @property
    def approved_id(self) -> int:
        """Id of the approved proposal that is in force; 0: none."""
        return self._approved.id if self._approved and self.is_on else 0

    def switch(self, *, on: bool, moves: Moves, heading: Heading | None) -> str:
        """Ask for approval from now on, beginning with what is in force, or no longer; returns why not."""
        if on == self.is_on:
            return f"Proposals {'wait for approval' if on else 'are done without approval'} already."
        self.is_on, self.pending, self._pause_s, self._lapsed = on, None, 0.0, 0
        self._approved = PendingProposal(id=0, moves=moves, heading=heading, left_s=0.0) if on else None
        return ""

    def answer(self, proposal_id: int, *, approved: bool) -> str:
        """Approve or reject what is pending; returns why not."""
        if not self.is_on:
            return "Proposals need no approval now."
        if self.pending is None:
            return "No proposal is pending."
        if proposal_id not in (0, self.pending.id):
            return f"Proposal {proposal_id} is not pending; {self.pending.id} is."
        if approved:
            self._approved = self.pending
        self._pause_s, self.pending, self._lapsed = (0.0 if approved else PAUSE_S), None, 0
        return ""

    def pass_time(self, seconds: float) -> None:
        """Let what waits grow older, and lapse."""
        self._pause_s = max(0.0, self._pause_s - seconds)
        if self.pending:
            left_s = self.pending.left_s - seconds
            self.pending = msgspec.structs.replace(self.pending, left_s=left_s)
            if left_s <= 0:
                self._lapsed, self.pending, self._pause_s = self.pending.id, None, PAUSE_S
        elif not self._pause_s:
            self._lapsed = 0

    def admit(self, proposal: Proposal, moment: Moment) -> Proposal:
        """What of a proposal counts now: all of it without approval, else what was approved last.

        `moment` has the target that the proposal's way lies beside; a target that was approved stays where it is.
        """
        if not self.is_on:
            return proposal
        if not all(map(math.isfinite, (*msgspec.structs.astuple(proposal.moves), *proposal.detour))):
            return proposal._replace(detour=NO_DETOUR)  # moves that are no numbers are refused whole
        in_force = self._approved or PendingProposal(id=0, moves=Moves(), left_s=0.0)
        approved = proposal._replace(
            moves=in_force.moves, silent=in_force.silent, detour=_detour_to(in_force.heading, moment), why=""
        )
        if self.pending is None and not self._pause_s and _differs(proposal, approved):
            self._n_proposals += 1
            self.pending = PendingProposal(
                id=self._n_proposals,
                moves=proposal.moves,
                heading=heading_of(moment, proposal.detour),
                silent=bool(proposal.silent),
                left_s=WAITS_S,
                words=_tell(proposal, approved),
            )
        return approved

    def words(self) -> list[str]:
        """What is pending, or lapsed, for the reason of a decision."""
        if self.pending:
            return [f"proposal {self.pending.id} waits for approval: {self.pending.words}"]
        return [f"proposal {self._lapsed} lapsed, the plan goes on"] if self._lapsed else []


def heading_of(moment: Moment, detour: State) -> Heading | None:
    """The target on a way of a policy's own; None where it takes the plan's."""
    return Heading(*map(float, headed(moment, detour).setpoint)) if any(detour) else None


def _detour_to(heading: Heading | None, moment: Moment) -> State:
    """How far a target that was approved lies beside the plan's now."""
    if heading is None:
        return NO_DETOUR
    return State(heading.valence - moment.setpoint.valence, heading.arousal - moment.setpoint.arousal)


def _changes(proposal: Proposal, before: Proposal) -> dict[str, float]:
    """What would change, by name, where a listener would hear it."""
    moves = {name: getattr(proposal.moves, name) - getattr(before.moves, name) for name in BOUNDS}
    noticed = {name: change for name, change in moves.items() if abs(change) >= NOTICED * BOUNDS[name].most}
    ways = zip(WAYS, proposal.detour, before.detour, strict=True)
    return noticed | {name: float(to - at) for name, to, at in ways if abs(to - at) >= NOTICED_DETOUR}


def _differs(proposal: Proposal, before: Proposal) -> bool:
    """Whether a listener would hear it beside what is in force."""
    return bool(proposal.silent) != before.silent or bool(_changes(proposal, before))


def _tell(proposal: Proposal, before: Proposal) -> str:
    """`less livelier (-0.20)`, ...: what changes, in words."""
    if bool(proposal.silent) != before.silent:
        return "a rest" if proposal.silent else "music again"
    changes = _changes(proposal, before)
    return ", ".join(f"{'' if by > 0 else 'less '}{WORDS[name]} ({by:+.2f})" for name, by in changes.items())
