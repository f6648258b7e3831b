"""What an ear trained in counterpoint takes exception to: rubbing notes, voices that run in parallel, bars that stand.

Nobody avoids all of it, so ours is held beside people's.
"""

from __future__ import annotations

import numpy as np

from export.music.features.harmony import middle
from export.music.features.told import Ints, share
from export.music.metrics import STEPS_PER_BEAT, bar_of
from export.music.midi import Piece

RUBBING = (1, 13)
"""Semitones: a second and a ninth, both minor. A major seventh is a colour."""
RUB_BEATS = 0.5
"""Shorter rubs pass."""
PERFECT = (0, 7)
"""Semitones above octaves, of what may not move in parallel: octaves and fifths."""
SILENT, ABOVE_ALL = -1, 128


def clashes(piece: Piece) -> float:
    """Pairs of notes in a bar that sound a minor second or ninth apart for half a beat or longer."""
    end = piece.onset + piece.length
    together = np.minimum(end[:, None], end) - np.maximum(piece.onset[:, None], piece.onset)
    rubs = np.isin(piece.pitch[:, None] - piece.pitch, RUBBING) & (together >= RUB_BEATS - 1e-6)
    return float(rubs.sum() / max(1, len(piece.bars) - 1))


def outer_parallels(piece: Piece) -> float:
    """Share of the beats at which melody and bass both move that bring another fifth or octave after one."""
    return _parallels(*_outer(piece))


def inner_parallels(piece: Piece) -> float:
    """The same for the bass and the highest note between it and the melody."""
    _, low = _outer(piece)
    return _parallels(_line(piece, middle(piece), highest=True), low)


def widest_leap(piece: Piece) -> float:
    """Semitones of the melody's widest step."""
    steps = np.abs(np.diff(piece.pitch[piece.melody()]))
    return float(steps.max()) if len(steps) else float("nan")


def dead_bars(piece: Piece) -> float:
    """Share of bars in which notes begin at one place at most: the music stands still."""
    bar, step = bar_of(piece), np.round(piece.onset * STEPS_PER_BEAT)
    places = np.unique(np.stack((bar, step)), axis=1)[0].astype(np.int64)
    n_bars = len(piece.bars) - 1
    return share(np.bincount(places[(places >= 0) & (places < n_bars)], minlength=n_bars) <= 1)


def _outer(piece: Piece) -> tuple[Ints, Ints]:
    tune = piece.melody()
    others = np.setdiff1d(np.arange(len(piece.pitch)), tune)
    return _line(piece, tune, highest=True), _line(piece, others, highest=False)


def _line(piece: Piece, places: Ints, *, highest: bool) -> Ints:
    """The highest or lowest pitch of those notes that sounds at each beat; SILENT where none does."""
    beats = np.arange(piece.bars[0], piece.bars[-1] - 1e-6)
    onset, pitch = piece.onset[places], piece.pitch[places]
    sounds = (onset <= beats[:, None] + 1e-3) & (onset + piece.length[places] > beats[:, None] + 1e-3)
    if highest:
        return np.asarray(np.where(sounds, pitch, SILENT).max(axis=1, initial=SILENT))
    lowest = np.where(sounds, pitch, ABOVE_ALL).min(axis=1, initial=ABOVE_ALL)
    return np.where(lowest < ABOVE_ALL, lowest, SILENT)


def _parallels(upper: Ints, lower: Ints) -> float:
    known = (np.minimum(upper, lower)[:-1] > SILENT) & (np.minimum(upper, lower)[1:] > SILENT)
    rise, under = np.diff(upper), np.diff(lower)
    both = known & (rise != 0) & (under != 0)
    interval = (upper - lower) % 12
    same = (interval[:-1] == interval[1:]) & np.isin(interval[1:], PERFECT) & (np.sign(rise) == np.sign(under))
    return share(same[both])
