"""Tonal tension after Herremans and Chew (2016, TENOR), on Chew's spiral array of pitches.

Per cloud of notes (half a bar): its diameter (dissonance), its distance from the cloud before (tonal momentum) and
from the centre of the key (tensile strain). Keys are found, and notes spelt around their tonic, per section of eight
bars, so that a piece which changes key on purpose is not under tension for that; momentum is not told across sections.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from export.music.chroma import chroma, key_fit
from export.music.midi import Piece

Floats = npt.NDArray[np.float64]
CLOUD_BEATS = 2.0
SECTION_CLOUDS = 16
RISE = float(np.sqrt(2.0 / 15.0))
"""Height of a fifth for a radius of 1 (Chew 2000)."""
WEIGHTS = np.array([0.536, 0.274, 0.190])
"""Weights of root, fifth and third in a chord, and of its three chords in a key."""
FIFTHS = np.array([0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5])
"""Place on the line of fifths of each semitone above the tonic: from the lowered second to the raised fourth."""


class Tension(NamedTuple):
    """Arrays with one entry for each cloud; momentum is NaN where there is no cloud before."""

    beat: Floats
    diameter: Floats
    momentum: Floats
    strain: Floats


def place(fifths: npt.ArrayLike) -> Floats:
    """Positions on the spiral, shape (..., 3)."""
    k = np.asarray(fifths, float)
    return np.stack((np.sin(k * np.pi / 2), np.cos(k * np.pi / 2), k * RISE), axis=-1)


def key_centre(*, is_major: bool) -> Floats:
    """Centre of a key whose tonic has place 0."""
    if is_major:
        return np.asarray(WEIGHTS @ np.array([_chord(fifths, 4) for fifths in (0, 1, -1)]))
    dominant = 0.75 * _chord(1, 4) + 0.25 * _chord(1, -3)
    subdominant = 0.75 * _chord(-1, -3) + 0.25 * _chord(-1, 4)
    return np.asarray(WEIGHTS @ np.array([_chord(0, -3), dominant, subdominant]))


def _chord(root: int, third: int) -> Floats:
    return np.asarray(WEIGHTS @ place([root, root + 1, root + third]))


def tension_of(piece: Piece) -> Tension:
    """The tension curve of a piece; clouds without notes are left out."""
    first, last = float(piece.bars[0]), max(float(piece.bars[-1]), float(piece.bars[0]) + CLOUD_BEATS)
    edges = np.arange(first, last + 1e-6, CLOUD_BEATS)
    clouds = chroma(piece.onset, piece.onset + piece.length, piece.pitch, edges)
    sections = [_section(clouds[start : start + SECTION_CLOUDS]) for start in range(0, len(clouds), SECTION_CLOUDS)]
    curve = np.concatenate(sections) if sections else np.empty((0, 3))
    heard = clouds.sum(axis=1) > 1e-9
    return Tension(edges[:-1][heard], *curve[heard].T)


def _section(clouds: Floats) -> Floats:
    """Diameter, momentum and strain per cloud, shape (clouds, 3)."""
    key = int(np.argmax(key_fit(clouds.sum(axis=0, keepdims=True))[0]))
    spots = place(FIFTHS[(np.arange(12) - key % 12) % 12])
    sounds = clouds > 1e-9
    both = sounds[:, :, None] & sounds[:, None, :]
    apart = np.linalg.norm(spots[:, None] - spots[None], axis=-1)
    total = np.maximum(clouds.sum(axis=1, keepdims=True), 1e-9)
    centres = np.where(sounds.any(axis=1, keepdims=True), clouds @ spots / total, np.nan)
    momentum = np.concatenate(([np.nan], np.linalg.norm(np.diff(centres, axis=0), axis=1)))
    strain = np.linalg.norm(centres - key_centre(is_major=key < 12), axis=1)
    return np.stack(((both * apart).max(axis=(1, 2)), momentum, strain), axis=1)
