"""What a decision costs on one thread: from the samples of a hop to the estimate."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

from device.affect.estimator import Estimator
from device.config import DeviceConfig, SessionConfig
from device.dsp import eda, hrv, motion, ppg, temperature
from device.dsp.features import Features
from device.files.models import MODELS_DIR
from device.messages import SampleChunk, Tick
from hardware.bench.figures import Figure
from hardware.twin.brain import MONTAGE, SFREQ_HZ, Brain
from hardware.twin.mood import Mood
from hardware.twin.profiles import PROFILES
from hardware.twin.pulse import MOTION_HZ, PPG_HZ, make

SECONDS = 180
WINDOWS = 50
HOPS_PER_S = 4
EEG_MS, WRIST_MS = 1.5, 4.0


def bench_cost() -> list[Figure]:
    eeg_ms, wrist_ms = np.array(list(_eeg_decisions_ms())), _wrist_window_ms()
    return [
        Figure("EEG decision, 99 %", float(np.percentile(eeg_ms, 99)), EEG_MS, "at most", "ms"),
        Figure("EEG decision, median", float(np.median(eeg_ms)), EEG_MS, "at most", "ms"),
        Figure("features of 60 s of wrist, median", float(np.median(wrist_ms)), WRIST_MS, "at most", "ms"),
    ]


def _eeg_decisions_ms() -> Iterator[float]:
    """Each hop of a session after the calibration: windows, features, reading, estimate."""
    config = SessionConfig(session_id="", run_dir="", session_dir="", models_dir=str(MODELS_DIR), device=DeviceConfig())
    features, estimator = Features(config), Estimator(config)
    profile = PROFILES["guest"]
    for chunk in _chunks(Brain(0, profile, Mood(0, profile))):
        began_ns = time.perf_counter_ns()
        for frame in features.step(chunk, chunk.t_ns):
            estimator.step(frame, frame.t_ns)
        estimator.step(Tick(t_ns=chunk.t_ns), chunk.t_ns)
        took_ns = time.perf_counter_ns() - began_ns
        if chunk.t_ns > 70e9:
            yield took_ns / 1e6


def _chunks(brain: Brain) -> Iterator[SampleChunk]:
    begins = np.linspace(0, SECONDS * SFREQ_HZ, SECONDS * HOPS_PER_S + 1).round().astype(int).tolist()
    for begin, end in pairwise(begins):
        yield SampleChunk(
            t_ns=round(begin / SFREQ_HZ * 1e9),
            source="eeg",
            kind="eeg",
            sfreq_hz=float(SFREQ_HZ),
            ch_names=MONTAGE,
            first_sample=begin,
            data=brain.samples(begin, end - begin).astype("<f4").tobytes(),
        )


def _wrist_window_ms() -> list[float]:
    """Beats from light and movement, variability, conductance and temperature of one minute."""
    wrist = make(0, 10.0, 60.0)
    rng = np.random.default_rng(0)
    skin = 2 + 0.01 * np.cumsum(rng.standard_normal(240))
    degrees = 33 + 0.001 * np.cumsum(rng.standard_normal(240))

    def once() -> None:
        ppg.measure(wrist.ppg, PPG_HZ, wrist.motion_g, MOTION_HZ)
        motion.measure(wrist.motion_g, MOTION_HZ)
        eda.measure(skin, 4.0)
        temperature.measure(degrees, 4.0)
        hrv.measure(np.linspace(-59, 0, 60), np.column_stack((np.full(60, 60.0), 1000 + rng.normal(0, 30, 60))), 60.0)

    return [_time_ms(once) for _ in range(WINDOWS)]


def _time_ms(work: Callable[[], None]) -> float:
    began_ns = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - began_ns) / 1e6
