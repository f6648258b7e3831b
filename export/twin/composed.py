"""What the shipped composer makes of moving wishes: bars as conductor and guard let them through, beside the intents.

Valence and arousal wander over the plane as a session's setpoint may, and each cue wanders beside them as far as a
policy may move it, so that what one cue does can be told from what the others do.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.commands.piece import Steersman, Studio, Wish
from device.control.bounds import BOUNDS
from device.control.cues import Cues, moved, within
from device.messages import Moves, MusicIntent, PlayedBar
from hardware.bench.intents import STAY_BARS, config_of, wandering
from hardware.twin.hearing import CUES, Music, heard_in, mode_cue

Floats = NDArray[np.float64]


class Piece(NamedTuple):
    """The bars of one piece but its last, a value for each."""

    music: Music
    """What was asked."""
    arousal: Floats
    """What the played bar suggests."""
    valence: Floats
    mode: Floats
    """Of the played bar, -1 minor to 1 major."""


class Wanderer(Steersman):
    """Lets every cue wander beside the journey."""

    def __init__(self, seed: int, wish: Wish) -> None:
        super().__init__(config_of(seed), wish)
        random = np.random.default_rng((seed, 1))
        most = np.array([BOUNDS[name].most for name in MOVED])
        self._moves = random.uniform(-most, most, (wish.n_bars // STAY_BARS + 2, len(MOVED)))
        self._bar = 0

    def _steer(self, wanted: Cues) -> Cues:
        part, share = divmod(self._bar / STAY_BARS, 1.0)
        here = (1 - share) * self._moves[int(part)] + share * self._moves[int(part) + 1]
        self._bar += 1
        moves = Moves(**dict(zip(MOVED, here.tolist(), strict=True)))
        return super()._steer(within(moved(wanted, moves), self._limits))


MOVED = tuple(name for name in BOUNDS if name not in ("valence", "arousal"))


def compose(seed: int, n_bars: int) -> Piece:
    """One piece, from its seed alone."""
    wish = Wish(wandering(seed, n_bars), n_bars)
    piece = Studio(config_of(seed), wish, None, lambda _: None, Wanderer(seed, wish)).compose()
    return piece_of(piece.intents[:-1], piece.played[:-1])


def piece_of(intents: tuple[MusicIntent, ...], played: tuple[PlayedBar, ...]) -> Piece:
    """What was asked beside what was played; both of one length."""
    asked = {name: np.array([getattr(intent, name) for intent in intents]) for name in CUES}
    is_major = np.array([intent.mode == "major" for intent in intents])
    target_valence = np.array([intent.target_valence for intent in intents])
    heard = [heard_in(bar) for bar in played]
    return Piece(
        Music(**asked, is_major=is_major, target_valence=target_valence),
        np.array([bar.arousal for bar in heard]),
        np.array([bar.valence for bar in heard]),
        np.array([mode_cue(bar.notes) for bar in played]),
    )
