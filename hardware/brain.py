"""EEG of the virtual patient: eight channels at 250 Hz whose band powers lie where real ones do.

The two tables are medians over 27 people at quiet rest and at serial subtraction (Zyma et al. 2019, "EEG During Mental
Arithmetic Tasks", ODC-BY), so a model trained on real data sees plausible features: alpha halves under load, theta
rises at the forehead only, and beta hardly moves, so that only its share rises.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from hardware.mood import Feeling, Mood
from hardware.profiles import Profile

SFREQ_HZ = 250
MONTAGE = ("Fp1", "Fp2", "C3", "C4", "T5", "T6", "O1", "O2")
REST_AROUSAL, LOAD_AROUSAL = -0.4, 0.6
"""Where on the arousal axis the two tables stand."""
Array = NDArray[np.float64]

BANDS_HZ = {"delta": (1.0, 4.0), "theta": (4.0, 8.0), "alpha": (8.0, 13.0), "beta": (13.0, 30.0)}
REST_UV2 = {
    "delta": (27.8, 30.3, 30.7, 31.6, 17.7, 24.2, 30.3, 34.1),
    "theta": (9.2, 9.6, 15.1, 17.1, 7.1, 10.9, 14.6, 14.9),
    "alpha": (13.2, 15.8, 27.0, 28.2, 20.8, 25.9, 69.1, 76.7),
    "beta": (7.1, 8.0, 9.5, 11.3, 6.2, 8.7, 12.9, 14.1),
}
"""Band power per channel of `MONTAGE`. The forehead's delta under load is its rest value: the rest of it is blinks."""
LOAD_UV2 = {
    "delta": (27.8, 30.3, 27.6, 30.0, 17.5, 23.0, 26.1, 30.0),
    "theta": (12.2, 11.7, 14.2, 15.7, 5.4, 8.8, 11.1, 11.0),
    "alpha": (10.7, 12.8, 17.8, 17.5, 13.7, 16.6, 29.0, 42.2),
    "beta": (7.3, 7.6, 7.8, 9.6, 5.5, 8.2, 10.3, 11.8),
}
_NEAR = 0.75
"""Correlation of neighbours; it falls with the distance on the head."""
_POSITIONS = np.array([(-0.3, 1), (0.3, 1), (-0.5, 0), (0.5, 0), (-0.9, -0.6), (0.9, -0.6), (-0.3, -1), (0.3, -1)])
_BLINK = signal.windows.tukey(80, 0.9) * np.exp(-np.arange(80) / 60)
"""A lid closes faster than it opens: 0.3 s, largest near its begin."""
_BLINK_SPREAD = np.array([1.0, 1.0, 0.12, 0.12, 0.03, 0.03, 0.02, 0.02])
_MUSCLE_SPREAD = np.array([0.5, 0.5, 0.2, 0.2, 1.0, 1.0, 0.3, 0.3])
_AHEAD = 3 * SFREQ_HZ
"""Longest artefact in samples."""


def _unit(sos: Array) -> Array:
    """Scale a filter so that white noise of variance 1 keeps variance 1."""
    _, response = signal.sosfreqz(sos, 8192)
    scaled = np.array(sos)
    scaled[0, :3] /= np.sqrt(np.mean(np.abs(response) ** 2))
    return scaled


def _one_over_f() -> Array:
    """About 1/f from 0.8 to 25 Hz, flat below, steeper above, as scalp EEG is: poles and zeros in turn."""
    corners_hz = 0.8 * 4.0 ** np.arange(3)
    poles, zeros = -2 * np.pi * np.append(corners_hz, 25.0), -2 * np.pi * corners_hz * 4**0.58
    return _unit(signal.zpk2sos(*signal.bilinear_zpk(zeros, poles, 1.0, SFREQ_HZ)))


def _around(low_hz: float, high_hz: float) -> Array:
    return _unit(signal.butter(2, (low_hz, high_hz), "bandpass", fs=SFREQ_HZ, output="sos"))


def _shares(sos: Array) -> dict[str, float]:
    """Share of a unit filter's output power in each band."""
    hz, response = signal.sosfreqz(sos, 8192, fs=SFREQ_HZ)
    power = np.abs(response) ** 2
    return {band: float(power[(hz >= low) & (hz < high)].sum() / power.sum()) for band, (low, high) in BANDS_HZ.items()}


def _mixing() -> Array:
    """Mixes independent noise into channels that correlate as neighbours on a head do."""
    distance = np.linalg.norm(_POSITIONS[:, None] - _POSITIONS, axis=2)
    return np.asarray(np.linalg.cholesky(_NEAR ** (distance / 0.6)).T)


class _Rhythm:
    """One band of noise with its power per channel at rest and under load."""

    def __init__(self, sos: Array, rest_uv2: Array, load_uv2: Array) -> None:
        self._sos, self._rest_uv2, self._load_uv2 = sos, rest_uv2, load_uv2
        self._state = np.zeros((len(sos), 2, len(MONTAGE)))
        self._amplitude = np.sqrt(rest_uv2)

    def play(self, white: Array, load: float, boost: float) -> Array:
        """Next block (n, 8) in uV; the amplitude glides to `load` (0 rest, 1 load) times `boost`."""
        shaped, self._state = signal.sosfilt(self._sos, white, axis=0, zi=self._state)
        target = np.sqrt(self._rest_uv2 ** (1 - load) * self._load_uv2**load) * boost
        ramp = np.linspace(0, 1, len(white), endpoint=False)[:, None]
        amplitude = self._amplitude + (target - self._amplitude) * ramp
        self._amplitude = target
        return np.asarray(amplitude * shaped)


class Brain:
    """Generates second by second, whatever sizes are asked for, so the samples depend on seed and music only."""

    def __init__(self, seed: int, profile: Profile, mood: Mood) -> None:
        self._noise = np.random.default_rng((seed, 2))
        self._mood, self._blinks_per_min = mood, profile.blinks_per_min
        self._mix = _mixing()
        self._gain = np.exp(0.15 * self._noise.standard_normal(len(MONTAGE)))
        self._offset_uv = 2000 * self._noise.standard_normal(len(MONTAGE))
        self._hum_uv = self._noise.uniform(0.5, 2.5, len(MONTAGE))
        self._drift_uv = np.zeros(len(MONTAGE))
        self._rhythms = self._compose(profile.alpha_hz)
        self._artefacts = np.zeros((_AHEAD + SFREQ_HZ, len(MONTAGE)))
        self._second = 0
        self._block = np.empty((0, len(MONTAGE)))

    @staticmethod
    def _compose(alpha_hz: float) -> list[tuple[str, _Rhythm]]:
        """The background carries delta; each further rhythm adds what its band lacks."""
        background = _one_over_f()
        share = _shares(background)
        tables = [{band: np.array(row) for band, row in table.items()} for table in (REST_UV2, LOAD_UV2)]
        floor = [table["delta"] / share["delta"] for table in tables]
        rhythms = [("background", _Rhythm(background, *floor))]
        filters = {
            "theta": _around(4.5, 7.5),
            "alpha": _around(alpha_hz - 1.2, alpha_hz + 1.2),
            "beta": _around(14.0, 24.0),
        }
        for band, sos in filters.items():
            lacking = [
                np.maximum(table[band] - share[band] * ground, 0.05 * table[band])
                for table, ground in zip(tables, floor, strict=True)
            ]
            rhythms.append((band, _Rhythm(sos, *lacking)))
        return rhythms

    def samples(self, first_sample: int, n_samples: int) -> Array:
        """EEG (n, 8) in uV from `first_sample` on, counted at 250 Hz; asked for in rising order."""
        parts, position = [], first_sample
        while position < first_sample + n_samples:
            while position >= self._second * SFREQ_HZ:
                self._block = self._live_on()
            begin = position - (self._second - 1) * SFREQ_HZ
            if begin < 0:
                raise ValueError(f"sample {position} has gone by")
            parts.append(self._block[begin : begin + first_sample + n_samples - position])
            position += len(parts[-1])
        return np.concatenate(parts) if parts else np.empty((0, len(MONTAGE)))

    def _live_on(self) -> Array:
        feeling = self._mood.at(self._second)
        load = float(np.clip((feeling.arousal - REST_AROUSAL) / (LOAD_AROUSAL - REST_AROUSAL), -0.6, 1.4))
        white = self._noise.standard_normal((len(self._rhythms), SFREQ_HZ, len(MONTAGE))) @ self._mix
        block = self._surroundings()
        for (band, rhythm), drive in zip(self._rhythms, white, strict=True):
            boost = np.exp(0.3 * (feeling.relaxation - 0.5)) if band == "alpha" else 1.0
            block += self._gain * rhythm.play(drive, load, boost)
        block += self._take_artefacts(feeling)
        self._second += 1
        return block

    def _surroundings(self) -> Array:
        """What the electrodes add: offset, slow drift and mains hum."""
        drift_to = 0.98 * self._drift_uv + 3.0 * self._noise.standard_normal(len(MONTAGE))
        ramp = np.linspace(0, 1, SFREQ_HZ, endpoint=False)[:, None]
        drift = self._drift_uv + (drift_to - self._drift_uv) * ramp
        self._drift_uv = drift_to
        hum = np.sin(2 * np.pi * 50 * np.arange(SFREQ_HZ) / SFREQ_HZ)[:, None] * self._hum_uv
        return np.asarray(self._offset_uv + drift + hum)

    def _take_artefacts(self, feeling: Feeling) -> Array:
        """Artefacts of this second; those that begin in it may last into the next ones."""
        for artefact in self._begin(feeling):
            at = int(self._noise.integers(SFREQ_HZ))
            self._artefacts[at : at + len(artefact)] += artefact
        now = self._artefacts[:SFREQ_HZ].copy()
        self._artefacts[:-SFREQ_HZ] = self._artefacts[SFREQ_HZ:]
        self._artefacts[-SFREQ_HZ:] = 0
        return now

    def _begin(self, feeling: Feeling) -> Iterable[Array]:
        if self._noise.random() < self._blinks_per_min / 60 * np.exp(0.5 * feeling.arousal):
            yield self._noise.uniform(80, 160) * _BLINK[:, None] * _BLINK_SPREAD
        if self._noise.random() < 0.5 / 60 * np.exp(feeling.arousal):
            n_samples = int(self._noise.integers(SFREQ_HZ // 2, 2 * SFREQ_HZ))
            burst = self._noise.standard_normal((n_samples, len(MONTAGE))) * signal.windows.tukey(n_samples)[:, None]
            yield self._noise.uniform(5, 20) * np.diff(burst, axis=0, prepend=0) * _MUSCLE_SPREAD
