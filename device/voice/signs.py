"""Musical signs: short soft motifs for those who want no words, and wherever a spoken prompt cannot be had.

Each is told by its contour alone: up is good, found or begins, down is lost or ends, a note that comes again asks to
look, the same deep down is a limit, and a digit is as many notes. They are played as soft bars: a tone, its double
octave, and a slow decay.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
PEAK = 0.25
"""Highest amplitude of a sign before it is matched to the music."""
ATTACK_S = 0.012
DECAY_S = 0.45
"""Time in which a note falls to a third."""
RING_S = 1.2
"""How long the last note rings before it ends."""
PARTIALS = ((1.0, 1.0, 1.0), (4.0, 0.18, 0.35), (9.2, 0.03, 0.12))
"""Frequency over the note's, amplitude, and share of the note's decay: those of a wooden bar with a soft mallet
(Fletcher and Rossing, The Physics of Musical Instruments, 19.3)."""


class Tone(NamedTuple):
    at_s: float
    pitch_midi: int


def _motif(step_s: float, *pitches: int) -> tuple[Tone, ...]:
    return tuple(Tone(index * step_s, pitch) for index, pitch in enumerate(pitches))


def _counted(n_tones: int) -> tuple[Tone, ...]:
    """The same tone so many times, in groups of three, which are easy to count."""
    return tuple(Tone(0.32 * index + 0.3 * (index // 3), 81) for index in range(n_tones))


SIGNS: dict[str, tuple[Tone, ...]] = {
    "welcome": _motif(0.22, 67, 72, 76),
    "reminder": _motif(0.5, 72, 76, 79, 76),
    "attend": _motif(0.35, 74, 74),
    "good": _motif(0.18, 72, 79),
    "lost": _motif(0.3, 79, 74, 70),
    "found": _motif(0.3, 70, 74, 79),
    "begin": _motif(0.3, 60, 67, 72, 79),
    "soon": _motif(0.45, 79, 74, 79),
    "end": _motif(0.35, 79, 76, 72, 67),
    "pause": _motif(0.25, 72, 67),
    "resume": _motif(0.25, 67, 72),
    "limit": _motif(0.3, 60, 60),
    "help": _motif(0.3, 69, 69, 69, 62),
    "digit-0": _motif(0.4, 60),
    **{f"digit-{digit}": _counted(digit) for digit in range(1, 10)},
}


def render_sign(name: str, sfreq_hz: int) -> Samples:
    """The sign as mono samples, which begin and end in silence."""
    tones = SIGNS[name]
    length = round((tones[-1].at_s + RING_S) * sfreq_hz)
    line = np.zeros(length)
    for tone in tones:
        first = round(tone.at_s * sfreq_hz)
        line[first:] += _note(tone.pitch_midi, length - first, sfreq_hz)
    ending = round(0.2 * RING_S * sfreq_hz)
    line[-ending:] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(1, ending + 1) / ending)
    return np.asarray(line * (PEAK / np.abs(line).max()), np.float32)


def _note(pitch_midi: int, n_frames: int, sfreq_hz: int) -> npt.NDArray[np.float64]:
    t_s = np.arange(n_frames) / sfreq_hz
    frequency_hz = 440.0 * 2.0 ** ((pitch_midi - 69) / 12.0)
    sound = np.zeros(n_frames)
    for ratio, amplitude, share in PARTIALS:
        if ratio * frequency_hz < 0.45 * sfreq_hz:
            decay = np.exp(-t_s / (DECAY_S * share))
            sound += amplitude * decay * np.sin(2.0 * np.pi * ratio * frequency_hz * t_s)
    rise = np.clip(t_s / ATTACK_S, 0.0, 1.0)
    return sound * (0.5 - 0.5 * np.cos(np.pi * rise))
