"""What a listener could tell of the expression of a piece, measured from its notes as they are played.

Everything is in seconds, MIDI pitch and level, nothing in bars or keys that a file claims, so that a transcription
without a beat and our own bars can be held against each other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from export.music.chroma import chroma, is_major_chord, key_fit, modality
from export.music.midi import Piece, events

Floats = npt.NDArray[np.float64]
KEY_WINDOW_S = 16.0
"""Long enough for a key, short enough that a piece that changes key is not a muddle."""
CHORD_WINDOW_S = 2.0
LEVEL_MIN = 1.0


class Cues(NamedTuple):
    """One piece. Rates and lengths as log2, because they are heard in ratios."""

    onsets: float
    """log2 of events (notes struck together are one) per second."""
    notes: float
    """log2 of notes per second."""
    beat_s: float
    """log2 of the median time from event to event, in seconds."""
    irregularity: float
    """Standard deviation over mean of the times from event to event."""
    length: float
    """log2 of the mean length of a note, in seconds."""
    articulation: float
    """Share of the time to the next note of the melody for which a note sounds: median, at most 1."""
    level_db: float
    """Mean of 40 log10(velocity / 64), the General MIDI curve."""
    level_sd_db: float
    register: float
    """Mean pitch of all notes."""
    upper_register: float
    """Mean pitch of the highest notes, one per event."""
    bass_register: float
    """Tenth percentile of pitch."""
    pitch_sd: float
    leap: float
    """Mean size of the steps of the upper line, in semitones."""
    voices: float
    """Notes per event."""
    modality: float
    """How much better the best major key fits than the best minor one: mean over windows, weighted by sound."""
    major_share: float
    """Share of two-second windows whose best triad is major."""
    key_clarity: float
    """Correlation with the best key's profile, mean over windows."""
    entropy: float
    """Entropy of the pitch classes by sounding time, in bits."""


def measure(piece: Piece) -> Cues:
    """The cues of one piece."""
    start, end = piece.start_s, np.maximum(piece.end_s, piece.start_s + 0.01)
    duration_s = max(1.0, float(end.max() - start.min()))
    number = events(start)
    gaps = np.diff(start[np.flatnonzero(np.diff(number, prepend=-1))])
    gaps = gaps if len(gaps) else np.array([duration_s])
    level_db = 40.0 * np.log10(np.maximum(piece.velocity, LEVEL_MIN) / 64.0)
    tune, top = piece.melody(), piece.upper_line()
    steps = np.abs(np.diff(piece.pitch[top]))
    return Cues(
        onsets=float(np.log2((number[-1] + 1) / duration_s)),
        notes=float(np.log2(len(start) / duration_s)),
        beat_s=float(np.log2(np.median(gaps))),
        irregularity=float(gaps.std() / gaps.mean()),
        length=float(np.log2((end - start).mean())),
        articulation=_articulation(start[tune], end[tune]),
        level_db=float(level_db.mean()),
        level_sd_db=float(level_db.std()),
        register=float(piece.pitch.mean()),
        upper_register=float(piece.pitch[top].mean()),
        bass_register=float(np.percentile(piece.pitch, 10)),
        pitch_sd=float(piece.pitch.std()),
        leap=float(steps.mean()) if len(steps) else 0.0,
        voices=len(start) / (int(number[-1]) + 1),
        **_harmony(piece, start, end),
    )


def _articulation(start: Floats, end: Floats) -> float:
    gaps = np.maximum(np.diff(start), 1e-3)
    return float(np.median(np.minimum(1.0, (end - start)[:-1] / gaps))) if len(gaps) else 1.0


def _harmony(piece: Piece, start: Floats, end: Floats) -> dict[str, float]:
    windows = chroma(start, end, piece.pitch, _edges(start, end, KEY_WINDOW_S))
    chords = chroma(start, end, piece.pitch, _edges(start, end, CHORD_WINDOW_S))
    chords = chords[chords.sum(axis=1) > 0]
    weight = windows.sum(axis=1)
    share = windows.sum(axis=0) / weight.sum()
    return {
        "modality": float(np.average(modality(windows), weights=weight)),
        "major_share": float(is_major_chord(chords).mean()),
        "key_clarity": float(np.average(key_fit(windows).max(axis=1), weights=weight)),
        "entropy": float(-(share[share > 0] * np.log2(share[share > 0])).sum()),
    }


def _edges(start: Floats, end: Floats, about_s: float) -> Floats:
    """Windows of equal length, about as long as wished, from the first onset to the last end."""
    first, last = float(start.min()), float(end.max())
    return np.linspace(first, last, max(1, round((last - first) / about_s)) + 1)
