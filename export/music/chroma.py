"""How long each pitch class sounds when, and which key that speaks for: the ground all measures of harmony stand on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
"""Probe-tone profiles (Krumhansl and Kessler 1982)."""
PROFILES = np.array([np.roll(profile, tonic) for profile in (MAJOR, MINOR) for tonic in range(12)])
"""Shape (24, 12): the major keys from C up, then the minor ones."""
TRIADS = np.array(
    [np.roll(np.isin(np.arange(12), tones), root) for tones in ((0, 4, 7), (0, 3, 7)) for root in range(12)], float
)
"""Shape (24, 12): major, then minor."""


def chroma(start: Floats, end: Floats, pitch: Ints, edges: Floats) -> Floats:
    """How long each pitch class sounds between neighbouring edges, shape (edges - 1, 12); doubled notes count twice."""
    return np.stack([sounding(start[pitch % 12 == pc], end[pitch % 12 == pc], edges) for pc in range(12)], axis=1)


def sounding(start: Floats, end: Floats, edges: Floats) -> Floats:
    """Length of all these notes together between neighbouring edges."""
    times = np.concatenate((start, end))
    order = np.argsort(times, kind="stable")
    times = times[order]
    if not len(times):
        return np.zeros(len(edges) - 1)
    n_sounding = np.cumsum(np.concatenate((np.ones(len(start)), -np.ones(len(end))))[order])
    heaped = np.concatenate(([0.0], np.cumsum(n_sounding[:-1] * np.diff(times))))
    return np.diff(np.interp(edges, times, heaped))


def key_fit(weights: Floats) -> Floats:
    """Correlation of pitch-class weights (n, 12) with every key's profile: shape (n, 24); 0 where nothing speaks."""
    return _correlate(weights, PROFILES)


def modality(weights: Floats) -> Floats:
    """How much better the best major key fits than the best minor one, per row of `weights` (n, 12)."""
    fit = key_fit(weights)
    return np.asarray(fit[:, :12].max(axis=1) - fit[:, 12:].max(axis=1))


def is_major_chord(weights: Floats) -> npt.NDArray[np.bool_]:
    """Whether the major triad that holds most of the sound holds more than any minor one, per row of (n, 12)."""
    held = weights @ TRIADS.T
    return np.asarray(held[:, :12].max(axis=1) > held[:, 12:].max(axis=1))


def _correlate(rows: Floats, profiles: Floats) -> Floats:
    centred = rows - rows.mean(axis=1, keepdims=True)
    wanted = profiles - profiles.mean(axis=1, keepdims=True)
    size = np.linalg.norm(centred, axis=1)[:, None] * np.linalg.norm(wanted, axis=1)[None]
    fit: Floats = np.divide(centred @ wanted.T, size, out=np.zeros_like(size), where=size > 1e-12)
    return fit
