"""Who finds the heartbeats of a wrist in motion, and who knows when they are lost: ours beside NeuroKit2 and HeartPy.

All get the same recordings (`hardware.twin.pulse`) in the same run. Peers get straight lines over lost samples, and
every detector may mark the beat where it likes: its median distance from the systolic peak is taken off before
matching.
Without the peers installed (extra `peers`) only ours run.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.dsp import ppg
from hardware.twin.pulse import MOTION_HZ, PPG_HZ, Wrist, make

FloatArray = NDArray[np.float64]

SNRS_DB = (20.0, 10.0, 5.0, 0.0, -5.0)
SECONDS = 120.0
TIMED_S = 60.0
TOLERANCE_S = 0.1
OFFSET_MAX_S = 0.25
EDGE_S = 0.3
"""Beats so close to a break of contact count for nobody."""
RMSSD_OFF_MS = 20.0
NEUROKIT = ("elgendi", "elgendi corrected", "bishop", "charlton")
"""Ways of NeuroKit2; corrected: its artefact correction after Lipponen & Tarvainen."""


class Reading(NamedTuple):
    """What one detector makes of one recording."""

    beats_s: FloatArray
    hr_bpm: float
    rmssd_ms: float


class Score(NamedTuple):
    """Means over recordings; NaN where nothing was reported."""

    detector: str
    snr_db: float
    f1: float
    hr_error_bpm: float
    hr_told: float
    """Share of recordings, 0 to 1."""
    rmssd_error_ms: float
    rmssd_told: float
    rmssd_off: float
    """Share of the reported values that are off by more than 20 ms."""
    n_rmssd: int
    ms_per_minute: float
    """Time for a window of 60 s."""


Detector = Callable[[Wrist], Reading]


def find_detectors() -> dict[str, Detector]:
    """Ours, and of the peers those that are installed."""
    detectors: dict[str, Detector] = {"isotone": _ours, "isotone without accelerometer": _ours_alone}
    if importlib.util.find_spec("neurokit2"):
        detectors |= {f"neurokit2 {method}": _neurokit(method) for method in NEUROKIT}
    if importlib.util.find_spec("heartpy"):
        detectors["heartpy"] = _heartpy
    return detectors


def compare(seeds: range, snrs_db: tuple[float, ...] = SNRS_DB, seconds: float = SECONDS) -> Iterator[Score]:
    """Scores of every detector at every ratio, over the same recordings."""
    for snr_db in snrs_db:
        wrists = [make(seed, snr_db, seconds) for seed in seeds]
        for name, detect in find_detectors().items():
            yield _score(name, snr_db, detect, wrists)


def match(true_s: FloatArray, found_s: FloatArray, readable_s: FloatArray) -> float:
    """F1 of beats within `TOLERANCE_S`, one to one, in the readable stretches, shape (k, 2)."""
    if not len(true_s) or not len(found_s):
        return 0.0
    order = np.searchsorted(found_s, true_s).clip(1, max(1, len(found_s) - 1))
    near = np.stack((found_s[order - 1], found_s[np.minimum(order, len(found_s) - 1)]))
    offsets = np.take_along_axis(near, np.abs(near - true_s).argmin(axis=0)[None], axis=0)[0] - true_s
    close = np.abs(offsets) < OFFSET_MAX_S
    shifted = found_s - (np.median(offsets[close]) if close.any() else 0.0)
    wanted, given = _readable(true_s, readable_s).tolist(), _readable(shifted, readable_s).tolist()
    hits = at = 0
    for beat_s in wanted:
        while at < len(given) and given[at] < beat_s - TOLERANCE_S:
            at += 1
        if at < len(given) and given[at] <= beat_s + TOLERANCE_S:
            hits, at = hits + 1, at + 1
    return 2 * hits / max(1, len(wanted) + len(given))


def _readable(beats_s: FloatArray, readable_s: FloatArray) -> FloatArray:
    inside = [(beats_s >= begin + EDGE_S) & (beats_s <= end - EDGE_S) for begin, end in readable_s.tolist()]
    return beats_s[np.any(inside, axis=0)]


def _score(name: str, snr_db: float, detect: Detector, wrists: list[Wrist]) -> Score:
    readings = [detect(wrist) for wrist in wrists]
    pairs = list(zip(wrists, readings, strict=True))
    f1 = [match(wrist.beats_s, reading.beats_s, wrist.readable_s) for wrist, reading in pairs]
    truths = [_from_beats(wrist.beats_s) for wrist in wrists]
    hr = np.array([reading.hr_bpm - truth.hr_bpm for reading, truth in zip(readings, truths, strict=True)])
    rmssd = np.array([reading.rmssd_ms - truth.rmssd_ms for reading, truth in zip(readings, truths, strict=True)])
    told = np.abs(rmssd[np.isfinite(rmssd)])
    return Score(
        name,
        snr_db,
        float(np.mean(f1)),
        _mean(np.abs(hr[np.isfinite(hr)])),
        float(np.isfinite(hr).mean()),
        _mean(told),
        float(np.isfinite(rmssd).mean()),
        _mean(told > RMSSD_OFF_MS),
        len(told),
        _time_ms(detect, wrists[0]),
    )


def _mean(values: NDArray[np.float64] | NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _time_ms(detect: Detector, wrist: Wrist) -> float:
    """Best of three on the first minute."""
    n_light, n_moved = round(TIMED_S * PPG_HZ), round(TIMED_S * MOTION_HZ)
    first = wrist._replace(ppg=wrist.ppg[:n_light], motion_g=wrist.motion_g[:n_moved])
    took = []
    for _ in range(3):
        begin = time.perf_counter()
        detect(first)
        took.append(time.perf_counter() - begin)
    return 1000 * min(took)


def _ours(wrist: Wrist) -> Reading:
    pulse = ppg.measure(wrist.ppg, PPG_HZ, wrist.motion_g, MOTION_HZ)
    return Reading(pulse.beats.times_s, pulse.hr_bpm, pulse.rmssd_ms)


def _ours_alone(wrist: Wrist) -> Reading:
    pulse = ppg.measure(wrist.ppg, PPG_HZ)
    return Reading(pulse.beats.times_s, pulse.hr_bpm, pulse.rmssd_ms)


def _from_beats(beats_s: FloatArray) -> Reading:
    """The plain definitions, as all peers use them."""
    intervals_ms = 1000 * np.diff(beats_s)
    if len(intervals_ms) < 2:
        return Reading(beats_s, float("nan"), float("nan"))
    return Reading(beats_s, 60_000 / float(intervals_ms.mean()), float(np.sqrt((np.diff(intervals_ms) ** 2).mean())))


def _filled(samples: FloatArray) -> FloatArray:
    heard = np.flatnonzero(np.isfinite(samples))
    return np.interp(np.arange(len(samples)), heard, samples[heard])


def _neurokit(way: str) -> Detector:
    neurokit = importlib.import_module("neurokit2")
    method, *corrected = way.split()

    def detect(wrist: Wrist) -> Reading:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            clean = neurokit.ppg_clean(_filled(wrist.ppg), sampling_rate=int(PPG_HZ), method="elgendi")
            found = neurokit.ppg_peaks(clean, int(PPG_HZ), method=method, correct_artifacts=bool(corrected))[1]
        return _from_beats(np.sort(np.asarray(found["PPG_Peaks"], float)) / PPG_HZ)

    return detect


def _heartpy(wrist: Wrist) -> Reading:
    heartpy = importlib.import_module("heartpy")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            clean = heartpy.filter_signal(_filled(wrist.ppg), [0.7, 3.5], PPG_HZ, order=3, filtertype="bandpass")
            working, found = heartpy.process(clean, PPG_HZ)
        except heartpy.exceptions.BadSignalWarning:
            return Reading(np.zeros(0), float("nan"), float("nan"))
    kept = np.asarray(working["peaklist"])[np.asarray(working["binary_peaklist"]) == 1]
    return Reading(kept / PPG_HZ, float(found["bpm"]), float(found["rmssd"]))


def main(argv: list[str] | None = None) -> int:
    """Print the comparison as a table, or as one JSON object a line."""
    parser = argparse.ArgumentParser(prog="python -m hardware.bench.heartbeats", description=__doc__)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    if not options.json:
        print(f"{'detector':30} SNR dB    F1  |dHR| told  |dRMSSD| told  off>20  n   ms/60 s")
    for score in compare(range(options.first_seed, options.first_seed + options.seeds)):
        print(json.dumps(score._asdict()) if options.json else _line(score), flush=True)
    return 0


def _line(score: Score) -> str:
    return (
        f"{score.detector:30} {score.snr_db:6.0f} {score.f1:5.3f} {score.hr_error_bpm:6.2f} {score.hr_told:4.2f} "
        f"{score.rmssd_error_ms:9.1f} {score.rmssd_told:4.2f} {score.rmssd_off:7.3f} {score.n_rmssd:2d} "
        f"{score.ms_per_minute:9.2f}"
    )


if __name__ == "__main__":
    sys.exit(main())
