"""Finding the key: one transposition per song to the signature of C, and the mode bar by bar."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from device.messages import Mode
from device.music import keys
from export.music.measures import Measure, RawNote

Floats = npt.NDArray[np.float64]
MAJOR, MINOR = np.array(keys.MAJOR), np.array(keys.MINOR)
WINDOW_BARS = 4


def find_shift(notes: Sequence[RawNote], measures: Sequence[Measure]) -> tuple[int, tuple[Mode, ...]]:
    """Semitones (-5 to 6) that bring the song to C major or A minor, and the mode of each measure."""
    weights = pitch_class_weights(notes, measures)
    major = [_fit(weights.sum(axis=0), np.roll(MAJOR, tonic)) for tonic in range(12)]
    minor = [_fit(weights.sum(axis=0), np.roll(MINOR, tonic)) for tonic in range(12)]
    tonic = int(np.argmax(major)) if max(major) >= max(minor) else (int(np.argmax(minor)) + 3) % 12
    shift = (5 - tonic) % 12 - 5
    home = np.roll(weights, shift, axis=1)
    modes = [_mode(home[max(0, bar - WINDOW_BARS) : bar + WINDOW_BARS + 1].sum(axis=0)) for bar in range(len(home))]
    return shift, tuple(modes)


def pitch_class_weights(notes: Sequence[RawNote], measures: Sequence[Measure]) -> Floats:
    """Sounding beats per pitch class and measure, shape (measures, 12)."""
    weights = np.zeros((len(measures), 12))
    starts = np.array([measure.start for measure in measures])
    for note in notes:
        bar = int(np.searchsorted(starts, note.start + 0.05, side="right")) - 1
        if bar >= 0:
            weights[bar, note.pitch % 12] += min(note.length, 4.0)
    return weights


def _mode(weights: Floats) -> Mode:
    return "major" if _fit(weights, MAJOR) >= _fit(weights, np.roll(MINOR, 9)) else "minor"


def _fit(weights: Floats, profile: Floats) -> float:
    if weights.std() < 1e-9:
        return 0.0
    return float(np.corrcoef(weights, profile)[0, 1])
