"""What comes out of a headset that does not sit as it should: EEG (n, channels) in uV becomes what a test must refuse.

Each takes whole clean EEG and gives a spoilt copy; every channel is hit, so that nothing readable is left.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Spoil = Callable[[Array, float, np.random.Generator], Array]

RAIL_UV = 187_500.0


def _time_s(eeg: Array, sfreq_hz: float) -> Array:
    return np.arange(len(eeg))[:, None] / sfreq_hz


def _railed(eeg: Array, sfreq_hz: float, rng: np.random.Generator) -> Array:
    """Electrodes come and go: mostly at the converter's end."""
    del sfreq_hz
    return np.where(rng.random(eeg.shape) < 0.7, RAIL_UV, eeg)


def _flat(eeg: Array, sfreq_hz: float, rng: np.random.Generator) -> Array:
    del sfreq_hz
    return 0 * eeg + 0.1 * rng.standard_normal(eeg.shape)


def _loose(eeg: Array, sfreq_hz: float, rng: np.random.Generator) -> Array:
    """Unconnected inputs drift for themselves and catch some hum."""
    drift = np.cumsum(rng.normal(0, 3, eeg.shape), axis=0)
    return np.asarray(drift + 30 * np.sin(2 * np.pi * (50 * _time_s(eeg, sfreq_hz) + rng.random(eeg.shape[1]))))


def _mains(eeg: Array, sfreq_hz: float, rng: np.random.Generator) -> Array:
    return np.asarray(eeg + rng.uniform(400, 900) * np.sin(2 * np.pi * 50 * _time_s(eeg, sfreq_hz)))


def _muscle(eeg: Array, sfreq_hz: float, rng: np.random.Generator) -> Array:
    """Clenched teeth: 20 Hz and up, 30 to 60 uV."""
    hz = np.fft.rfftfreq(len(eeg), 1 / sfreq_hz)[:, None]
    emg = np.fft.irfft(np.fft.rfft(rng.standard_normal(eeg.shape), axis=0) * (hz > 20), n=len(eeg), axis=0)
    return np.asarray(eeg + rng.uniform(30, 60) * emg / emg.std())


def _blinks_only(eeg: Array, sfreq_hz: float, rng: np.random.Generator) -> Array:
    """Lids and the amplifier's own noise, no brain."""
    time_s = _time_s(eeg, sfreq_hz)[:, 0]
    at_s = np.cumsum(rng.uniform(0.8, 1.8, round(time_s[-1])))
    blinks = sum(np.exp(-0.5 * ((time_s - moment) / 0.08) ** 2) for moment in at_s)
    spread = np.linspace(1.0, 0.05, eeg.shape[1])
    return np.asarray(rng.uniform(120, 250) * np.outer(blinks, spread) + rng.standard_normal(eeg.shape))


def _motion(eeg: Array, sfreq_hz: float, rng: np.random.Generator) -> Array:
    """Walking: the cables swing with the steps."""
    time_s = _time_s(eeg, sfreq_hz)
    steps = np.sin(2 * np.pi * 1.8 * time_s) + 0.5 * np.sin(2 * np.pi * 3.6 * time_s + 1)
    return np.asarray(eeg + rng.uniform(500, 1200) * steps * rng.uniform(0.6, 1.4, eeg.shape[1]))


def _white(eeg: Array, sfreq_hz: float, rng: np.random.Generator) -> Array:
    del sfreq_hz
    return rng.uniform(5, 50) * rng.standard_normal(eeg.shape)


def _shuffled(eeg: Array, sfreq_hz: float, rng: np.random.Generator) -> Array:
    """The samples of all channels in one random order."""
    del sfreq_hz
    return rng.permutation(eeg)


def _phases_scrambled(eeg: Array, sfreq_hz: float, rng: np.random.Generator) -> Array:
    """The spectrum of each channel stays, nothing else does."""
    del sfreq_hz
    spectrum = np.fft.rfft(eeg, axis=0)
    phases = np.exp(2j * np.pi * rng.random(spectrum.shape))
    return np.asarray(np.fft.irfft(np.abs(spectrum) * phases, n=len(eeg), axis=0))


ARTEFACTS: dict[str, Spoil] = {
    "railed": _railed,
    "flat": _flat,
    "loose": _loose,
    "mains": _mains,
    "muscle": _muscle,
    "blinks only": _blinks_only,
    "motion": _motion,
    "white noise": _white,
    "samples scrambled": _shuffled,
    "phases scrambled": _phases_scrambled,
}
