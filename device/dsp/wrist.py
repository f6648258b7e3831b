"""Everything a wristband sends becomes one frame a second with a fixed list of features.

The list never changes while a source lives: what it has not sent (yet) is NaN with quality 0, and nobody has to start
again when skin conductance turns up a minute after the heart. All signals are looked at over the same last minute of
the source's sample clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from device.dsp import eda, hrv, respiration, temperature
from device.dsp.rings import SampleRing
from device.dsp.trend import SlowWindow, share
from device.dsp.windows import EventWindow, FloatArray, samples_of
from device.messages import FeatureFrame, SampleChunk

WINDOW_S = 60.0
SECOND_NS = 1_000_000_000
GROUPS = ("hr_bpm", "rr_ms", "respiration", "eda_us", "temperature_c")
FEATURES = (*hrv.FEATURES, *respiration.FEATURES, *eda.FEATURES, *temperature.FEATURES)
LEADERS = ("heart", "ppg")
"""Frames follow their clock ..."""
LED_NS = 3 * SECOND_NS
"""... until they have been silent for so long; then anything drives."""
RESTART_NS = round(WINDOW_S * SECOND_NS)
"""A clock that goes back so far was started again; less is a late chunk."""
RECENT_SHARE = 1 / 6
"""Of a window: 10 s. A signal that stopped so long ago is gone, whatever the rest of the window holds."""


class Part(NamedTuple):
    """What one or more groups give to a frame."""

    values: tuple[float, ...]
    quality: tuple[float, ...]
    reasons: tuple[str, ...] = ()


NO_HEART = Part((np.nan,) * (len(hrv.FEATURES) + len(respiration.FEATURES)), (0.0, 0.0, 0.0))


class Slow(NamedTuple):
    name: str
    features: tuple[str, ...]
    measure: Callable[[FloatArray, float], SlowWindow]


SLOW = {
    "eda": Slow("skin conductance", eda.FEATURES, eda.measure),
    "temperature": Slow("skin temperature", temperature.FEATURES, temperature.measure),
}


class WristExtractor:
    """Frames of one wristband or heart-rate band, at most one for each second of its clock."""

    def __init__(self, chunk: SampleChunk) -> None:
        self._source = chunk.source
        self._beats: EventWindow | None = None
        self._rings: dict[str, tuple[tuple[object, ...], SampleRing]] = {}
        self._framed_ns = self._led_ns = -RESTART_NS

    def frames(self, chunk: SampleChunk) -> Iterator[FeatureFrame]:
        """Take a chunk of any kind but EEG and yield the frames that become due within it."""
        take = self._take_beats if chunk.kind == "heart" else self._take_samples
        for t_ns in take(chunk):
            if self._is_due(chunk.kind, t_ns):
                yield self._frame(t_ns)

    def _take_beats(self, chunk: SampleChunk) -> Iterator[int]:
        if self._beats is None:
            self._beats = EventWindow(WINDOW_S)
        columns = [chunk.ch_names.index(name) for name in hrv.CHANNELS]
        for t_ns, row in zip(chunk.times_ns, samples_of(chunk)[:, columns], strict=True):
            self._beats.push(t_ns, row)
            yield t_ns

    def _take_samples(self, chunk: SampleChunk) -> Iterator[int]:
        """Feed a ring up to each full second, so that a long chunk gives the frames of many short ones."""
        ring, samples = self._ring(chunk), samples_of(chunk)
        begin = 0
        if self._framed_ns < 0:
            self._framed_ns = chunk.t_ns  # the first second has to be full, however it is cut
        for end in _cuts(chunk.t_ns, chunk.sfreq_hz, len(samples)):
            ring.push(chunk.first_sample + begin, _time_ns(chunk, begin), samples[begin:end])
            begin = end
            yield _time_ns(chunk, end)

    def _ring(self, chunk: SampleChunk) -> SampleRing:
        """Of this kind of signal; begun anew where its rate or channels change."""
        layout = (chunk.sfreq_hz, chunk.ch_names)
        known = self._rings.get(chunk.kind)
        if known is None or known[0] != layout:
            known = (layout, SampleRing(len(chunk.ch_names), chunk.sfreq_hz, WINDOW_S))
            self._rings[chunk.kind] = known
        return known[1]

    def _is_due(self, kind: str, t_ns: int) -> bool:
        if kind in LEADERS:
            self._led_ns = t_ns
        elif -RESTART_NS < t_ns - self._led_ns < LED_NS:
            return False
        if t_ns - self._framed_ns > -RESTART_NS and t_ns // SECOND_NS <= self._framed_ns // SECOND_NS:
            return False
        self._framed_ns = t_ns
        return True

    def _frame(self, t_ns: int) -> FeatureFrame:
        parts = (self._heart(t_ns), *(self._slow(t_ns, kind) for kind in SLOW))
        return FeatureFrame(
            t_ns=t_ns,
            source=self._source,
            kind="wrist",
            window_s=self._lived_s(t_ns),
            names=FEATURES,
            values=tuple(value for part in parts for value in part.values),
            ch_names=GROUPS,
            quality=tuple(quality for part in parts for quality in part.quality),
            reasons=tuple(reason for part in parts for reason in part.reasons),
        )

    def _lived_s(self, t_ns: int) -> float:
        """How much of the window the longest known signal has seen."""
        rings = [ring.lived_s(t_ns) for _, ring in self._rings.values()]
        return max([*rings, self._beats.span_s] if self._beats else rings)

    def _heart(self, t_ns: int) -> Part:
        if self._beats is None:
            return NO_HEART
        ages_s, rows = self._beats.rows(t_ns)
        heart = hrv.measure(ages_s, rows, self._beats.span_s)
        breathing = respiration.measure(heart.ends_s, heart.rr_ms)
        return Part((*heart.values, *breathing), (*heart.quality, breathing.certainty), heart.reasons)

    def _slow(self, t_ns: int, kind: str) -> Part:
        """Skin conductance or temperature."""
        slow = SLOW[kind]
        if kind not in self._rings:
            return Part((np.nan,) * len(slow.features), (0.0,))
        ring = self._rings[kind][1]
        found = slow.measure(ring.window(ring.settled_ns(t_ns))[0], ring.sfreq_hz)
        lived_s = ring.lived_s(t_ns)
        if lived_s < hrv.SPAN_MIN_S:
            early = f"{slow.name} heard for {lived_s:.0f} s only, {hrv.SPAN_MIN_S:.0f} s are needed"
            return Part(found.values, (0.0,), (early,))
        recent = share(found.good[-max(1, round(len(found.good) * RECENT_SHARE)) :])
        silent = (f"no {slow.name} in {1 - recent:.0%} of the last 10 s",) if recent < 1 and not found.reasons else ()
        return Part(found.values, (min(1.0, share(found.good) * WINDOW_S / lived_s, recent),), found.reasons + silent)


def _time_ns(chunk: SampleChunk, index: int) -> int:
    return chunk.t_ns + round(index * 1e9 / chunk.sfreq_hz)


def _cuts(t_ns: int, sfreq_hz: float, n_samples: int) -> list[int]:
    """Where to cut a chunk so that each piece but the last ends with the first sample to fill a second."""
    ns_per_sample = 1e9 / sfreq_hz
    first = t_ns // SECOND_NS + 1
    last = (t_ns + round(n_samples * ns_per_sample)) // SECOND_NS
    full = [-int(-(second * SECOND_NS - t_ns) // ns_per_sample) for second in range(first, last + 1)]
    return sorted({min(cut, n_samples) for cut in (*full, n_samples)})
