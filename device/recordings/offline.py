"""Gives recordings as the chunks that their sensors would have sent, second by second, to readers that come afterwards.

All recordings of one person make one session. Where one begins behind another the clock leaps by `GAP_S` for every
source: windows and evidence begin anew by themselves, as they do after a real gap.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from device.messages import SampleChunk, SignalKind
from device.recordings.signals import Heart, Recording, Samples, heart_chunk, in_turn

SOURCES = ("eeg", "wrist")
GAP_S = 900
"""A time longer than any window of features or evidence."""
SECOND_NS = 1_000_000_000
ORDER: tuple[SignalKind, ...] = ("motion", "temperature", "eda", "ppg")
"""Order within a second: what only goes with the beats comes before them, because beats make the frames."""
ROUNDING = 1e-6
"""Share of a sample: a time that is a sample's own but for rounding is that sample's."""


class Span(NamedTuple):
    """Part of a second in which no recording begins but at its start."""

    begin_s: float
    end_s: float
    n_gaps: int
    begins: bool
    """Whether a recording that follows another begins here."""


class SamplesFeed:
    """One regular signal of one recording, which begins at `start_s` of the session."""

    def __init__(self, source: str, kind: SignalKind, samples: Samples, start_s: float) -> None:
        self._source, self._kind, self._samples = source, kind, samples
        self._start_s = start_s + samples.start_s

    def chunks(self, span: Span) -> Iterator[SampleChunk]:
        """Runs of samples without a loss."""
        begin, end = self._index(span.begin_s), self._index(span.end_s)
        rows = self._samples.data[begin:end]
        lost = np.asarray(np.isnan(rows).all(axis=1))
        edges = [0, *(np.flatnonzero(np.diff(lost)) + 1).tolist(), len(rows)]
        for first, last in pairwise(edges):
            if last > first and not lost[first]:
                yield self._chunk(begin + first, begin + last, span.n_gaps)

    def _index(self, time_s: float) -> int:
        """Index of the first sample at or after `time_s`."""
        index = np.ceil((time_s - self._start_s) * self._samples.sfreq_hz - ROUNDING)
        return int(min(max(index, 0), len(self._samples.data)))

    def _chunk(self, begin: int, end: int, n_gaps: int) -> SampleChunk:
        sfreq_hz = self._samples.sfreq_hz
        return SampleChunk(
            t_ns=round((self._start_s + begin / sfreq_hz) * 1e9) + n_gaps * GAP_S * SECOND_NS,
            source=self._source,
            kind=self._kind,
            sfreq_hz=sfreq_hz,
            ch_names=self._samples.ch_names,
            first_sample=round((self._start_s + n_gaps * GAP_S) * sfreq_hz) + begin,
            data=np.ascontiguousarray(self._samples.data[begin:end], "<f4").tobytes(),
        )


class HeartFeed:
    """Heart events of one recording, which begins at `start_s` of the session."""

    def __init__(self, source: str, heart: Heart, start_s: float) -> None:
        self._source, self._time_s = source, heart.time_s + start_s
        self._rows = np.column_stack((heart.hr_bpm, heart.rr_ms)).astype("<f4")

    def chunks(self, span: Span) -> Iterator[SampleChunk]:
        """The events of the span, if there are any."""
        begin, end = np.searchsorted(self._time_s, (span.begin_s, span.end_s)).tolist()
        if begin == end:
            return
        gaps_ns = span.n_gaps * GAP_S * SECOND_NS
        times_ns = tuple(round(time_s * 1e9) + gaps_ns for time_s in self._time_s[begin:end].tolist())
        yield heart_chunk(self._source, begin, times_ns, self._rows[begin:end])


class OfflineSession:
    """Recordings of one person in the order given."""

    def __init__(self, recordings: Sequence[Recording]) -> None:
        begun = list(in_turn(list(recordings)))
        self._feeds = [feed for start_s, recording in begun for feed in _feeds(recording, start_s)]
        self._begins_s = sorted({start_s for start_s, _ in begun if start_s > 0})
        self.notes = [note for recording in recordings for note in recording.notes]
        """What could not be read, as sentences."""
        self.duration_s = max((start_s + recording.duration_s for start_s, recording in begun), default=0.0)
        self.sources = [
            name
            for name, there in zip(
                SOURCES,
                (any(part.eeg for part in recordings), any(part.has_wrist for part in recordings)),
                strict=True,
            )
            if there
        ]

    def clock_ns(self, second: int) -> int:
        """What the sources' clock shows at the end of `second`, before a recording that begins there."""
        return (second + bisect_left(self._begins_s, second) * GAP_S) * SECOND_NS

    def spans(self, second: int) -> Iterator[Span]:
        """The second that ends at `second`, cut where recordings begin."""
        begins_s = self._begins_s[bisect_right(self._begins_s, second - 1) : bisect_left(self._begins_s, second)]
        for begin_s, end_s in pairwise((second - 1, *begins_s, second)):
            n_gaps = bisect_right(self._begins_s, begin_s)
            yield Span(begin_s, end_s, n_gaps, begins=begin_s in self._begins_s)

    def chunks(self, span: Span) -> Iterator[SampleChunk]:
        """What all sources send in it, each kind in one piece unless samples are lost."""
        for feed in self._feeds:
            yield from feed.chunks(span)


def _feeds(recording: Recording, start_s: float) -> Iterator[SamplesFeed | HeartFeed]:
    if recording.eeg:
        yield SamplesFeed("eeg", "eeg", recording.eeg, start_s)
    for kind in ORDER:
        if kind in recording.wrist:
            yield SamplesFeed("wrist", kind, recording.wrist[kind], start_s)
    if recording.heart:
        yield HeartFeed("wrist", recording.heart, start_s)
