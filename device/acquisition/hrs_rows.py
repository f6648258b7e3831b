"""Turns heart-rate measurements into rows of hr_bpm and rr_ms, each beat once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from device.acquisition.hrs_packets import HeartRateMeasurement
from device.messages import SampleChunk
from device.modalities import MODALITIES

CH_NAMES = MODALITIES["heart"].ch_names
LAG_MAX = 1.5
"""The last beat told is at most so many of its intervals old."""
TOGETHER_NS = 300_000_000
"""No heart beats twice in that time: what is told again so soon is the same."""


class BeatRows:
    """Turns measurements into SampleChunks: one row per RR interval, or one row without RR."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._n_rows = 0
        self._last_ns = -1
        self._repeats = RepeatedBeats()

    @property
    def n_repeated(self) -> int:
        """Beats that were told again and left out."""
        return self._repeats.n_found

    def chunk(self, measurement: HeartRateMeasurement, now_ns: int) -> SampleChunk:
        """Rows of a notification that came at `now_ns`; NaN where the band does not vouch for it."""
        rr_ms: Sequence[float] = ()
        if measurement.is_vouched_for:
            rr_ms = self._repeats.remove([interval for interval in measurement.rr_ms if interval > 0], now_ns)
        times_ns = self._times(rr_ms, now_ns)
        rows = np.full((len(times_ns), len(CH_NAMES)), np.nan, "<f4")
        if measurement.is_vouched_for:
            rows[:, 0] = measurement.hr_bpm
            rows[: len(rr_ms), 1] = rr_ms
        chunk = SampleChunk(
            t_ns=times_ns[0],
            source=self._source,
            kind="heart",
            sfreq_hz=0.0,
            ch_names=CH_NAMES,
            first_sample=self._n_rows,
            data=rows.tobytes(),
            times_ns=times_ns,
        )
        self._n_rows += len(times_ns)
        return chunk

    def _times(self, rr_ms: Sequence[float], now_ns: int) -> tuple[int, ...]:
        """Beat times counted back from the notification, which carries none; always later than the last."""
        ages_ms = np.cumsum([0.0, *rr_ms[:0:-1]])[::-1]
        times_ns: list[int] = []
        for age_ms in ages_ms.tolist():
            self._last_ns = max(now_ns - round(age_ms * 1e6), self._last_ns + 1)
            times_ns.append(self._last_ns)
        return tuple(times_ns)


class RepeatedBeats:
    """Finds intervals that are told again: the last ones over again, sooner than a heart could have beaten them.

    Some bands send every notification twice, some tell the last interval each second whether there was a beat or not.
    A heart may well repeat an interval to the millisecond, but it takes that interval to do so.
    """

    def __init__(self) -> None:
        self._told: Sequence[float] = ()
        """All intervals of the last notification that had any, ms."""
        self._told_ns = 0
        self._beat_ns = 0
        """Latest time at which the last beat can have been."""
        self.n_found = 0

    def remove(self, rr_ms: Sequence[float], now_ns: int) -> Sequence[float]:
        """The intervals (ms, oldest first) of a notification at `now_ns` without those that were told before."""
        if not rr_ms:
            return rr_ms
        n_again = self._count_again(rr_ms, now_ns)
        fresh = rr_ms[n_again:]
        earliest_ns = now_ns - round(LAG_MAX * _ns(rr_ms[-1:])) if self._told else now_ns
        self._beat_ns = min(now_ns, max(earliest_ns, self._beat_ns + _ns(fresh)))
        self._told, self._told_ns, self.n_found = rr_ms, now_ns, self.n_found + n_again
        return fresh

    def _count_again(self, rr_ms: Sequence[float], now_ns: int) -> int:
        """How many intervals at the beginning are told again: as many as must be for the others to have been beaten."""
        longest = min(len(rr_ms), len(self._told))
        alike = [n for n in range(1, longest + 1) if rr_ms[:n] == self._told[-n:]]
        if not alike or now_ns - self._told_ns < TOGETHER_NS:
            return max(alike, default=0)
        return next((n for n in (0, *alike) if self._beat_ns + _ns(rr_ms[n:]) <= now_ns), alike[-1])


def _ns(rr_ms: Sequence[float]) -> int:
    return round(sum(rr_ms) * 1e6)
