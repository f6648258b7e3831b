"""Tells how far each EEG channel of a window can be believed, 0 to 1, with the reason in words.

Thresholds are amplitudes a technician would use; each check falls from 1 to 0 between a harmless and a hopeless value
and a channel is as good as its worst check.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.dsp.eeg import TINY_UV2, band_power
from device.dsp.windows import FloatArray

FULL_SCALE_UV = 187_500.0
"""Full scale of an ADS1299 at gain 24, where a sensor or recording does not say its own."""
RAIL_SHARE = 0.997
"""Share of full scale that only a loose or unconnected electrode reaches."""
CLIPPED_SHARE = (0.02, 0.10)
FLAT_UV = 0.5
"""Peak to peak over the window; the converter's own noise is about 1 uV."""
STUCK_SHARE = (0.3, 0.6)
LOST_SHARE = (0.0, 0.5)
HUM_UV = (30.0, 300.0)
"""The window function keeps hum out of the bands, but this much of it tells of a poor contact."""
MUSCLE_UV = (4.0, 12.0)
SWING_UV = (300.0, 800.0)
"""Peak to peak without trend: a blink is 100-300 uV, which the features stand; movement is more."""
SWING_MEAN_S = 0.04
FALL = (0.4, 1.2)
"""Natural logarithm of the mean density at 2-8 Hz over that at 20-45 Hz. EEG falls with frequency: 99 of 100 clean
windows of the open recordings by 1.5 and more, 95 of dry electrodes by 1.2. Noise, scrambled samples and muscle do not
(0 +- 0.4)."""
FALL_HZ = ((2.0, 8.0), (20.0, 45.0))
LIKENESS = {4: (0.08, 0.13), 8: (0.14, 0.19)}
"""Number of channels -> mean correlation between them, without sign, that is nothing and that is enough.

What brain, eyes and reference give to all makes 0.28 or more in 999 of 1000 clean windows of eight channels and 0.16 in
99 of 100 of four; scrambled signals make 0.15 at most with eight. With fewer than four the mean says nothing."""
REPEATED_S = 0.5
"""A piece of this length that comes again to the last digit was never measured twice."""
LOOPS_TRIED = 8
MAINS_HZ = (50, 60)
WORTH_TELLING = 0.9


class Verdict(NamedTuple):
    quality: FloatArray
    """0 (unusable) to 1 (clean), shape (channels,)."""
    reasons: tuple[str, ...]


def judge(
    window: NDArray[np.float32],
    filled: FloatArray,
    freqs_hz: FloatArray,
    psd: FloatArray,
    ch_names: Sequence[str],
    full_scale_uv: float = FULL_SCALE_UV,
) -> Verdict:
    """Judge a window, shape (channels, n) in uV, NaN for lost samples; `filled` and `psd` are what `eeg` made of it."""
    lost = 1 - np.isfinite(window).mean(axis=1)
    flat = np.ptp(filled, axis=1) < FLAT_UV
    slow = _without_hum(filled, 2 * freqs_hz[-1])
    checks = {
        "{} railed": _fall(_clipped_share(filled, RAIL_SHARE * full_scale_uv) * ~flat, CLIPPED_SHARE),
        "{} flat": np.where(flat, 0.0, 1.0),
        "the same again and again on {}": _repetition(filled, ~flat, 2 * freqs_hz[-1]),
        "{} stuck": np.where(flat, 1.0, _fall((np.diff(filled, axis=1) == 0).mean(axis=1) - lost, STUCK_SHARE)),
        "samples lost on {}": _fall(lost, LOST_SHARE),
        **{f"{mains} Hz hum on {{}}": _fall(_rms(freqs_hz, psd, mains - 1, mains + 2), HUM_UV) for mains in MAINS_HZ},
        "muscle on {}": _fall(_rms(freqs_hz, psd, 30, 45), MUSCLE_UV),
        "blinks or movement on {}": _fall(np.ptp(slow, axis=1), SWING_UV),
        "noise, not EEG, on {}": np.where(flat, 1.0, _rise(_fall_of_density(freqs_hz, psd), FALL)),
        "unconnected or scrambled: nothing in common on {}": _likeness(slow, ~flat),
    }
    quality = np.min(list(checks.values()), axis=0)
    return Verdict(quality, tuple(_sentences(checks, quality, ch_names)))


def _sentences(checks: dict[str, FloatArray], quality: FloatArray, ch_names: Sequence[str]) -> list[str]:
    """One sentence per kind of trouble; a channel is named for its worst trouble only."""
    sentences = []
    for pattern, factor in checks.items():
        named = np.flatnonzero((factor < WORTH_TELLING) & (factor <= quality))
        if len(named) == len(ch_names) > 1:
            sentences.append(pattern.format("all channels"))
        elif len(named):
            sentences.append(pattern.format(", ".join(ch_names[channel] for channel in named.tolist())))
    return sentences


def _fall(value: FloatArray, limits: tuple[float, float]) -> FloatArray:
    """1 up to the lower limit, 0 from the upper one, straight between."""
    factor: FloatArray = np.clip((limits[1] - value) / (limits[1] - limits[0]), 0.0, 1.0)
    return factor


def _rise(value: FloatArray, limits: tuple[float, float]) -> FloatArray:
    """0 up to the lower limit, 1 from the upper one, straight between."""
    return 1 - _fall(value, limits)


def _clipped_share(filled: FloatArray, rail_uv: float) -> FloatArray:
    """Share of samples at the converter's rail or pressed against the window's own extremes."""
    railed = np.abs(filled) >= rail_uv
    extremes = [filled == edge(filled, axis=1, keepdims=True) for edge in (np.max, np.min)]
    worst: FloatArray = np.stack([share.mean(axis=1) for share in (railed, *extremes)]).max(axis=0)
    return worst


def _rms(freqs_hz: FloatArray, psd: FloatArray, low_hz: float, high_hz: float) -> FloatArray:
    rms: FloatArray = np.sqrt(band_power(freqs_hz, psd, (low_hz, high_hz)))
    return rms


def _without_hum(filled: FloatArray, sfreq_hz: float) -> FloatArray:
    """Means over two mains periods, shape (channels, means), without their straight line."""
    size = max(1, round(SWING_MEAN_S * sfreq_hz))
    n_means = filled.shape[1] // size
    means = filled[:, : n_means * size].reshape(len(filled), n_means, size).mean(axis=2)
    ramp = np.linspace(-1.0, 1.0, n_means)
    centred = means - means.mean(axis=1, keepdims=True)
    slow: FloatArray = centred - (centred @ ramp / (ramp @ ramp))[:, None] * ramp
    return slow


def _fall_of_density(freqs_hz: FloatArray, psd: FloatArray) -> FloatArray:
    """How much less density there is at high than at low frequencies, as a natural logarithm."""
    low, high = (psd[:, (freqs_hz >= begin) & (freqs_hz < end)].mean(axis=1) for begin, end in FALL_HZ)
    return np.asarray(np.log((low + TINY_UV2) / (high + TINY_UV2)))


def _repetition(filled: FloatArray, alive: NDArray[np.bool_], sfreq_hz: float) -> FloatArray:
    """0 for all channels that are not flat where they repeat themselves to the last digit, as a hung buffer does."""
    found = np.ones(len(filled))
    window, overlap = filled[alive], round(REPEATED_S * sfreq_hz)
    if not len(window) or not np.ptp(window[:, -overlap:], axis=1).any():
        return found  # What stands still is told as stuck.
    ends = np.flatnonzero((window[:, overlap - 1 : -1] == window[:, -1:]).all(axis=0)) + overlap
    for end in ends[-LOOPS_TRIED:].tolist():
        if (window[:, end - overlap : end] == window[:, -overlap:]).all():
            found[alive] = 0.0
    return found


def _likeness(slow: FloatArray, alive: NDArray[np.bool_]) -> FloatArray:
    """Whether the channels that are not flat have enough in common, 0 to 1, the same for all; 1 where they are few."""
    steps = np.diff(slow[alive], axis=1)
    n_alive = len(steps)
    if n_alive < min(LIKENESS):
        return np.ones(len(slow))
    steps -= steps.mean(axis=1, keepdims=True)
    steps /= np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), 1e-12)
    mean = (np.abs(steps @ steps.T).sum(keepdims=True) - n_alive) / (n_alive * (n_alive - 1))
    low, high = (float(np.interp(n_alive, list(LIKENESS), side)) for side in zip(*LIKENESS.values(), strict=True))
    return np.full(len(slow), _rise(mean, (low, high)))
