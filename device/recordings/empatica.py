"""The signals of a wristband in an .npz, as the Empatica E4 writes them.

`bvp` (times `bvp_scale`), `acc` (1/64 g), `eda` (uS), `temp` (degrees Celsius) and `hr` (1/min), each with `*_t0`
(seconds of one clock) and `*_fs`; `ibi` (seconds) with the times `ibi_t`. A prefix `left_` or `right_` names the wrist:
the first that is there is taken. `rr` (seconds, one per second) stands for the intervals of simpler bands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.messages import SignalKind
from device.modalities import MODALITIES
from device.recordings.signals import Heart, Samples, as_signal, number

SIDES = ("", "left_", "right_")
RATES_HZ = (0.1, 1000.0)
STARTS_APART_S = 3600.0
"""Signals of one band that begin further apart do not belong together."""
DAY_S = 86_400.0


class Column(NamedTuple):
    key: str
    unit: float
    """What one count is worth."""


COLUMNS: dict[SignalKind, Column] = {
    "ppg": Column("bvp", 1.0),
    "motion": Column("acc", 1 / 64),
    "eda": Column("eda", 1.0),
    "temperature": Column("temp", 1.0),
}


def read_signals(npz: Mapping[str, Any]) -> dict[SignalKind, Samples]:
    """The regularly sampled signals of one wrist.

    Raises:
        ValueError: a signal's shape, rate or start makes no sense or is missing.
    """
    side = _side(npz)
    signals: dict[SignalKind, Samples] = {}
    for kind, column in COLUMNS.items():
        if f"{side}{column.key}" in npz and f"{side}{column.key}_fs" in npz:
            signals[kind] = _read_signal(npz, side, kind)
    return signals


def _side(npz: Mapping[str, Any]) -> str:
    keys = ("hr", "ibi", *(column.key for column in COLUMNS.values()))
    return next((side for side in SIDES if any(f"{side}{key}" in npz for key in keys)), "")


def _read_signal(npz: Mapping[str, Any], side: str, kind: SignalKind) -> Samples:
    column, ch_names = COLUMNS[kind], MODALITIES[kind].ch_names or (kind,)
    name = f"{side}{column.key}"
    unit = number(npz, f"{name}_scale") if f"{name}_scale" in npz else column.unit
    data = as_signal(npz[name], unit)
    rows = data[:, None] if data.ndim == 1 else data
    if rows.ndim != 2 or rows.shape[1] != len(ch_names) or not len(rows):
        raise ValueError(f"the shape of its {name} makes no sense")
    start_s = _start_s(npz, side, f"{name}_t0")
    return Samples(np.ascontiguousarray(rows), _rate_hz(npz, name), ch_names, start_s)


def _rate_hz(npz: Mapping[str, Any], name: str) -> float:
    rate_hz = number(npz, f"{name}_fs")
    if not RATES_HZ[0] <= rate_hz <= RATES_HZ[1]:
        raise ValueError(f"{rate_hz:g} Hz is no rate for its {name}")
    return rate_hz


def _start_s(npz: Mapping[str, Any], side: str, key: str) -> float:
    """Start of the signal whose first time stands under `key`, after the earliest signal of the band."""
    start_s = number(npz, key) - _zero_s(npz, side)
    if not 0 <= start_s <= STARTS_APART_S:
        raise ValueError("its signals do not begin within one hour")
    return start_s


def _zero_s(npz: Mapping[str, Any], side: str) -> float:
    names = [f"{side}{key}_t0" for key in ("hr", *(column.key for column in COLUMNS.values()))]
    return min((number(npz, name) for name in names if name in npz), default=0.0)


def read_heart(npz: Mapping[str, Any]) -> Heart | None:
    """Heart rate and the intervals between beats of one wrist.

    Raises:
        ValueError: its shape, rate or times make no sense or are missing.
    """
    side = _side(npz)
    if f"{side}hr" not in npz:
        return None
    hr_bpm = np.ravel(as_signal(npz[f"{side}hr"]))
    if "rr" in npz:
        rr_ms = np.ravel(as_signal(npz["rr"], 1000))
        return _events(np.arange(len(hr_bpm), dtype=np.float64), hr_bpm, rr_ms)
    zero_s, begin_s = _zero_s(npz, side), _start_s(npz, side, f"{side}hr_t0")
    hr_s = begin_s + np.arange(len(hr_bpm)) / _rate_hz(npz, f"{side}hr")
    has_ibi = f"{side}ibi" in npz and f"{side}ibi_t" in npz
    beat_s = np.ravel(np.asarray(npz[f"{side}ibi_t"] if has_ibi else (), np.float64)) - zero_s
    rr_ms = np.ravel(as_signal(npz[f"{side}ibi"] if has_ibi else (), 1000))
    return _events(
        np.concatenate((hr_s, beat_s)),
        np.concatenate((hr_bpm, np.full(len(rr_ms), np.nan, np.float32))),
        np.concatenate((np.full(len(hr_bpm), np.nan, np.float32), rr_ms)),
    )


def _events(time_s: NDArray[np.float64], hr_bpm: NDArray[np.float32], rr_ms: NDArray[np.float32]) -> Heart:
    """Events in order, without those before the start or without a time."""
    if not len(time_s) == len(hr_bpm) == len(rr_ms):
        raise ValueError("its heartbeats and their times differ in number")
    order = np.argsort(time_s, kind="stable")
    order = order[np.isfinite(time_s[order]) & (time_s[order] >= 0)]
    if len(order) and time_s[order[-1]] > DAY_S:
        raise ValueError("its heartbeats go on for more than a day")
    return Heart(time_s[order], hr_bpm[order], rr_ms[order])
