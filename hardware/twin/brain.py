"""EEG of the virtual patient: eight channels at 250 Hz whose band powers lie where real ones do.

The two tables are medians over 27 people at quiet rest and at serial subtraction (Zyma et al. 2019, "EEG During Mental
Arithmetic Tasks", ODC-BY), so a model trained on real data sees plausible features: alpha halves under load, theta
rises at the forehead only, and beta hardly moves, so that only its share rises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from hardware.twin.mood import Feeling, Mood
from hardware.twin.profiles import Profile

SFREQ_HZ = 250
MONTAGE: tuple[str, ...] = ("Fp1", "Fp2", "C3", "C4", "T5", "T6", "O1", "O2")
REST_AROUSAL, LOAD_AROUSAL = -0.4, 0.6
"""The arousal at which each of the two tables stands."""
Array = NDArray[np.float64]

BANDS_HZ = {"delta": (1.0, 4.0), "theta": (4.0, 8.0), "alpha": (8.0, 13.0), "beta": (13.0, 30.0)}
REST_UV2 = {
    "delta": (27.8, 30.3, 30.7, 31.6, 17.7, 24.2, 30.3, 34.1),
    "theta": (9.2, 9.6, 15.1, 17.1, 7.1, 10.9, 14.6, 14.9),
    "alpha": (13.2, 15.8, 27.0, 28.2, 20.8, 25.9, 69.1, 76.7),
    "beta": (7.1, 8.0, 9.5, 11.3, 6.2, 8.7, 12.9, 14.1),
}
"""Band power per channel of `MONTAGE`."""
LOAD_UV2 = {
    "delta": (27.8, 30.3, 27.6, 30.0, 17.5, 23.0, 26.1, 30.0),
    "theta": (12.2, 11.7, 14.2, 15.7, 5.4, 8.8, 11.1, 11.0),
    "alpha": (10.7, 12.8, 17.8, 17.5, 13.7, 16.6, 29.0, 42.2),
    "beta": (7.3, 7.6, 7.8, 9.6, 5.5, 8.2, 10.3, 11.8),
}
"""Rest times the median ratio within a person; the forehead's delta stays, as what it gains is blinks."""

HOP_S = 2
"""The spectrum follows the mood in steps of two seconds, each a frame of four that overlaps the next by half."""
_N_FRAME = 2 * HOP_S * SFREQ_HZ
_HZ = np.fft.rfftfreq(_N_FRAME, 1 / SFREQ_HZ)
_FADE = np.sin(np.pi * (np.arange(_N_FRAME) + 0.5) / _N_FRAME)[:, None]
"""Squares of overlapping fades add to one, so the variance is even."""

_POSITIONS = np.array([(-0.3, 1), (0.3, 1), (-0.5, 0), (0.5, 0), (-0.9, -0.6), (0.9, -0.6), (-0.3, -1), (0.3, -1)])
_DISTANCE = np.linalg.norm(_POSITIONS[:, None] - _POSITIONS, axis=2)
_MIX = np.linalg.cholesky(0.75 ** (_DISTANCE / 0.6)).T
"""Mixes independent noise into channels that correlate as neighbours on a head do, each of variance 1."""
_BLINK = np.hanning(80) * np.exp(-np.arange(80) / 60)
"""A lid closes faster than it opens: 0.3 s."""
_BLINK_SPREAD = np.array([1.0, 1.0, 0.12, 0.12, 0.03, 0.03, 0.02, 0.02])
_MUSCLE_SPREAD = np.array([0.5, 0.5, 0.2, 0.2, 1.0, 1.0, 0.3, 0.3])
_SWING = np.hanning(3 * SFREQ_HZ) * np.sin(2 * np.pi * 1.8 * np.arange(3 * SFREQ_HZ) / SFREQ_HZ)
"""Cables that swing with somebody who moves in the chair: 3 s."""
_N_AHEAD = _N_FRAME // 2 + 3 * SFREQ_HZ


def _background() -> Array:
    """Power density over `_HZ`: flat below 0.8 Hz, then about 1/f, steep above 25 Hz, as scalp EEG is."""
    return np.asarray(1 / (1 + (_HZ / 0.8) ** 1.15) / (1 + (_HZ / 25) ** 4))


def _bump(centre_hz: float, width_hz: float) -> Array:
    return np.asarray(np.exp(-0.5 * ((_HZ - centre_hz) / width_hz) ** 2))


def _in_band(density: Array, band: str) -> float:
    low_hz, high_hz = BANDS_HZ[band]
    return float(density[(low_hz <= _HZ) & (high_hz > _HZ)].sum() * (_HZ[1] - _HZ[0]))


class Rhythms:
    """Shapes over frequency, and how much of each a channel has.

    The background carries delta; each further band adds what the background lacks there.
    """

    def __init__(self, alpha_hz: float) -> None:
        self._bumps = {"theta": _bump(6.0, 1.0), "alpha": _bump(alpha_hz, 0.8), "beta": _bump(18.0, 4.0)}
        self._shapes = np.array([_background(), *self._bumps.values()])
        self._rest, self._load = self._weigh(REST_UV2), self._weigh(LOAD_UV2)

    def _weigh(self, table: Mapping[str, tuple[float, ...]]) -> Array:
        """Weight of each shape per channel, (4, 8)."""
        background = self._shapes[0]
        floor = np.array(table["delta"]) / _in_band(background, "delta")
        weights = [floor]
        for band, bump in self._bumps.items():
            power_uv2 = np.array(table[band])
            lacking_uv2 = np.maximum(power_uv2 - floor * _in_band(background, band), 0.05 * power_uv2)
            weights.append(lacking_uv2 / _in_band(bump, band))
        return np.array(weights)

    def density(self, feeling: Feeling) -> Array:
        """Power density in uV^2/Hz, shape (len(_HZ), 8)."""
        load = float(np.clip((feeling.arousal - REST_AROUSAL) / (LOAD_AROUSAL - REST_AROUSAL), -0.6, 1.4))
        weights = self._rest ** (1 - load) * self._load**load
        weights[2] *= np.exp(0.6 * (feeling.relaxation - 0.5))
        return np.asarray(self._shapes.T @ weights)


class Brain:
    """Generates hop by hop, whatever sizes are asked for, so the samples depend on seed and music only."""

    def __init__(self, seed: int, profile: Profile, mood: Mood) -> None:
        self._noise = np.random.default_rng((seed, 2, profile.number))
        self._mood, self._blinks_per_min, self._fidgets_per_min = mood, profile.blinks_per_min, profile.fidgets_per_min
        self._rhythms = Rhythms(profile.alpha_hz)
        self._gain = np.exp(0.15 * self._noise.standard_normal(len(MONTAGE)))
        self._offset_uv = 2000 * self._noise.standard_normal(len(MONTAGE))
        self._hum_uv = self._noise.uniform(0.5, 2.5, len(MONTAGE))
        self._drift_uv = np.zeros(len(MONTAGE))
        self._ahead = np.zeros((_N_AHEAD, len(MONTAGE)))
        """What has begun and reaches beyond the hops handed out."""
        self._n_hops = -1
        self._live_on()  # The first frame has none before it to overlap with.
        self._hop = self._live_on()

    def samples(self, first_sample: int, n_samples: int) -> Array:
        """EEG (n, 8) in uV from `first_sample` on, counted at 250 Hz; asked for in rising order."""
        size, parts, position = HOP_S * SFREQ_HZ, [], first_sample
        while position < first_sample + n_samples:
            while position >= self._n_hops * size:
                self._hop = self._live_on()
            begin = position - (self._n_hops - 1) * size
            if begin < 0:
                raise ValueError(f"sample {position} has gone by")
            parts.append(self._hop[begin : begin + first_sample + n_samples - position])
            position += len(parts[-1])
        return np.concatenate(parts) if parts else np.empty((0, len(MONTAGE)))

    def _live_on(self) -> Array:
        """The next hop."""
        feeling, size = self._mood.shown(max(0, self._n_hops * HOP_S)), HOP_S * SFREQ_HZ
        self._ahead[:_N_FRAME] += _FADE * self._gain * self._rhythm_frame(feeling)
        for artefact in self._artefacts(feeling):
            at = int(self._noise.integers(size))
            self._ahead[at : at + len(artefact)] += artefact
        hop = self._ahead[:size] + self._surroundings(size)
        self._ahead = np.concatenate((self._ahead[size:], np.zeros((size, len(MONTAGE)))))
        self._n_hops += 1
        return hop

    def _rhythm_frame(self, feeling: Feeling) -> Array:
        white = self._noise.standard_normal((_N_FRAME, len(MONTAGE))) @ _MIX
        amplitude = np.sqrt(self._rhythms.density(feeling) * SFREQ_HZ / 2)
        return np.fft.irfft(np.fft.rfft(white, axis=0) * amplitude, n=_N_FRAME, axis=0)

    def _surroundings(self, size: int) -> Array:
        """What the electrodes add: offset, slow drift and mains hum."""
        drift_to = 0.97 * self._drift_uv + 4.0 * self._noise.standard_normal(len(MONTAGE))
        drift = self._drift_uv + (drift_to - self._drift_uv) * np.linspace(0, 1, size, endpoint=False)[:, None]
        self._drift_uv = drift_to
        hum = np.sin(2 * np.pi * 50 * np.arange(size) / SFREQ_HZ)[:, None] * self._hum_uv
        return np.asarray(self._offset_uv + drift + hum)

    def _artefacts(self, feeling: Feeling) -> Iterator[Array]:
        """Blinks, bursts of the jaw muscles and cables that swing with a movement, as they begin in this hop."""
        blinks = self._blinks_per_min / 60 * np.exp(0.5 * feeling.arousal) * HOP_S
        for _ in range(self._noise.poisson(blinks)):
            yield self._noise.uniform(80, 160) * _BLINK[:, None] * _BLINK_SPREAD
        for _ in range(self._noise.poisson(0.5 / 60 * np.exp(feeling.arousal) * HOP_S)):
            n_samples = int(self._noise.integers(SFREQ_HZ // 2, 2 * SFREQ_HZ))
            burst = self._noise.standard_normal((n_samples, len(MONTAGE))) * np.hanning(n_samples)[:, None]
            yield self._noise.uniform(5, 20) * np.diff(burst, axis=0, prepend=0) * _MUSCLE_SPREAD
        for _ in range(self._noise.poisson(self._fidgets_per_min / 60 * HOP_S)):
            yield self._noise.uniform(500, 1200) * _SWING[:, None] * self._noise.uniform(0.6, 1.4, len(MONTAGE))
