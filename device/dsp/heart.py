"""Measures heart and breath of the last minute from the rows of a band, or from the light of one without intervals.

The light's beats are written down as the rows that a band would have sent, so that there is one way to the numbers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from device.dsp import hrv, respiration
from device.dsp.ppg import CERTAIN, Pulse
from device.dsp.windows import FloatArray

FEATURES = (*hrv.FEATURES, *respiration.FEATURES)
GROUPS = (*hrv.CHANNELS, "respiration")
RATE_BEATS = 8
"""Intervals in a mean heart rate; bands show such means, and the spread of single beats is in rr_ms already."""
RATE_BEATS_MIN = 3
RMSSD = FEATURES.index("rr_ms.rmssd")
STEPS = slice(RMSSD, FEATURES.index("rr_ms.sd2") + 1)
"""The features that compare neighbouring intervals."""


class Rows(NamedTuple):
    ages_s: FloatArray
    """Seconds from the end of the window, rising to 0 or less, shape (n,)."""
    values: FloatArray
    """hr_bpm and rr_ms, NaN for absent, shape (n, 2)."""


class Part(NamedTuple):
    """What one or more groups give to a frame."""

    values: tuple[float, ...]
    """Values in the order of the groups' `FEATURES`; NaN: not known."""
    quality: tuple[float, ...]
    """Quality of each group, 0 to 1."""
    reasons: tuple[str, ...] = ()


NO_ROWS = Rows(np.zeros(0), np.zeros((0, 2)))
ABSENT = Part((np.nan,) * len(FEATURES), (0.0,) * len(GROUPS))


def measure(rows: Rows, span_s: float) -> Part:
    """Features of the rows of at most a minute, of which `span_s` have been lived through."""
    heart = hrv.measure(*rows, span_s)
    breathing = respiration.measure(heart.ends_s, heart.rr_ms)
    return Part((*heart.values, *breathing), (*heart.quality, breathing.certainty), heart.reasons)


def measure_pulse(pulse: Pulse, end_s: float, told: Rows, span_s: float) -> Part:
    """Features where a band tells no intervals; the pulse's window ended `end_s` after its first sample.

    A rate that the band does tell (`told`) is kept.
    """
    seen = beat_rows(pulse, end_s)
    if len(told.ages_s):
        seen = _merge(told, seen)
    part = measure(seen, span_s)
    values = np.array(part.values)
    if np.isnan(pulse.rmssd_ms):
        values[STEPS] = np.nan
    else:
        values[RMSSD] = pulse.rmssd_ms
    return Part(tuple(values.tolist()), part.quality, part.reasons + pulse.reasons)


def beat_rows(pulse: Pulse, end_s: float) -> Rows:
    """One row for each beat but the first; a beat that is not certain is a row without numbers.

    There are no rows where not even the rate of the pulse is sure.
    """
    times_s, certain = pulse.beats.times_s, pulse.beats.certainty >= CERTAIN
    if len(times_s) < 2 or np.isnan(pulse.hr_bpm):
        return NO_ROWS
    rr_ms = np.diff(times_s) * 1000
    # After a pause of the light the interval is no interval; within one, a beat was missed and hrv finds it.
    rr_ms[~(certain[1:] & certain[:-1]) | (rr_ms > hrv.RR_RANGE_MS[1])] = np.nan
    return Rows(times_s[1:] - end_s, np.stack((_rates(rr_ms), rr_ms), axis=1))


def _rates(rr_ms: FloatArray) -> FloatArray:
    """Mean heart rate in bpm over the last `RATE_BEATS` intervals; NaN where the interval itself is not known."""
    clean = ~np.isnan(rr_ms)
    clean[clean] = hrv.find_clean(rr_ms[clean])
    sums = np.cumsum(np.stack((np.where(clean, rr_ms, 0.0), clean)), axis=1)
    sums[:, RATE_BEATS:] -= sums[:, :-RATE_BEATS].copy()
    enough = clean & (sums[1] >= RATE_BEATS_MIN)
    return np.where(enough, 60_000 * sums[1] / np.where(enough, sums[0], 1.0), np.nan)


def _merge(told: Rows, seen: Rows) -> Rows:
    """The rows of both in the order of time, with the rates of `told` and the intervals of `seen`."""
    known = ~np.isnan(seen.values[:, 1])
    ages_s = np.concatenate((told.ages_s, seen.ages_s[known]))
    values = np.concatenate((told.values, seen.values[known]))
    values[len(told.ages_s) :, 0] = np.nan
    order = np.argsort(ages_s, kind="stable")
    return Rows(ages_s[order], values[order])
