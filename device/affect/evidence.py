"""What one source says right now: its calibration, its smoothed logit and how much of the last while was usable."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from device.affect.baseline import Baseline
from device.affect.fusion import Opinion, opinion_of_logit
from device.affect.reader import Layout, Reader, values_of
from device.messages import FeatureFrame
from device.streams import STREAMS

MAX_AGE_S = STREAMS["features"].max_age_s
FULL_AGE_S = 1.0
"""A frame younger than this counts in full; from here to the stream's greatest age its weight falls to nothing."""
COVERAGE_MIN = 0.3
COVERAGE_FULL = 0.7
"""Between the two a source's weight rises from nothing to full, so it neither appears nor vanishes with a jump."""
REASONS_MAX = 3


class Evidence(NamedTuple):
    opinion: Opinion
    coverage: float
    """Share of the smoothing time that was usable, 0 to 1."""
    usable: bool
    calibrated: bool
    reasons: tuple[str, ...]


class Source:
    """One source of features, read by its kind's model."""

    def __init__(self, name: str, reader: Reader, wanted_s: float) -> None:
        self.name, self._reader, self._wanted_s = name, reader, wanted_s
        self._names: tuple[str, ...] = ()
        self._layout: Layout
        self._baseline: Baseline
        self._frame: FeatureFrame | None = None
        self._logits = self._coverage = 0.0

    def take(self, frame: FeatureFrame) -> None:
        """Use a frame for the baseline, and after that as evidence; one that is not newer than the last is ignored."""
        if self._frame is not None and frame.t_ns <= self._frame.t_ns:
            return
        if frame.names != self._names:
            self._begin(frame)
        since_s = (frame.t_ns - self._frame.t_ns) / 1e9 if self._frame else frame.window_s
        self._frame = frame
        values, usable = values_of(frame, self._layout)
        if not self._baseline.complete:
            self._baseline.add(values, usable, since_s, frame.window_s)
            return
        usable &= self._baseline.ready_channels
        logit = self._reader.logit(self._baseline.z(values), usable, self._layout) if usable.any() else math.nan
        self._smooth(logit, since_s)

    def _begin(self, frame: FeatureFrame) -> None:
        """Other channels than before are another headset: its rest must be learnt anew."""
        self._names, self._frame = frame.names, None
        self._layout = self._reader.layout(frame.names, frame.ch_names)
        self._baseline = self._reader.baseline(self._layout, self._wanted_s)
        self._logits = self._coverage = 0.0

    def _smooth(self, logit: float, since_s: float) -> None:
        """Move the running mean of the usable logits and their share; time without frames counts as unusable."""
        keep = math.exp(-since_s / self._reader.settings.smoothing_s)
        share = 1 - math.exp(-min(since_s, FULL_AGE_S) / self._reader.settings.smoothing_s)
        self._logits *= keep
        self._coverage *= keep
        if math.isfinite(logit):
            self._logits += share * logit
            self._coverage += share

    def evidence(self, now_ns: int) -> Evidence:
        """What this source is worth at `now_ns`."""
        frame = self._frame
        assert frame is not None, "a source begins with a frame"
        age_s = (now_ns - frame.t_ns) / 1e9
        freshness = min(1.0, max(0.0, (MAX_AGE_S - age_s) / (MAX_AGE_S - FULL_AGE_S)))
        complete = self._baseline.complete
        usable = complete and freshness > 0 and self._coverage >= COVERAGE_MIN
        mean_logit = self._logits / self._coverage if self._coverage else 0.0
        weight = freshness * min(1.0, max(0.0, (self._coverage - COVERAGE_MIN) / (COVERAGE_FULL - COVERAGE_MIN)))
        opinion = opinion_of_logit(mean_logit / self._reader.settings.temperature, weight)
        return Evidence(
            opinion if usable else Opinion(0.0, 0.0),
            freshness * self._coverage if complete else 0.0,
            usable,
            complete,
            tuple(f"{self.name}: {reason}" for reason in self._reasons(frame, age_s)),
        )

    def _reasons(self, frame: FeatureFrame, age_s: float) -> list[str]:
        if not len(self._layout.channels):
            return ["none of its channels has a place in the model; name its electrodes in device.toml"]
        reasons = []
        if age_s > MAX_AGE_S:
            reasons.append(f"no data for {age_s:.0f} s")
        if not self._baseline.complete:
            reasons.append(f"calibrating: {self._baseline.covered_s:.0f} s of {self._wanted_s:.0f} s")
        elif self._coverage < COVERAGE_MIN:
            reasons.append(f"{self._coverage:.0%} of the last seconds are usable, {COVERAGE_MIN:.0%} are needed")
        if np.min(np.array(frame.quality)[self._layout.channels]) < 1 and age_s <= MAX_AGE_S:
            reasons.extend(frame.reasons[:REASONS_MAX])
        return reasons
