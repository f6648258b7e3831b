"""Measures heart rate and its variability from rows of hr_bpm and rr_ms, as a heart-rate band or a pulse wave gives.

Time-domain measures with the definitions of Task Force 1996 (standard deviations with n - 1), on clean beats equal to
NeuroKit2's `hrv_time` and `hrv_nonlinear`. Beats that cannot be are left out, not replaced: an interpolated beat lowers
RMSSD. A measure that the beats at hand cannot carry is NaN, never a guess: RMSSD from a few beats, or from beats of
which many were wrong, looks plausible and is worthless. LF/HF is left out: 60 s hold two to three waves of LF.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.dsp.trend import mean, sd, share
from device.dsp.windows import FloatArray
from device.modalities import MODALITIES

CHANNELS = MODALITIES["heart"].ch_names
FEATURES = (
    "hr_bpm.mean",
    "hr_bpm.slope",
    "hr_bpm.sd",
    "rr_ms.mean",
    "rr_ms.sdnn",
    "rr_ms.rmssd",
    "rr_ms.pnn50",
    "rr_ms.pnn20",
    "rr_ms.sdsd",
    "rr_ms.sd1",
    "rr_ms.sd2",
)
"""Units: bpm, bpm per minute, bpm; then ms, but pnn50 and pnn20 are shares of 0 to 1."""
RR_MEAN = FEATURES.index("rr_ms.mean")
HR_RANGE_BPM, RR_RANGE_MS = (MODALITIES["heart"].channels[name].possible for name in CHANNELS)
NEIGHBOURS = 5
"""Beats on each side whose median an interval is held against."""
ARTEFACT_SHARE = 0.2
"""An interval further than this from its neighbours' median is a missed, extra or ectopic beat."""
SPIKE_DEVIATIONS = 5.2
"""A step up and down again by more quartile deviations of all steps is a misplaced beat (Lipponen & Tarvainen 2019)."""
SPIKE_MIN_MS = 20.0
"""Intervals come in steps of 1 ms (radio) to 16 ms (64 Hz); a smaller spike hardly moves RMSSD."""
GAP_S = 1.5
"""Beats further apart than their interval plus this do not follow each other; notifications jitter by a second."""
HR_ROWS_MIN = 5
RATE_STEP_MAX_BPM = 12.0
"""Half of the steps between rates are smaller than this: at most 4.5 in any 20 rates of 39 real bands."""
RATE_STEPS_MIN = 10
BEATS_MIN = 20
STEPS_SHARE_MIN = 0.5
"""Measures of steps between beats are told only where the window holds this share of the steps that it should, ..."""
ARTEFACTS_MAX = 0.08
"""... no greater share of its beats was wrong, ..."""
TAIL_MAX = 2.0
"""... and RMSSD is no larger than this times what the median step makes of it: a few large steps are beats that slipped
through. With that, 0.4 % of what was told of spoilt minutes of a real ECG was 20 ms off, and 0.2 % of made ones."""
RMSSD_SMALL_MS = 20.0
"""A smaller RMSSD cannot be far off by anything that slipped through."""
NORMAL_MEDIAN = 0.6745
"""Median size of normally distributed steps, in standard deviations."""
COVERED_MIN = 0.5
"""Share of the window that clean beats must fill for its spread to be told."""
RATES_DISAGREE = 1.4
"""Intervals and heart rate cannot both be right where one says this many times the other. That is so in 0.2 % of the
real minutes that beats fill by half: there a band counted half or double."""
ADDED_UP = (1.05, 1.5)
"""Intervals that add up to more than this many times the time that passed, and seconds, were told twice. Real ones add
up to 1.00 of it; notifications jitter by a second."""
RECENT_S = 10.0
SPAN_MIN_S = 30.0
"""Slope and spread of a shorter stretch mean nothing."""


class HeartWindow(NamedTuple):
    values: tuple[float, ...]
    """Values in the order of `FEATURES`; NaN: not known."""
    quality: tuple[float, float]
    """Quality of hr_bpm and of rr_ms, 0 to 1."""
    reasons: tuple[str, ...]
    ends_s: FloatArray
    """Ages at which the clean intervals end, by their own sum where they follow each other: notifications jitter."""
    rr_ms: FloatArray
    """The clean intervals."""


def measure(ages_s: FloatArray, rows: FloatArray, span_s: float) -> HeartWindow:
    """Features of a window of rows (n, 2) = hr_bpm, rr_ms with NaN for absent; `ages_s` rises to 0, the newest row."""
    hr_ok = _within(rows[:, 0], HR_RANGE_BPM)
    if jumps := _doubt_rate(rows[hr_ok, 0]):
        hr_ok[:] = False
    has_rr = ~np.isnan(rows[:, 1])
    doubt = _doubt_intervals(ages_s[has_rr], rows[has_rr, 1])
    believed = has_rr & (not doubt)
    rr_s, rr_ms = ages_s[believed], rows[believed, 1]
    clean = find_clean(rr_ms)
    follows = np.diff(rr_s) < rr_ms[1:] / 1000 + GAP_S
    hr_quality = _recent_share(ages_s, hr_ok, ~(has_rr & np.isnan(rows[:, 0]))) if span_s >= SPAN_MIN_S else 0.0
    covered = min(1.0, float(rr_ms[clean].sum()) / 1000 / max(span_s, 1.0)) if len(rr_ms) else 0.0
    artefacts = 1 - share(clean) if len(rr_ms) else 0.0
    rr_quality = covered * max(0.0, 1 - 2 * artefacts)
    rate = _rate(ages_s[hr_ok], rows[hr_ok, 0])
    values = (*rate, *_variability(rr_ms, clean, follows, span_s))
    if covered >= COVERED_MIN and (both := _doubt_both(rate[0], values[RR_MEAN])):
        return HeartWindow((np.nan,) * len(FEATURES), (0.0, 0.0), (both,), np.zeros(0), np.zeros(0))
    reasons = (*filter(None, [jumps, doubt]), *_reasons(span_s, hr_quality, len(rr_ms), artefacts))
    return HeartWindow(values, (hr_quality, rr_quality), reasons, _ends(rr_s, rr_ms, follows)[clean], rr_ms[clean])


def _doubt_rate(hr_bpm: FloatArray) -> str:
    """Why the heart rate cannot be true; empty where it can."""
    steps_bpm = np.abs(np.diff(hr_bpm))
    if len(steps_bpm) < RATE_STEPS_MIN or (step_bpm := float(np.median(steps_bpm))) <= RATE_STEP_MAX_BPM:
        return ""
    return f"heart rate jumps by {step_bpm:.0f} from one to the next, as no heart does"


def _doubt_intervals(rr_s: FloatArray, rr_ms: FloatArray) -> str:
    """Why the intervals cannot be true, given when each ended; empty where they can."""
    if len(rr_ms) < 2:
        return ""
    passed_s, added_s = float(rr_s[-1] - rr_s[0]), float(_bounded(rr_ms[1:]).sum()) / 1000
    if added_s <= ADDED_UP[0] * passed_s + ADDED_UP[1]:
        return ""
    return f"intervals between beats add up to {added_s:.0f} s in {passed_s:.0f} s: they are told more than once"


def _doubt_both(hr_bpm: float, rr_ms: float) -> str:
    """Why neither rate nor intervals can be believed; empty where they agree or one is not known."""
    ratio = hr_bpm * rr_ms / 60_000
    if not max(ratio, 1 / ratio) > RATES_DISAGREE:
        return ""
    return f"heart rate says {hr_bpm:.0f} and the intervals between beats {60_000 / rr_ms:.0f} per minute"


def find_clean(rr_ms: FloatArray) -> NDArray[np.bool_]:
    """Which intervals are possible, fit their neighbours and are no spikes among them."""
    possible = _within(rr_ms, RR_RANGE_MS)
    if not possible.any():
        return possible
    median = _nan_median(np.where(possible, rr_ms, np.nan)[_neighbours(len(rr_ms))])
    return possible & (np.abs(rr_ms - median) <= ARTEFACT_SHARE * median) & ~_spikes(rr_ms)


@lru_cache(maxsize=256)
def _neighbours(n_intervals: int) -> NDArray[np.intp]:
    """Indices (n, 2 * NEIGHBOURS + 1) of each interval's neighbours, mirrored at the ends."""
    index = np.arange(n_intervals)[:, None] + np.arange(-NEIGHBOURS, NEIGHBOURS + 1)
    last = n_intervals - 1
    mirrored: NDArray[np.intp] = last - np.abs(last - np.abs(index)) if last >= NEIGHBOURS else np.clip(index, 0, last)
    return mirrored


def _spikes(rr_ms: FloatArray) -> NDArray[np.bool_]:
    """Intervals much longer, or much shorter, than both neighbours: what a misplaced beat leaves on either side."""
    steps = np.diff(_bounded(rr_ms))
    sizes = np.sort(np.abs(steps))
    quarter = len(sizes) // 4
    deviation = (sizes[-1 - quarter] - sizes[quarter]) / 2 if len(sizes) else 0.0
    large = np.abs(steps) > max(SPIKE_MIN_MS, SPIKE_DEVIATIONS * deviation)
    spikes = np.zeros(len(rr_ms), np.bool_)
    spikes[1:-1] = large[1:] & large[:-1] & ((steps[1:] > 0) != (steps[:-1] > 0))
    return spikes


def _ends(rr_s: FloatArray, rr_ms: FloatArray, follows: NDArray[np.bool_]) -> FloatArray:
    steps_s = np.where(follows, _bounded(rr_ms[1:]) / 1000, np.diff(rr_s))
    return np.cumsum(np.concatenate((rr_s[:1], steps_s)))


def _bounded(rr_ms: FloatArray) -> FloatArray:
    """Intervals without infinities, which have no differences."""
    return np.clip(rr_ms, 0.0, 2 * RR_RANGE_MS[1])


def _nan_median(rows: FloatArray) -> FloatArray:
    """Median of each row (of odd length) without its NaN; 0, which nothing is near, where there is nothing else."""
    ordered = np.sort(rows, axis=1)
    if not np.isnan(ordered[:, -1]).any():
        return ordered[:, rows.shape[1] // 2]
    count = (~np.isnan(rows)).sum(axis=1)
    index = np.arange(len(rows))
    low, high = ordered[index, np.maximum(0, (count - 1) // 2)], ordered[index, np.maximum(0, count // 2)]
    return np.where(count > 0, (low + high) / 2, 0.0)


def _within(values: FloatArray, limits: tuple[float, float]) -> NDArray[np.bool_]:
    return (values >= limits[0]) & (values <= limits[1])


def _recent_share(ages_s: FloatArray, good: NDArray[np.bool_], asked: NDArray[np.bool_]) -> float:
    """Share of good rows among those of the last seconds that should be good."""
    recent = asked & (ages_s > -RECENT_S)
    return share(good[recent]) if recent.any() else 0.0


def _rate(ages_s: FloatArray, hr_bpm: FloatArray) -> tuple[float, float, float]:
    if len(hr_bpm) < HR_ROWS_MIN:
        return np.nan, np.nan, np.nan
    centred_s = ages_s - mean(ages_s)
    spread = float(centred_s @ centred_s)
    slope = float(centred_s @ hr_bpm) / spread * 60 if spread > 0 else np.nan
    return mean(hr_bpm), slope, sd(hr_bpm)


def _variability(
    rr_ms: FloatArray, clean: NDArray[np.bool_], follows: NDArray[np.bool_], span_s: float
) -> tuple[float, ...]:
    """Measures from mean to sd2, as in `FEATURES`; `follows` (n - 1,): the interval begins where the last ended."""
    intervals = rr_ms[clean]
    if len(intervals) < BEATS_MIN:
        return (np.nan,) * 8
    mean_ms = mean(intervals)
    is_covered = float(intervals.sum()) >= COVERED_MIN * span_s * 1000
    sdnn = sd(intervals, lost_freedom=1) if is_covered else np.nan
    pairs = np.flatnonzero(clean[1:] & clean[:-1] & follows)
    expected = span_s * 1000 / mean_ms
    if len(pairs) < max(BEATS_MIN // 2, STEPS_SHARE_MIN * expected) or 1 - share(clean) > ARTEFACTS_MAX:
        return mean_ms, sdnn, *(np.nan,) * 6
    return mean_ms, sdnn, *_steps(rr_ms[pairs], rr_ms[pairs + 1])


def _steps(before_ms: FloatArray, after_ms: FloatArray) -> tuple[float, ...]:
    """Measures from rmssd to sd2 of neighbouring intervals; NaN where a few steps make up all of it."""
    steps = after_ms - before_ms
    sizes, n_intervals = np.abs(steps), len(steps) + 1
    rmssd = float(np.sqrt(steps @ steps / len(steps)))
    typical = float(np.partition(sizes, len(sizes) // 2)[len(sizes) // 2]) / NORMAL_MEDIAN
    if rmssd > max(RMSSD_SMALL_MS, TAIL_MAX * typical):
        return (np.nan,) * 6
    sdsd = sd(steps, lost_freedom=1)
    return (
        rmssd,
        float(np.count_nonzero(sizes > 50)) / n_intervals,
        float(np.count_nonzero(sizes > 20)) / n_intervals,
        sdsd,
        sdsd / float(np.sqrt(2)),
        sd(after_ms + before_ms, lost_freedom=1) / float(np.sqrt(2)),
    )


def _reasons(span_s: float, hr_quality: float, n_beats: int, artefacts: float) -> list[str]:
    reasons = []
    if span_s < SPAN_MIN_S:
        reasons.append(f"heard for {span_s:.0f} s only, {SPAN_MIN_S:.0f} s are needed")
    elif hr_quality < 1:
        reasons.append(f"no heart rate in {1 - hr_quality:.0%} of the last {RECENT_S:.0f} s (skin contact?)")
    if n_beats and artefacts > 0.1:
        reasons.append(f"{artefacts:.0%} of the beats are irregular or missed")
    return reasons
