"""A judge with published weights: valence and activity by regression on features of the sound, trained on film music.

Eerola, Lartillot and Toiviainen, "Prediction of multidimensional emotional ratings in music from audio using
multivariate regression models", ISMIR 2009, pp. 621-626: five features each, on ratings of film music by listeners.
The weights are those that the authors publish in their toolbox (`miremotion`, as revised on 3 May 2010); the features
are computed here after the papers which the toolbox cites. It says itself that means and deviations hold for its
version 1.3 only, so features are standardised over the pieces that are compared: only the weights are taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage, signal

from export.music.chroma import key_fit
from hardware.listening.survey import read

Floats = npt.NDArray[np.float64]
SFREQ_HZ = 24_000
SHORT_S, FINE_S, CHORD_S, BLOCK_S, LONG_S = 0.023, 0.046, 0.2, 0.1, 1.5
"""Frames of the fluctuation, of level and spectrum, of the chroma, of the novelty and of the entropy."""
BARK_HZ = (0, 100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720, 2000, 2320, 2700, 3150, 3700, 4400, 5300,
           6400, 7700, 9500, 12_000)  # fmt: skip
"""Edges of the critical bands (Zwicker 1961)."""
FULL_SCALE_DB = 96.0
FLUCTUATES_HZ, KEENEST_HZ = 10.0, 4.0
"""Fastest fluctuation, and the one that is heard most (Fastl 1982)."""
CHROMA_HZ, CHROMA_DB = (100.0, 6400.0), 20.0
"""Range of the partials that make the chroma, in frequency and below the loudest (Gomez 2006)."""
NOVELTY_HZ, KERNEL_FRAMES = 5000.0, 64
ENTROPY_FROM_HZ, ENTROPY_CENTS, ENTROPY_SMOOTH = 40.0, 10, 3.0


class Features(NamedTuple):
    """What is heard of one piece."""

    level: float
    """Mean of the short root mean squares."""
    level_sd: float
    fluctuation: float
    """Peak of the rhythmic fluctuation over all critical bands (Pampalk, Rauber and Merkl 2002)."""
    centroid_hz: float
    spread_hz: float
    entropy: float
    """Of the spectrum folded into an octave, 0 to 1."""
    key_clarity: float
    """Correlation with the profile of the best key."""
    mode: float
    """By how much the best major key fits better than the best minor one."""
    novelty: float
    """Mean of Foote's novelty of the spectrum."""


WEIGHTS = {
    "valence": {"level_sd": -0.3161, "fluctuation": 0.6099, "key_clarity": 0.8802, "mode": 0.4565, "novelty": 0.4015},
    "arousal": {"level": 0.6664, "fluctuation": 0.6099, "centroid_hz": 0.4486, "spread_hz": -0.4639, "entropy": 0.7056},
}  # fmt: skip


def judge(paths: Sequence[Path]) -> Floats:
    """Valence and arousal (they say activity) of each WAV file beside the others, shape (files, 2)."""
    heard = np.array([features(mono(path)) for path in paths])
    standard = (heard - heard.mean(0)) / np.maximum(heard.std(0), 1e-12)
    weights = [[weights.get(name, 0.0) for name in Features._fields] for weights in WEIGHTS.values()]
    return np.asarray(standard @ np.array(weights).T)


def mono(path: Path) -> Floats:
    """Sound at 24 kHz of a file at the box's rate."""
    return np.asarray(signal.resample_poly(read(path).mean(1), SFREQ_HZ, 48_000))


def features(sound: Floats) -> Features:
    """All features of mono sound at 24 kHz, full scale at 1."""
    level = np.sqrt(np.mean(_frames(sound, FINE_S) ** 2, axis=1))
    hz, spectra = _spectra(sound, FINE_S)
    share = spectra / np.maximum(spectra.sum(1, keepdims=True), 1e-12)
    centroid = share @ hz
    spread = np.sqrt(np.sum(share * (hz - centroid[:, None]) ** 2, axis=1))
    fit = key_fit(_chroma(sound))
    return Features(
        level=float(level.mean()),
        level_sd=float(level.std()),
        fluctuation=fluctuation(sound),
        centroid_hz=float(centroid.mean()),
        spread_hz=float(spread.mean()),
        entropy=entropy(sound),
        key_clarity=float(fit.max(1).mean()),
        mode=float((fit[:, :12].max(1) - fit[:, 12:].max(1)).mean()),
        novelty=novelty(sound),
    )


def _frames(sound: Floats, length_s: float, hop: float = 0.5) -> Floats:
    size = round(length_s * SFREQ_HZ)
    return np.asarray(sliding_window_view(sound, size)[:: max(1, round(hop * size))])


def _spectra(sound: Floats, length_s: float, hop: float = 0.5, pad: int = 1) -> tuple[Floats, Floats]:
    """Frequencies, and magnitudes of shape (frames, frequencies)."""
    frames = _frames(sound, length_s, hop)
    size = pad * frames.shape[1]
    magnitudes = np.abs(np.fft.rfft(frames * np.hamming(frames.shape[1]), size))
    return np.asarray(np.fft.rfftfreq(size, 1 / SFREQ_HZ), np.float64), np.asarray(magnitudes, np.float64)


def fluctuation(sound: Floats) -> float:
    """Peak over fluctuations up to 10 Hz of what critical bands hear: outer ear, masking, decibels."""
    hz, spectra = _spectra(sound, SHORT_S)
    khz = np.maximum(hz, 20.0) / 1000.0
    ear_db = -3.64 * khz**-0.8 + 6.5 * np.exp(-0.6 * (khz - 3.3) ** 2) - 1e-3 * khz**4
    power = spectra**2 * 10 ** (ear_db / 10) / spectra.shape[1] ** 2
    bands = np.add.reduceat(power, np.searchsorted(hz, BARK_HZ[:-1]), axis=1)
    apart = np.arange(len(BARK_HZ) - 1)[:, None] - np.arange(len(BARK_HZ) - 1) + 0.474
    masking = 10 ** ((15.81 + 7.5 * apart - 17.5 * np.sqrt(1 + apart**2)) / 10)
    heard_db = np.maximum(0.0, 10 * np.log10(np.maximum(bands @ masking.T, 1e-20)) + FULL_SCALE_DB)
    rate_hz = np.fft.rfftfreq(len(heard_db), SHORT_S / 2)
    strength = np.abs(np.fft.rfft(heard_db - heard_db.mean(0), axis=0)).sum(1) / len(heard_db)
    keen = (rate_hz > 0.0) & (rate_hz <= FLUCTUATES_HZ)
    slow = rate_hz[keen] / KEENEST_HZ
    return float((strength[keen] / (slow + 1 / slow)).max())


def _chroma(sound: Floats) -> Floats:
    """Pitch classes of each frame, shape (frames, 12)."""
    hz, spectra = _spectra(sound, CHORD_S, 0.25, pad=2)
    inside = (hz >= CHROMA_HZ[0]) & (hz < CHROMA_HZ[1])
    level_db = 20 * np.log10(np.maximum(spectra[:, inside], 1e-9))
    above_db = np.maximum(0.0, level_db - level_db.max(1, keepdims=True) + CHROMA_DB)
    pitch = np.round(69 + 12 * np.log2(hz[inside] / 440.0)).astype(int)
    lines = np.equal.outer(pitch, np.arange(pitch.min(), pitch.max() + 1)).astype(float)
    pitches = above_db @ (lines / np.maximum(1, lines.sum(0)))
    return np.asarray(pitches @ np.equal.outer(np.arange(pitch.min(), pitch.max() + 1) % 12, np.arange(12)))


def entropy(sound: Floats) -> float:
    """Mean entropy of the spectrum folded into one octave and smoothed, as a share of the highest."""
    hz, spectra = _spectra(sound, LONG_S)
    cents = 1200 * np.log2(np.maximum(hz, 1.0) / ENTROPY_FROM_HZ)
    places = (cents[hz >= ENTROPY_FROM_HZ] % 1200 / ENTROPY_CENTS).astype(int)
    folded = np.zeros((len(spectra), 1200 // ENTROPY_CENTS))
    np.add.at(folded.T, places, spectra[:, hz >= ENTROPY_FROM_HZ].T)
    folded = ndimage.gaussian_filter1d(folded, ENTROPY_SMOOTH, axis=1, mode="wrap")
    share = folded / np.maximum(folded.sum(1, keepdims=True), 1e-12)
    return float(np.mean(-np.sum(share * np.log(share + 1e-12), axis=1)) / np.log(share.shape[1]))


def novelty(sound: Floats) -> float:
    """Mean novelty along the diagonal of the similarity of all frames (Foote and Cooper 2003)."""
    hz, spectra = _spectra(sound, BLOCK_S)
    rows = spectra[:, hz <= NOVELTY_HZ]
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    alike = np.exp(-(1.0 - rows @ rows.T))
    alike = 2.0 * (alike - alike.min()) / max(1e-12, float(np.ptp(alike))) - 1.0
    size = min(KERNEL_FRAMES, len(alike))
    place = (np.arange(size) - (size - 1) / 2) / (size / 2)
    taper = np.exp(-4.0 * place**2)
    kernel = np.outer(np.sign(place) * taper, np.sign(place) * taper) / size
    every = range(len(alike) - size + 1)
    return float(np.mean([np.sum(kernel * alike[n : n + size, n : n + size]) for n in every]))
