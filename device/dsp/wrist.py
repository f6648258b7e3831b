"""Everything a wristband sends becomes one frame a second with a fixed list of features.

The list never changes while a source lives: what it has not sent (yet) is NaN with quality 0, and nobody has to start
again when skin conductance turns up a minute after the heart. All signals are looked at over the same last minute of
the source's sample clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from device.dsp import eda, heart, hrv, motion, ppg, temperature
from device.dsp.course import Course
from device.dsp.heart import Part
from device.dsp.rings import SampleRing
from device.dsp.steady import Steady
from device.dsp.trend import SlowWindow, share
from device.dsp.windows import EventWindow, FloatArray, samples_of
from device.messages import FeatureFrame, SampleChunk
from device.modalities import MODALITIES, Channel

WINDOW_S = 60.0
SECOND_NS = 1_000_000_000
GROUPS = (*heart.GROUPS, "motion", "eda_us", "temperature_c")
RISING = {"hr_bpm.rise": "hr_bpm.mean", "eda_us.rise": "eda_us.log_mean"}
"""Features that tell another one against its own last 20 minutes, in the same units."""
MEASURED = (*heart.FEATURES, *motion.FEATURES, *eda.FEATURES, *temperature.FEATURES)
FEATURES = (*MEASURED, *RISING)
COMPANY = ("motion", "temperature")
"""Signals that tell nothing of feelings by themselves: a headset that also feels movement is no wristband."""
LEADERS = ("heart", "ppg")
"""Frames follow the clock of these signals ..."""
LED_NS = 3 * SECOND_NS
"""... until they have been silent for so long; then anything drives."""
RESTART_NS = round(WINDOW_S * SECOND_NS)
"""A clock that goes back this far was started again; one that goes back less brings a late chunk."""
Scalar = TypeVar("Scalar", bound=np.generic)
RECENT_SHARE = 1 / 6
"""Share of a window, 10 s. A signal that stopped before that is gone, whatever the rest of the window holds."""


class WristExtractor:
    """Frames of one wristband or heart-rate band, at most one for each second of its clock."""

    def __init__(self, chunk: SampleChunk) -> None:
        self._source = chunk.source
        self._beats: EventWindow | None = None
        self._rings: dict[str, tuple[tuple[object, ...], SampleRing]] = {}
        self._steady = {name: Steady(channels) for name, channels in HELD.items()}
        self._framed_ns = self._led_ns = -RESTART_NS
        self._courses = {name: (MEASURED.index(measure), Course()) for name, measure in RISING.items()}

    def reads(self, chunk: SampleChunk) -> bool:
        """Any signal of its source may come and go; `_ring` begins anew the one that changes."""
        return chunk.source == self._source

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
            for column, name in enumerate(hrv.CHANNELS):
                self._steady[name].take(np.array([t_ns]), row[None, [column]])
            self._beats.push(t_ns, row)
            for column, name in enumerate(hrv.CHANNELS):
                since_ns = self._steady[name].stuck_since_ns
                if since_ns is not None:
                    self._beats.forget(since_ns, column)
            yield t_ns

    def _take_samples(self, chunk: SampleChunk) -> Iterator[int]:
        """Feed a ring up to each full second, so that a long chunk gives the frames of many short ones."""
        ring, samples = self._ring(chunk), samples_of(chunk)
        begin = 0
        if self._framed_ns < 0:
            self._framed_ns = chunk.t_ns  # the first second has to be full, however it is cut
        for end in _cuts(chunk.t_ns, chunk.sfreq_hz, len(samples)):
            ring.push(chunk.first_sample + begin, _time_ns(chunk, begin), samples[begin:end])
            self._forget_stuck(chunk, ring, begin, samples[begin:end])
            begin = end
            yield _time_ns(chunk, end)

    def _forget_stuck(self, chunk: SampleChunk, ring: SampleRing, first: int, rows: NDArray[np.float32]) -> None:
        """What a sensor that hangs has told since it last moved is lost."""
        steady = self._steady.get(chunk.kind)
        if steady is None or rows.shape[1] != len(MODALITIES[chunk.kind].channels):
            return
        times_ns = chunk.t_ns + np.round(np.arange(first, first + len(rows)) * (1e9 / chunk.sfreq_hz)).astype(np.int64)
        steady.take(times_ns, rows)
        if steady.stuck_since_ns is not None:
            ring.forget(steady.stuck_since_ns)

    def _ring(self, chunk: SampleChunk) -> SampleRing:
        """The ring of this kind of signal, begun anew where its rate or channels change."""
        layout = (chunk.sfreq_hz, chunk.ch_names)
        known = self._rings.get(chunk.kind)
        if known is None or known[0] != layout:
            known = (layout, SampleRing(len(chunk.ch_names), chunk.sfreq_hz, WINDOW_S))
            self._rings[chunk.kind] = known
        return known[1]

    def _is_due(self, kind: str, t_ns: int) -> bool:
        if self._beats is None and not self._rings.keys() - {*COMPANY}:
            return False
        if kind in LEADERS:
            self._led_ns = t_ns
        elif -RESTART_NS < t_ns - self._led_ns < LED_NS:
            return False
        if t_ns - self._framed_ns > -RESTART_NS and t_ns // SECOND_NS <= self._framed_ns // SECOND_NS:
            return False
        self._framed_ns = t_ns
        return True

    def _frame(self, t_ns: int) -> FeatureFrame:
        parts = (self._heart(t_ns), *(self._other(t_ns, kind) for kind in OTHERS))
        values = [value for part in parts for value in part.values]
        rises = [course.rise(t_ns, values[index]) for index, course in self._courses.values()]
        return FeatureFrame(
            t_ns=t_ns,
            source=self._source,
            kind="wrist",
            window_s=self._lived_s(t_ns),
            names=FEATURES,
            values=(*values, *rises),
            ch_names=GROUPS,
            quality=tuple(quality for part in parts for quality in part.quality),
            reasons=tuple(reason for part in parts for reason in part.reasons),
        )

    def _lived_s(self, t_ns: int) -> float:
        """How much of the window the longest known signal has seen."""
        rings = [ring.lived_s(t_ns) for _, ring in self._rings.values()]
        return max([*rings, self._beats.span_s] if self._beats else rings)

    def _heart(self, t_ns: int) -> Part:
        stuck = tuple(filter(None, (self._steady[name].reason(said) for name, said in HEART_WORDS.items())))
        told = heart.Rows(*self._beats.rows(t_ns)) if self._beats else heart.NO_ROWS
        told_s = self._beats.span_s if self._beats else 0.0
        if "ppg" in self._rings and np.isnan(told.values[:, 1]).all():
            part = self._pulse(t_ns, told, told_s)
        else:
            part = heart.measure(told, told_s) if self._beats else heart.ABSENT
        return part._replace(reasons=stuck) if stuck else part

    def _pulse(self, t_ns: int, told: heart.Rows, told_s: float) -> Part:
        """Heart and breath from light and movement, which have to begin at one moment."""
        light = self._rings["ppg"][1]
        moved = self._rings["motion"][1] if "motion" in self._rings else None
        end_ns = light.settled_ns(t_ns)
        if moved:
            end_ns = moved.settled_ns(end_ns)
        seen = light.lived(end_ns)[0]
        span_s = len(seen) / light.sfreq_hz
        motion_g = moved.window(end_ns).T[-round(span_s * moved.sfreq_hz) :] if moved else None
        found = ppg.measure(seen, light.sfreq_hz, motion_g, moved.sfreq_hz if moved else 0.0)
        return heart.measure_pulse(found, span_s + (t_ns - end_ns) / 1e9, told, max(told_s, span_s))

    def _other(self, t_ns: int, kind: str) -> Part:
        """Movement, skin conductance or temperature: 30 s of it have to be there, as of the heart."""
        name, features, read = OTHERS[kind]
        if kind not in self._rings:
            return Part((np.nan,) * len(features), (0.0,))
        ring = self._rings[kind][1]
        lived_s = ring.lived_s(t_ns)
        if lived_s < hrv.SPAN_MIN_S:
            early = f"{name} heard for {lived_s:.0f} s only, {hrv.SPAN_MIN_S:.0f} s are needed"
            return Part((np.nan,) * len(features), (0.0,), (early,))
        if stuck := self._steady[kind].reason(name):
            return Part((np.nan,) * len(features), (0.0,), (stuck,))
        part = read(ring, ring.settled_ns(t_ns))
        if part.quality[0] < 1 and not part.reasons:
            return Part(part.values, part.quality, (f"no {name} in {1 - part.quality[0]:.0%} of the last seconds",))
        return part


def _read_motion(ring: SampleRing, t_ns: int) -> Part:
    moved = motion.measure(ring.lived(t_ns).T, ring.sfreq_hz)
    heard = np.isfinite(_newest(ring.window(t_ns)[0]))
    return Part(moved.values, (min(moved.quality, share(heard)),), moved.reasons)


def _read_slow(ring: SampleRing, t_ns: int, measure: Callable[[FloatArray, float], SlowWindow]) -> Part:
    found = measure(ring.window(t_ns)[0], ring.sfreq_hz)
    lived = share(found.good) * WINDOW_S / ring.lived_s(t_ns)
    return Part(found.values, (min(1.0, lived, share(_newest(found.good))),), found.reasons)


OTHERS: dict[str, tuple[str, tuple[str, ...], Callable[[SampleRing, int], Part]]] = {
    "motion": ("movement", motion.FEATURES, _read_motion),
    "eda": ("skin conductance", eda.FEATURES, partial(_read_slow, measure=eda.measure)),
    "temperature": ("skin temperature", temperature.FEATURES, partial(_read_slow, measure=temperature.measure)),
}
"""What a sentence calls a signal, its features, and how they are had from the ring at a moment."""
HEART_WORDS = dict(zip(hrv.CHANNELS, ("heart rate", "the interval between beats"), strict=True))
HELD: dict[str, list[Channel]] = {
    **{name: [channel] for name, channel in MODALITIES["heart"].channels.items()},
    "motion": list(MODALITIES["motion"].channels.values()),
    "eda": list(MODALITIES["eda"].channels.values()),
    "temperature": list(MODALITIES["temperature"].channels.values()),
}
"""Signals whose sensor may hang, which shows in values that stand still; light that does so is found in `light`."""


def _newest(window: NDArray[Scalar]) -> NDArray[Scalar]:
    """The last 10 s of a minute."""
    return window[-max(1, round(len(window) * RECENT_SHARE)) :]


def _time_ns(chunk: SampleChunk, index: int) -> int:
    return chunk.t_ns + round(index * 1e9 / chunk.sfreq_hz)


def _cuts(t_ns: int, sfreq_hz: float, n_samples: int) -> list[int]:
    """Samples at which a chunk is cut: each piece but the last ends with the first sample to fill a second."""
    ns_per_sample = 1e9 / sfreq_hz
    first = t_ns // SECOND_NS + 1
    last = (t_ns + round(n_samples * ns_per_sample)) // SECOND_NS
    full = [-int(-(second * SECOND_NS - t_ns) // ns_per_sample) for second in range(first, last + 1)]
    return sorted({min(cut, n_samples) for cut in (*full, n_samples)})
