"""What a session of a trial is told: its blocks, and what a yoked one replays. `trials.schedule` deals them."""

from __future__ import annotations

from typing import Literal

import msgspec

from device.messages import Detour, Moves

Condition = Literal["adaptive", "yoked", "static", "silence"]
"""`adaptive`: the policy leads. `yoked`: what was decided in another session is played again, whatever the listener
does. `static`: the plan alone. `silence`: nothing sounds."""


class TrialBlock(msgspec.Struct, frozen=True, kw_only=True):
    """A time of the session with one condition, in seconds since the music began."""

    condition: Condition
    pair: int
    """Blocks of one pair had their order left to chance."""
    begins_s: float
    ends_s: float


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What was in force for a while in another session."""

    for_s: float
    moves: Moves
    detour: Detour = Detour()
    silent: bool = False


class TrialLayout(msgspec.Struct, frozen=True, kw_only=True):
    trial: str
    """The trial's id."""
    number: int
    """Which of the listener's sessions it is, from 1."""
    planned: int
    """Sessions that were agreed before the first."""
    blocks: tuple[TrialBlock, ...]
    replayed: tuple[Replayed, ...] = ()
    yoked_to: str = ""
    """The session that is replayed."""
