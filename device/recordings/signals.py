"""The signals of a recording as plain arrays on one time axis, whatever form they were read from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.errors import RecordingError
from device.messages import SampleChunk, SignalKind
from device.modalities import MODALITIES

VALUE_MAX = 1e12
SAMPLES_MAX = 100_000_000
"""Numbers in one recording: 400 MB; sixteen channels at 250 Hz for seven hours."""
PIECE = 2**20
NOTHING: Mapping[SignalKind, Samples] = MappingProxyType({})


class Samples(NamedTuple):
    """One regularly sampled signal."""

    data: NDArray[np.float32]
    """Shape (n, channels), in the units of `SampleChunk.data`; rows of NaN are lost samples."""
    sfreq_hz: float
    ch_names: tuple[str, ...]
    start_s: float = 0.0
    """Time of its first sample on the recording's time axis."""

    @property
    def end_s(self) -> float:
        return self.start_s + len(self.data) / self.sfreq_hz


class Heart(NamedTuple):
    """Events in order of time; what an event does not tell is NaN."""

    time_s: NDArray[np.float64]
    hr_bpm: NDArray[np.float32]
    rr_ms: NDArray[np.float32]

    @property
    def end_s(self) -> float:
        """A second behind the last event, where a next recording may begin."""
        return float(self.time_s[-1]) + 1.0 if len(self.time_s) else 0.0


class Recording(NamedTuple):
    eeg: Samples | None = None
    heart: Heart | None = None
    wrist: Mapping[SignalKind, Samples] = NOTHING
    """What a wristband sends beside its heartbeats: `ppg`, `motion`, `eda`, `temperature`."""
    notes: tuple[str, ...] = ()
    """What could not be read and was left out, as sentences."""

    @property
    def eeg_end_s(self) -> float:
        return self.eeg.end_s if self.eeg else 0.0

    @property
    def wrist_end_s(self) -> float:
        ends_s = [samples.end_s for samples in self.wrist.values()]
        return max([*ends_s, self.heart.end_s if self.heart else 0.0])

    @property
    def duration_s(self) -> float:
        return max(self.eeg_end_s, self.wrist_end_s)

    @property
    def n_values(self) -> int:
        """Numbers that it holds."""
        signals = [*self.wrist.values(), *([self.eeg] if self.eeg else [])]
        return sum(samples.data.size for samples in signals) + (3 * len(self.heart.time_s) if self.heart else 0)

    @property
    def has_wrist(self) -> bool:
        return self.heart is not None or bool(self.wrist)


def as_signal(counts: Any, unit: float = 1.0) -> NDArray[np.float32]:
    """Counts times what one is worth; NaN for what is no number or more than any sensor gives.

    Raises:
        TypeError: they are no numbers at all.
    """
    found = np.asarray(counts)
    if found.dtype.kind not in "biuf":
        raise TypeError("a signal must be made of numbers")
    signal = np.empty(found.shape, np.float32)
    # Piece by piece: whole, the steps between would take ten times the memory of the signal.
    source, target = found.reshape(-1), signal.reshape(-1)
    for begin in range(0, len(target), PIECE):
        with np.errstate(over="ignore", invalid="ignore"):
            values = source[begin : begin + PIECE].astype(np.float64) * unit
        target[begin : begin + PIECE] = np.where(np.abs(values) < VALUE_MAX, values, np.nan)
    return signal


def lay_out(parts: Sequence[tuple[int, NDArray[np.float32]]], n_rows: int, n_channels: int) -> NDArray[np.float32]:
    """Parts of a signal, each with the row at which it begins, in one array with NaN between them."""
    data = np.full((n_rows, n_channels), np.nan, np.float32)
    for begin, rows in parts:
        data[begin : begin + len(rows)] = rows
    return data


def refuse_too_many(n_values: int, where: object) -> None:
    """Raise RecordingError for more samples than are held in memory at once."""
    if n_values > SAMPLES_MAX:
        raise RecordingError(
            f"{where} holds more than {SAMPLES_MAX // 10**6} million samples, which is the limit.",
            "Give fewer or shorter recordings.",
        )


def number(arrays: Mapping[str, Any], key: str) -> float:
    """The single number under `key`.

    Raises:
        ValueError: there is none.
    """
    found = np.asarray(arrays[key]) if key in arrays else np.empty(0)
    if found.size != 1 or found.dtype.kind not in "biuf":
        raise ValueError(f"its `{key}` is missing" if not found.size else f"its `{key}` is not one number")
    return float(found.item())


def in_turn(parts: list[Recording]) -> Iterator[tuple[float, Recording]]:
    """Each part with its beginning: behind the last one that holds EEG, or wrist signals, as it does itself.

    So EEG follows EEG and wrist follows wrist, and an EEG file and a wrist file run side by side.
    """
    eeg_s = wrist_s = 0.0
    for part in parts:
        start_s = max(eeg_s if part.eeg else 0.0, wrist_s if part.has_wrist else 0.0)
        yield start_s, part
        if part.eeg:
            eeg_s = start_s + part.eeg_end_s
        if part.has_wrist:
            wrist_s = start_s + part.wrist_end_s


def heart_chunk(source: str, first: int, times_ns: tuple[int, ...], rows: NDArray[np.float32]) -> SampleChunk:
    """Heart events from the `first` on; rows (n, 2) of hr_bpm and rr_ms in little endian."""
    return SampleChunk(
        t_ns=times_ns[0],
        source=source,
        kind="heart",
        sfreq_hz=0.0,
        ch_names=MODALITIES["heart"].ch_names,
        first_sample=first,
        data=rows.tobytes(),
        times_ns=times_ns,
    )
