"""Finds the chord by which music slips into another key: one that belongs to both, heard before the join.

Pure Python: it also runs inside the audio process.
"""

from __future__ import annotations

from device.messages import MusicIntent
from device.music.theory import Chord, degree_triad

BY_PULL = (1, 3, 4, 5, 2, 6)
"""Degrees of the key that is coming, those that lead home in it first; its own tonic would come too early."""


def pivot_of(intent: MusicIntent) -> Chord | None:
    """The chord for the second half of a bar that leads to another key; None where it leads to none or none is shared.

    It is not the tonic that the first half may close on.
    """
    if intent.leads_to is None or intent.final:
        return None
    tonic_pc, mode = intent.leads_to.tonic_pc, intent.leads_to.mode
    shared = {degree_triad(intent.tonic_pc, intent.mode, degree) for degree in range(1, 7)}
    coming = (degree_triad(tonic_pc, mode, degree) for degree in BY_PULL)
    return next((chord for chord in coming if chord in shared and chord.quality != "dim"), None)
