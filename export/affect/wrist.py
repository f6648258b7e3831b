"""Wristband recordings of the open set (Stress-Predict, Empatica E4) as the chunks a band would have sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from device.dsp.windows import FloatArray
from device.messages import FeatureFrame, SampleChunk, SignalKind
from export.affect.loaders.recording import SECOND_NS, beat_chunks, in_order


class Signal(NamedTuple):
    """How a signal is kept in the files."""

    key: str
    scale: float
    ch_names: tuple[str, ...]


SIGNALS: dict[SignalKind, Signal] = {
    "motion": Signal("acc", 1 / 64, ("acc_x", "acc_y", "acc_z")),
    "temperature": Signal("temp", 1.0, ("temperature",)),
    "eda": Signal("eda", 1.0, ("eda",)),
    "ppg": Signal("bvp", 1.0, ("ppg",)),
}
"""The order in which a second of them is sent: what beats make a frame of comes before the beats."""


class Labels(NamedTuple):
    """Seconds since the recording began, and 0 (rest) or 1 (stress) at each."""

    at_s: FloatArray
    stress: FloatArray


def read_chunks(path: Path, signals: tuple[SignalKind, ...], settling_s: float) -> Iterator[SampleChunk]:
    """A recording second by second; times count from the first of all signals, `settling_s` of which are left out."""
    with np.load(path, allow_pickle=False) as file:
        start_s = _start_s(file)
        feeds = [_samples(file, kind, start_s, settling_s) for kind in SIGNALS if kind in signals]
        if "heart" in signals:
            feeds.append(_beats(file, start_s, settling_s))
    chunks = [chunk for feed in feeds for chunk in feed]
    yield from in_order(chunks)


def read_labels(path: Path) -> Labels | None:
    """None where a recording has no labels."""
    with np.load(path, allow_pickle=False) as file:
        if not len(file["label"]):
            return None
        return Labels(file["label_t"] - _start_s(file), file["label"].astype(float))


def label_of(frame: FeatureFrame, labels: Labels) -> float:
    """Rest or stress where the whole window is, else NaN."""
    end_s = frame.t_ns / 1e9
    inside = labels.stress[(labels.at_s > end_s - frame.window_s) & (labels.at_s <= end_s)]
    pure = len(inside) >= 0.8 * frame.window_s > 0 and np.min(inside) == np.max(inside)
    return float(inside[0]) if pure else np.nan


def _start_s(file: Any) -> float:
    return min(float(file[name]) for name in file.files if name.endswith("_t0"))


def _samples(file: Any, kind: SignalKind, start_s: float, settling_s: float) -> list[SampleChunk]:
    signal = SIGNALS[kind]
    sfreq_hz, scale = float(file[f"{signal.key}_fs"]), signal.scale
    if f"{signal.key}_scale" in file.files:
        scale *= float(file[f"{signal.key}_scale"])
    rows = file[signal.key].reshape(len(file[signal.key]), -1).astype("<f4") * np.float32(scale)
    begin_s = float(file[f"{signal.key}_t0"]) - start_s
    first = max(0, round((settling_s - begin_s) * sfreq_hz))
    size = round(sfreq_hz)
    return [
        SampleChunk(
            t_ns=round((begin_s + index / sfreq_hz) * SECOND_NS),
            source="wrist",
            kind=kind,
            sfreq_hz=sfreq_hz,
            ch_names=signal.ch_names,
            first_sample=index,
            data=np.ascontiguousarray(rows[index : index + size]).tobytes(),
        )
        for index in range(first, len(rows), size)
    ]


def _beats(file: Any, start_s: float, settling_s: float) -> list[SampleChunk]:
    """Heart rate once a second and beat intervals, a chunk for each second that has any."""
    hr = file["hr"].astype(float)
    hr_s = float(file["hr_t0"]) - start_s + np.arange(len(hr)) / float(file["hr_fs"])
    times_s = np.concatenate((hr_s, file["ibi_t"] - start_s))
    rows = np.full((len(times_s), 2), np.nan)
    rows[: len(hr), 0], rows[len(hr) :, 1] = hr, file["ibi"].astype(float) * 1000
    late = times_s >= settling_s
    return list(beat_chunks(times_s[late], rows[late, 0], rows[late, 1]))
