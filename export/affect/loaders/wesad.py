"""WESAD: the wristband of 15 people through reading (baseline), a stress test, funny clips and two meditations.

Layout: SX/SX.pkl of the archive, a Python 2 pickle {subject, signal: {chest, wrist}, label}; wrist ACC 32 Hz (1/64 g),
BVP 64 Hz, EDA 4 Hz (uS), TEMP 4 Hz (degrees Celsius), each (n, channels); label at 700 Hz, 0 in transit, 1 baseline,
2 stress, 3 amusement, 4 meditation, 5 to 7 to be ignored. Source: Schmidt et al. 2018 (doi 10.1145/3242969.3242985) and
the archive's wesad_readme.pdf as quoted by public loaders; no original file was at hand to check against.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.dsp.windows import FloatArray
from device.messages import SignalKind
from export.affect.loaders.pickles import read_pickle
from export.affect.loaders.recording import Feed, Label, LabelledRecording, interleave, paths_in, wrong_layout

LABEL_HZ = 700
NAMES = {1: "baseline", 2: "stress", 3: "amusement", 4: "meditation"}
SIGNALS: dict[str, tuple[SignalKind, float, float, tuple[str, ...]]] = {
    "ACC": ("motion", 32.0, 1 / 64, ("acc_x", "acc_y", "acc_z")),
    "TEMP": ("temperature", 4.0, 1.0, ("temperature",)),
    "EDA": ("eda", 4.0, 1.0, ("eda",)),
    "BVP": ("ppg", 64.0, 1.0, ("ppg",)),
}
"""Kind, rate, scale and channels; in the order in which a second is sent: the pulse wave, which makes frames, last."""
REST_S = 300.0
"""Rest taken from the baseline, as wrist models ask for it; at most half of it, so that something is left to score."""


def load(folder: Path) -> Iterator[LabelledRecording]:
    """A recording for each unbroken segment of a person, baseline first, then as they came.

    Raises:
        RecordingError: a file is absent, torn, holds code or is laid out otherwise.
    """
    for path in paths_in(folder, "S*/S*.pkl"):
        signals, label = _read(path)
        segments = [span for span in _runs(label) if label[span[0]] in NAMES]
        for number, (begin, end) in enumerate(sorted(segments, key=lambda span: label[span[0]] != 1)):
            name = NAMES[int(label[begin])]
            begin_s, end_s = begin / LABEL_HZ, end / LABEL_HZ
            yield LabelledRecording(
                person=path.stem,
                block=f"{number}-{name}",
                chunks=interleave([_feed(key, rows, begin_s, end_s) for key, rows in signals.items()]),
                baseline_s=min(REST_S, (end_s - begin_s) / 2) if name == "baseline" else 0.0,
                labels=(Label(0.0, end_s - begin_s, name=name),),
            )


def _feed(key: str, rows: FloatArray, begin_s: float, end_s: float) -> Feed:
    kind, sfreq_hz, scale, ch_names = SIGNALS[key]
    return Feed(kind, sfreq_hz, ch_names, rows[round(begin_s * sfreq_hz) : round(end_s * sfreq_hz)] * scale)


def _runs(label: NDArray[np.integer]) -> list[tuple[int, int]]:
    """Begin and end (one past the last) of each unbroken stretch of equal labels."""
    edges = [0, *(np.flatnonzero(np.diff(label)) + 1).tolist(), len(label)]
    return list(pairwise(edges))


def _read(path: Path) -> tuple[dict[str, FloatArray], NDArray[np.integer]]:
    """Wrist signals (n, channels) and the label."""
    content: Any = read_pickle(path)
    try:
        wrist = content["signal"]["wrist"]
        signals = {key: np.asarray(wrist[key], float) for key in SIGNALS}
        label = np.asarray(content["label"]).astype(int)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise wrong_layout(path, f"signal, wrist and label are expected, {error} is not there") from error
    for key, rows in signals.items():
        _, sfreq_hz, _, ch_names = SIGNALS[key]
        if rows.ndim != 2 or rows.shape[1] != len(ch_names):
            raise wrong_layout(path, f"wrist {key} has the shape {rows.shape} instead of (n, {len(ch_names)})")
        if label.ndim != 1 or len(rows) / sfreq_hz < len(label) / LABEL_HZ - 2:
            raise wrong_layout(path, f"wrist {key} is shorter than its label")
    return signals, label
