"""Heart rate and its variability from what a Bluetooth heart-rate band gives: rows of hr_bpm and rr_ms.

Time-domain measures with the definitions of Task Force 1996 (SDNN with n - 1). A measure that the beats at hand cannot
carry is NaN, never a guess: RMSSD from a few beats looks plausible and is worthless.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.dsp.windows import FloatArray

CHANNELS = ("hr_bpm", "rr_ms")
FEATURES = (
    "hr_bpm.mean",
    "hr_bpm.slope",
    "hr_bpm.sd",
    "rr_ms.mean",
    "rr_ms.sdnn",
    "rr_ms.rmssd",
    "rr_ms.pnn50",
)
"""bpm, bpm per minute, bpm; ms, ms, ms, share of 0 to 1."""
HR_RANGE_BPM = (30.0, 220.0)
RR_RANGE_MS = (300.0, 2000.0)
NEIGHBOURS = 5
"""Beats on each side whose median an interval is held against."""
ARTEFACT_SHARE = 0.2
"""An interval further than this from its neighbours' median is a missed, extra or ectopic beat."""
GAP_S = 1.5
"""Beats further apart than their interval plus this do not follow each other; notifications jitter by a second."""
HR_ROWS_MIN = 5
BEATS_MIN = 20
RECENT_S = 10.0
SPAN_MIN_S = 30.0
"""Slope and spread of a shorter stretch mean nothing."""


class HeartWindow(NamedTuple):
    values: tuple[float, ...]
    """In the order of `FEATURES`; NaN: not known."""
    quality: tuple[float, float]
    """Of hr_bpm and rr_ms, 0 to 1."""
    reasons: tuple[str, ...]


def measure(ages_s: FloatArray, rows: FloatArray, span_s: float) -> HeartWindow:
    """Features of a window of rows (n, 2) = hr_bpm, rr_ms with NaN for absent; `ages_s` rises to 0, the newest row."""
    hr_ok = _within(rows[:, 0], HR_RANGE_BPM)
    has_rr = ~np.isnan(rows[:, 1])
    rr_s, rr_ms = ages_s[has_rr], rows[has_rr, 1]
    clean = find_clean(rr_ms)
    hr_quality = _recent_share(ages_s, hr_ok, ~(has_rr & np.isnan(rows[:, 0]))) if span_s >= SPAN_MIN_S else 0.0
    covered = min(1.0, float(rr_ms[clean].sum()) / 1000 / max(span_s, 1.0)) if len(rr_ms) else 0.0
    artefacts = 1 - float(clean.mean()) if len(rr_ms) else 0.0
    rr_quality = covered * max(0.0, 1 - 2 * artefacts)
    values = (*_rate(ages_s[hr_ok], rows[hr_ok, 0]), *_variability(rr_s, rr_ms, clean))
    return HeartWindow(values, (hr_quality, rr_quality), tuple(_reasons(span_s, hr_quality, len(rr_ms), artefacts)))


def find_clean(rr_ms: FloatArray) -> NDArray[np.bool_]:
    """Which intervals are possible and fit their neighbours."""
    possible = _within(rr_ms, RR_RANGE_MS)
    if not possible.any():
        return possible
    mode: Literal["reflect", "edge"] = "reflect" if len(rr_ms) > NEIGHBOURS else "edge"
    padded = np.pad(np.where(possible, rr_ms, np.nan), NEIGHBOURS, mode=mode)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * NEIGHBOURS + 1)
    median = _nan_median(around)
    return possible & (np.abs(rr_ms - median) <= ARTEFACT_SHARE * median)


def _nan_median(rows: FloatArray) -> FloatArray:
    """Median of each row without its NaN; 0, which nothing is near, where there is nothing else."""
    ordered = np.sort(rows, axis=1)
    count = (~np.isnan(rows)).sum(axis=1)
    index = np.arange(len(rows))
    low, high = ordered[index, np.maximum(0, (count - 1) // 2)], ordered[index, np.maximum(0, count // 2)]
    return np.where(count > 0, (low + high) / 2, 0.0)


def _within(values: FloatArray, limits: tuple[float, float]) -> NDArray[np.bool_]:
    return (values >= limits[0]) & (values <= limits[1])


def _recent_share(ages_s: FloatArray, good: NDArray[np.bool_], asked: NDArray[np.bool_]) -> float:
    """Share of the rows of the last seconds that are good, of those that should be."""
    recent = asked & (ages_s > -RECENT_S)
    return float(good[recent].mean()) if recent.any() else 0.0


def _rate(ages_s: FloatArray, hr_bpm: FloatArray) -> tuple[float, float, float]:
    if len(hr_bpm) < HR_ROWS_MIN:
        return np.nan, np.nan, np.nan
    centred_s = ages_s - ages_s.mean()
    spread = float(centred_s @ centred_s)
    slope = float(centred_s @ hr_bpm) / spread * 60 if spread > 0 else np.nan
    return float(hr_bpm.mean()), slope, float(hr_bpm.std())


def _variability(ages_s: FloatArray, rr_ms: FloatArray, clean: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    intervals = rr_ms[clean]
    follows = clean[1:] & clean[:-1] & (np.diff(ages_s) < rr_ms[1:] / 1000 + GAP_S)
    steps = np.diff(rr_ms)[follows]
    if len(intervals) < BEATS_MIN or len(steps) < BEATS_MIN // 2:
        return np.nan, np.nan, np.nan, np.nan
    rmssd = float(np.sqrt(np.mean(steps**2)))
    return float(intervals.mean()), float(intervals.std(ddof=1)), rmssd, float((np.abs(steps) > 50).mean())


def _reasons(span_s: float, hr_quality: float, n_beats: int, artefacts: float) -> list[str]:
    reasons = []
    if span_s < SPAN_MIN_S:
        reasons.append(f"heard for {span_s:.0f} s only, {SPAN_MIN_S:.0f} s are needed")
    elif hr_quality < 1:
        reasons.append(f"no heart rate in {1 - hr_quality:.0%} of the last {RECENT_S:.0f} s (skin contact?)")
    if n_beats and artefacts > 0.1:
        reasons.append(f"{artefacts:.0%} of the beats are irregular or missed")
    return reasons
