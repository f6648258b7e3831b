"""What every loader yields: a stretch of one person's signals as the box would have received it, and what was felt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.dsp import hrv
from device.dsp.windows import FloatArray
from device.errors import RecordingError
from device.messages import SampleChunk, SignalKind

SECOND_NS = 1_000_000_000


class Label(NamedTuple):
    """What was rated or told to be the case from `begin_s` to `end_s` of a recording."""

    begin_s: float
    end_s: float
    valence: float | None = None
    arousal: float | None = None
    """Ratings as they were given, from 1 to `scale_top`."""
    scale_top: float | None = None
    name: str | None = None
    """Name of a class, such as `stress`."""


class LabelledRecording(NamedTuple):
    """Unbroken signals of one source; times count from its first sample."""

    person: str
    block: str
    """Trial, film clip or task: never to be parted between training and test."""
    chunks: tuple[SampleChunk, ...]
    """The chunks in the order in which they would have arrived."""
    baseline_s: float
    """Rest at the start; 0 where there is none."""
    labels: tuple[Label, ...]


class Feed(NamedTuple):
    """One signal of a source."""

    kind: SignalKind
    sfreq_hz: float
    ch_names: tuple[str, ...]
    rows: NDArray[np.floating]
    """Shape (n, channels), in the units of `SampleChunk.data`."""
    begin_s: float = 0.0


def interleave(feeds: Sequence[Feed], beats: Sequence[SampleChunk] = ()) -> tuple[SampleChunk, ...]:
    """All signals of one source cut into seconds, each chunk where it is complete; within a second feeds keep order."""
    return in_order([*(chunk for feed in feeds for chunk in _cut(feed)), *beats])


def in_order(chunks: Iterable[SampleChunk]) -> tuple[SampleChunk, ...]:
    """The chunks by the second in which each is complete; within a second they stay as they come."""
    return tuple(sorted(chunks, key=_end_s))


def beat_chunks(times_s: FloatArray, hr_bpm: FloatArray, rr_ms: FloatArray) -> Iterator[SampleChunk]:
    """Heart rates and beat intervals (NaN: absent) in time order, a chunk for each second that has any."""
    order = np.argsort(times_s, kind="stable")
    times_ns = np.round(times_s[order] * SECOND_NS).astype(np.int64)
    rows = np.stack((hr_bpm, rr_ms), axis=1)[order].astype("<f4")
    for part in np.split(np.arange(len(order)), np.flatnonzero(np.diff(times_ns // SECOND_NS)) + 1):
        if len(part):
            yield SampleChunk(
                t_ns=int(times_ns[part[0]]),
                source="wrist",
                kind="heart",
                sfreq_hz=0.0,
                ch_names=hrv.CHANNELS,
                first_sample=0,
                data=rows[part].tobytes(),
                times_ns=tuple(times_ns[part].tolist()),
            )


def paths_in(folder: Path, pattern: str) -> list[Path]:
    """All files of a set, in order of their names with numbers as numbers.

    Raises:
        RecordingError: there are none.
    """
    found = sorted(folder.glob(pattern), key=lambda path: (len(path.name), path.name))
    if not found:
        raise RecordingError(f"{folder} holds no {pattern}.", "Name the folder as it was unpacked with --data.")
    return found


def wrong_layout(path: Path, what: str) -> RecordingError:
    """The refusal of a file that was read and is not what its set publishes."""
    return RecordingError(f"{path} is not in the published layout: {what}.", "Fetch the file again from its publisher.")


def _cut(feed: Feed) -> Iterator[SampleChunk]:
    rows, size = np.ascontiguousarray(feed.rows, "<f4"), round(feed.sfreq_hz)
    for first in range(0, len(rows), size):
        yield SampleChunk(
            t_ns=round((feed.begin_s + first / feed.sfreq_hz) * SECOND_NS),
            source="eeg" if feed.kind == "eeg" else "wrist",
            kind=feed.kind,
            sfreq_hz=feed.sfreq_hz,
            ch_names=feed.ch_names,
            first_sample=first,
            data=rows[first : first + size].tobytes(),
        )


def _end_s(chunk: SampleChunk) -> int:
    """The second in which a chunk is complete."""
    if chunk.times_ns:
        return chunk.times_ns[-1] // SECOND_NS
    n_samples = len(chunk.data) // (4 * len(chunk.ch_names))
    return int(chunk.t_ns + (n_samples - 1) * SECOND_NS / chunk.sfreq_hz) // SECOND_NS
