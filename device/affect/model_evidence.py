"""What one model says of one source right now: its baseline, its mean net output, how much of late was usable."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from device.affect.baseline import Baseline, Rest
from device.affect.drift import Drift
from device.affect.reader import Layout, Reader, values_of
from device.affect.unrest import Mirror, Seen
from device.messages import FeatureFrame, PersonalBaseline
from device.streams import STREAMS

MAX_AGE_S = STREAMS["features"].max_age_s
FULL_AGE_S = 1.0
"""A frame younger than this counts in full; from here to the stream's greatest age its weight falls to nothing."""
COVERAGE_MIN = 0.3
COVERAGE_FULL = 0.7
"""A source's weight rises from nothing to full between the two, so it neither appears nor vanishes with a jump."""
MEMORY_TIME_CONSTANTS = 2.0
"""A mean that fades exponentially is worth this many time constants of evidence."""
REASONS_MAX = 3


class Mean:
    """Running mean of net outputs: fading with a time constant, or of the last `window_s` alone."""

    def __init__(self, smoothing_s: float, window_s: float) -> None:
        self._smoothing_s, self._window_s = smoothing_s, window_s
        self._recent: deque[tuple[float, float, float]] = deque()
        self._sum = self._weight = self._heard_s = 0.0

    def add(self, output: float, since_s: float, frame_s: float) -> None:
        """Take the output (NaN: unusable) of a window of `frame_s` that ended `since_s` after the one before."""
        if self._window_s:
            self._slide(output, since_s, frame_s)
            return
        keep = math.exp(-since_s / self._smoothing_s)
        share = 1 - math.exp(-min(since_s, FULL_AGE_S) / self._smoothing_s)
        self._sum *= keep
        self._weight *= keep
        self._heard_s *= keep
        if math.isfinite(output):
            self._sum += share * output
            self._weight += share
            self._heard_s += min(since_s, FULL_AGE_S)

    def _slide(self, output: float, since_s: float, frame_s: float) -> None:
        """Frames that begin before the window are forgotten; time without frames counts as unusable."""
        reach_s = max(self._window_s - frame_s, 0.0)
        self._recent = deque((value, seconds, age + since_s) for value, seconds, age in self._recent)
        while self._recent and self._recent[0][2] > reach_s + 1e-6:
            self._recent.popleft()
        self._recent.append((output, min(since_s, FULL_AGE_S), 0.0))
        heard = [(value, seconds) for value, seconds, _ in self._recent if math.isfinite(value)]
        self._heard_s = sum(seconds for _, seconds in heard)
        span_s = max(self._recent[0][2] + self._recent[0][1], reach_s)
        self._weight = min(1.0, self._heard_s / span_s)
        self._sum = self._weight * sum(value * seconds for value, seconds in heard) / max(self._heard_s, 1e-9)

    @property
    def value(self) -> float:
        return self._sum / self._weight if self._weight else 0.0

    @property
    def coverage(self) -> float:
        """Share of the memory that holds usable outputs, 0 to 1."""
        return self._weight

    def evidence_s(self, frame_s: float) -> float:
        """Seconds of signal behind the value."""
        return frame_s + min(self._heard_s, self._window_s or MEMORY_TIME_CONSTANTS * self._smoothing_s)


class ModelEvidence:
    """One source as one model reads it."""

    def __init__(
        self,
        reader: Reader,
        wanted_s: float,
        window_s: float,
        carried: PersonalBaseline | None = None,
        taken: PersonalBaseline | None = None,
    ) -> None:
        self.reader, self._wanted_s, self._window_s = reader, wanted_s if reader.settings.needs_rest else 0.0, window_s
        self._carried, self._taken = carried, taken
        self._names: tuple[str, ...] = ()
        self._layout: Layout
        self.baseline: Baseline
        self._frame: FeatureFrame | None = None
        self._strange: tuple[str, ...] = ()
        self._mean: Mean

    @property
    def is_heard(self) -> bool:
        """Whether there was any usable signal of late."""
        return self._frame is not None and self._mean.coverage > 0

    @property
    def has_place(self) -> bool:
        """Whether any channel of the source is read by this model."""
        return bool(len(self._layout.channels))

    def take(self, frame: FeatureFrame) -> None:
        """Use a frame for the baseline, and after that as evidence; one that is not newer than the last is ignored."""
        if self._frame is not None and frame.t_ns <= self._frame.t_ns:
            return
        if frame.names != self._names:
            self._begin(frame)
        since_s = (frame.t_ns - self._frame.t_ns) / 1e9 if self._frame else frame.window_s
        self._frame = frame
        values, usable = values_of(frame, self._layout, self.reader.settings.quality_min)
        strange = self.reader.find_strange(values, usable)
        self._strange = tuple(name for name, odd in zip(self._layout.names, strange.tolist(), strict=True) if odd)
        usable &= ~strange
        usable &= self._has_needs(frame)
        is_rest = not (self.baseline.complete or self.baseline.closed)
        if is_rest:
            self.baseline.add(values, usable, since_s, frame.window_s)
        self._mirror.take(Seen(values, usable), since_s, frame.window_s, is_rest=is_rest)
        if not self.baseline.ready:
            return
        usable = usable & self.baseline.ready_channels
        z = self.baseline.z(values)
        if self.baseline.complete:
            self._drift.add(z, usable, since_s)
        reading = self.reader.read(z, usable, self._layout)
        if reading.present.any():
            self._present = reading.present
        self._mean.add(reading.output, since_s, frame.window_s)

    def _begin(self, frame: FeatureFrame) -> None:
        """Other channels than before are another headset: its rest must be learnt anew."""
        self._names, self._frame = frame.names, None
        self._layout = self.reader.layout(frame.names, frame.ch_names)
        carried = recall(self._carried, self._cells) if self._carried else None
        taken = recall(self._taken, self._cells) if self._taken and self._wanted_s else None
        taken = taken if taken is not None and taken.weight_s.any() else None
        self.baseline = Baseline(self.reader.population(self._layout), self._wanted_s, carried, taken=taken)
        self._mirror = Mirror(self.reader, self._layout)
        self._drift = Drift(*self._layout.columns.shape)
        self._mean = Mean(self.reader.settings.smoothing_s, self._window_s)
        self._present = np.zeros(len(self.reader.settings.sites), bool)

    @property
    def _cells(self) -> NDArray[np.str_]:
        """Names of the features that are read, shape (channels, features)."""
        return np.array(self._names)[self._layout.columns]

    def personal_baseline(self, source: str, unrest: float = 0.0) -> PersonalBaseline | None:
        """The listener's own rest, once it is known; worth less the likelier it was none."""
        if not (self._frame and self.has_place and self.baseline.complete and self._wanted_s):
            return None
        rest = self.baseline.rest()
        mean, sd, weight_s = (tuple(part.ravel().tolist()) for part in (*rest[:2], (1 - unrest) * rest.weight_s))
        return PersonalBaseline(
            t_ns=self._frame.t_ns,
            source=source,
            model=self.reader.name,
            names=tuple(self._cells.ravel().tolist()),
            mean=mean,
            sd=sd,
            weight_s=weight_s,
        )

    def _has_needs(self, frame: FeatureFrame) -> bool:
        quality = dict(zip(frame.ch_names, frame.quality, strict=True))
        return all(quality.get(name, 0.0) > 0 for name in self.reader.settings.needs)

    def weight(self, now_ns: int) -> float:
        """How far it is to be heard at `now_ns`: fresh, and enough of the last while usable; 0 to 1."""
        if not self.baseline.ready:
            return 0.0
        share = (self._mean.coverage - COVERAGE_MIN) / (COVERAGE_FULL - COVERAGE_MIN)
        trust = self.baseline.share * self._drift.weight
        return self._freshness(now_ns) * trust * min(1.0, max(0.0, share))

    def coverage(self, now_ns: int) -> float:
        return self._freshness(now_ns) * self._mean.coverage if self.baseline.ready else 0.0

    def mirrored(self) -> float:
        """Log-odds that the beginning was load, if the last while is rest."""
        return self._mirror.log_odds()

    def log_odds(self) -> float:
        """Log-odds of load, if the beginning was rest."""
        assert self._frame is not None, "a model begins with a frame"
        return self.reader.log_odds(self._mean.value, self._mean.evidence_s(self._frame.window_s), self._present)

    def _age_s(self, now_ns: int) -> float:
        assert self._frame is not None, "a model begins with a frame"
        return (now_ns - self._frame.t_ns) / 1e9

    def _freshness(self, now_ns: int) -> float:
        return min(1.0, max(0.0, (MAX_AGE_S - self._age_s(now_ns)) / (MAX_AGE_S - FULL_AGE_S)))

    def reasons(self, now_ns: int) -> list[str]:
        """Why it says nothing, or less than it could."""
        assert self._frame is not None, "a model begins with a frame"
        if not self.has_place:
            return ["none of its channels has a place in the model; name its electrodes in device.toml"]
        reasons = []
        age_s = self._age_s(now_ns)
        if age_s > MAX_AGE_S:
            reasons.append(f"no data for {age_s:.0f} s")
        if not self.baseline.complete:
            said = "rest is over and was hardly usable" if self.baseline.closed else "calibrating"
            known = ", with the rest of earlier sessions" if self.baseline.ready else ""
            reasons.append(f"{said}: {self.baseline.covered_s:.0f} s of {self._wanted_s:.0f} s{known}")
        elif self._mean.coverage < COVERAGE_MIN:
            reasons.append(f"{self._mean.coverage:.0%} of the last seconds are usable, {COVERAGE_MIN:.0%} are needed")
        if self._drift.drifted.any():
            names = ", ".join(np.array(self._layout.names)[self._drift.drifted].tolist())
            reasons.append(f"{names}: drifted from rest, and no state does that; a minute of rest would calibrate anew")
        if age_s <= MAX_AGE_S:
            if self._strange:
                reasons.append(f"{', '.join(self._strange)}: like no signal the model has learnt")
            if np.min(np.array(self._frame.quality)[self._layout.channels]) < 1:
                reasons.extend(self._frame.reasons[:REASONS_MAX])
        return reasons

    def losses(self, now_ns: int) -> list[str]:
        """Why it says nothing any more, though it knows the listener's rest; nothing where it still speaks."""
        is_silenced = self._frame is not None and self.baseline.complete and not self.weight(now_ns)
        return list(self._frame.reasons[:REASONS_MAX]) if is_silenced and self._frame is not None else []


def recall(carried: PersonalBaseline, cells: NDArray[np.str_]) -> Rest:
    """An earlier rest in the order of these cells; one it does not know, or knows no sane number of, weighs nothing."""
    rows = zip(carried.mean, carried.sd, carried.weight_s, strict=False)
    known = {
        name: row
        for name, row in zip(carried.names, rows, strict=False)
        if all(map(math.isfinite, row)) and row[1] > 0 and row[2] > 0
    }
    found = np.array([known.get(name, (0.0, 0.0, 0.0)) for name in cells.ravel().tolist()]).reshape(*cells.shape, 3)
    return Rest(found[..., 0], found[..., 1], found[..., 2])
