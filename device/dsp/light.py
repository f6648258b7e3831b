"""Makes the light of a wristband ready to look for beats in: without what is no measurement, on one grid, in one band.

Everything here is the same for a wave turned over, stretched or lifted; the unit of the light does not matter.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.dsp.cancel import RATE_HZ, SEGMENT_S
from device.dsp.motion import HUGE_G, fill
from device.dsp.windows import FloatArray
from device.modalities import MODALITIES

BAND_HZ = (0.5, 6.5)
EMPHASIS = 0.5
"""Within the band amplitude rises with this power of frequency: movement is strongest where the pulse is slowest."""
SPAN_S = (10.0, 300.0)
SFREQ_HZ = (20.0, 1000.0)
EDGE_S = 1.0
"""Time that is mirrored before the first and behind the last sample, for the filter to settle."""
FLAT_S = 0.3
"""Equal samples for so long are no pulse."""
CLIPPED_SAMPLES = 3
WEAK_SHARE = 0.06
"""Share of the median swing: a second with less has light that does not come through skin."""
STRONG_SHARE = 8.0
"""Multiple of the median swing: a second with more is a jolt, or the band is put on."""
MOVED_HEARD_MIN = 0.5
HUGE = MODALITIES["ppg"].channels["*"].possible[1]
"""A greater number is a broken one and no light."""
WORTH_TELLING = 0.02


class Light(NamedTuple):
    wave: FloatArray
    """The pulse wave, band-passed, of unit size, at `rate_hz`, shape (n,)."""
    known: FloatArray
    """1 where there was a measurement, 0 where none, shape (n,)."""
    felt: FloatArray | None
    """Acceleration on the same grid and in the same band, shape (3, n)."""
    rate_hz: float
    """Rate of the grid: nearly `RATE_HZ`."""
    begin: int
    """Index of the window's first sample."""
    span_s: float
    reasons: tuple[str, ...]


def prepare(
    ppg: FloatArray, sfreq_hz: float, motion_g: FloatArray | None, motion_sfreq_hz: float
) -> Light | tuple[str, ...]:
    """The light of a window made ready, or why there is nothing to look at."""
    span_s = len(ppg) / sfreq_hz if SFREQ_HZ[0] <= sfreq_hz <= SFREQ_HZ[1] else 0.0
    if not SPAN_S[0] <= span_s <= SPAN_S[1]:
        return (f"no pulse wave of {SPAN_S[0]:.0f} to {SPAN_S[1]:.0f} s at {SFREQ_HZ[0]:.0f} samples a second or more",)
    ppg = np.where(np.abs(ppg) < HUGE, ppg, np.nan)
    usable, reasons = find_usable(ppg, sfreq_hz)
    if usable.mean() * span_s < SPAN_S[0]:
        return reasons
    total_s = SEGMENT_S * np.ceil((span_s + 2 * EDGE_S) / SEGMENT_S)
    n_in, n_out = round(total_s * sfreq_hz), round(total_s * RATE_HZ)
    rate_hz, begin = n_out * sfreq_hz / n_in, round(EDGE_S * RATE_HZ)
    times_s = (np.arange(n_out) - begin) / rate_hz
    filled = fill(ppg[:, None], usable)[:, 0]
    extended = _extend((filled - filled[0]) / np.ptp(filled), round(begin / rate_hz * sfreq_hz), n_in)
    wave = _band(extended, sfreq_hz, n_out)
    nearest = np.rint(times_s * sfreq_hz).astype(np.intp)
    known = (usable[np.clip(nearest, 0, len(ppg) - 1)] & (nearest >= 0) & (nearest < len(ppg))).astype(float)
    felt = None if motion_g is None else _feel(motion_g, motion_sfreq_hz, times_s, rate_hz)
    if felt is None:
        reasons += ("no movement data: steps cannot be told from beats",)
    return Light(wave / np.sqrt((wave**2) @ known / known.sum()), known, felt, rate_hz, begin, span_s, reasons)


def find_usable(ppg: FloatArray, sfreq_hz: float) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Which samples, shape (n,), are measurements of skin, and names for what the others are."""
    heard = ~np.isnan(ppg)
    if not heard.any():
        return heard, ("all of the pulse wave lost",)
    same = np.diff(ppg, prepend=np.nan) == 0
    extreme = (ppg == ppg[heard].max()) | (ppg == ppg[heard].min())
    flat = _long_runs(same, round(FLAT_S * sfreq_hz))
    clipped = _long_runs(same & extreme, CLIPPED_SAMPLES - 1) & ~flat
    usable = heard & ~flat & ~clipped
    weak, strong = _contact(ppg, usable, round(sfreq_hz))
    parts = {
        "lost": ~heard,
        "flat": flat,
        "clipped": clipped,
        "without skin contact": weak & usable,
        "jolted": strong & usable & ~weak,
    }
    shares = {name: np.count_nonzero(part) / len(ppg) for name, part in parts.items()}
    reasons = tuple(f"{share:.0%} of the pulse wave {name}" for name, share in shares.items() if share > WORTH_TELLING)
    return usable & ~weak & ~strong, reasons


def _contact(ppg: FloatArray, usable: NDArray[np.bool_], second: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Seconds with far less swing than the others (and their neighbours, where the band came off), or far more."""
    n_seconds = len(ppg) // second
    if not usable.any() or not n_seconds:
        return ~usable, np.zeros(len(ppg), np.bool_)
    filled = fill(ppg[:, None], usable)[: n_seconds * second, 0].reshape(n_seconds, second)
    ramp = np.linspace(-1, 1, second)
    level = filled - filled.mean(axis=1, keepdims=True)
    level -= (level @ ramp / (ramp @ ramp))[:, None] * ramp
    swing = np.sqrt((level**2).mean(axis=1))
    asked = usable[: n_seconds * second].reshape(n_seconds, second).mean(axis=1) > 0.5
    middle = float(np.median(swing[asked])) if asked.any() else 0.0
    weak = asked & (swing <= WEAK_SHARE * middle)
    weak = np.convolve(weak, np.ones(3), "same") > 0
    at = np.minimum(np.arange(len(ppg)) // second, n_seconds - 1)
    return weak[at], (swing > STRONG_SHARE * middle)[at]


def _long_runs(same: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """Marks runs of at least `least` samples that are the `same` as the one before, with the sample before the run."""
    if np.count_nonzero(same) < least:
        return np.zeros(len(same), np.bool_)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], same, [False])).astype(np.int8)))
    begins, ends = edges[::2], edges[1::2]
    kept = ends - begins >= max(1, least)
    change = np.zeros(len(same) + 1, np.int8)
    change[np.maximum(begins[kept] - 1, 0)] += 1
    change[ends[kept]] -= 1
    return np.cumsum(change[:-1]) > 0


def _extend(samples: FloatArray, front: int, length: int) -> FloatArray:
    """The window with its ends turned over about their last value up to `length`, without the line from end to end."""
    back = length - len(samples) - front
    turn = np.concatenate((2 * samples[-1] - samples[-2::-1], np.full(max(0, back), samples[-1])))[:back]
    extended = np.concatenate((2 * samples[0] - samples[front:0:-1], samples, turn))
    line: FloatArray = np.linspace(extended[0], extended[-1], length)
    return extended - line


def _band(samples: FloatArray, sfreq_hz: float, n_out: int) -> FloatArray:
    """Band-pass, emphasis and a new rate in one transform over the last axis."""
    n_in = samples.shape[-1]
    spectrum = np.fft.rfft(samples)[..., : n_out // 2 + 1]
    freqs_hz = np.arange(spectrum.shape[-1]) * (sfreq_hz / n_in)
    rise = np.clip((freqs_hz - 0.7 * BAND_HZ[0]) / (0.3 * BAND_HZ[0]), 0, 1)
    fall = np.clip((1.25 * BAND_HZ[1] - freqs_hz) / (0.25 * BAND_HZ[1]), 0, 1)
    wave: FloatArray = np.fft.irfft(spectrum * (rise * fall * freqs_hz**EMPHASIS), n_out)
    wave *= n_out / n_in
    return wave


def _feel(motion_g: FloatArray, sfreq_hz: float, times_s: FloatArray, rate_hz: float) -> FloatArray | None:
    """Acceleration without gravity at `times_s`, or nothing where there is too little of it."""
    samples = np.asarray(motion_g, np.float64).reshape(-1, 3)
    heard = np.flatnonzero(np.all(np.abs(samples) < HUGE_G, axis=1))
    if not sfreq_hz > 0 or not len(heard) or len(heard) < MOVED_HEARD_MIN * len(samples):
        return None
    axes = np.stack([np.interp(times_s, heard / sfreq_hz, axis) for axis in samples[heard].T])
    return _band(axes - axes.mean(axis=1, keepdims=True), rate_hz, len(times_s))
