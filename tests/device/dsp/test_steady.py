from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.dsp.steady import Steady
from device.messages import SignalKind
from device.modalities import MODALITIES, Channel
from device.recordings.files import load_recording
from device.recordings.signals import Recording

S = 1_000_000_000
RATE = MODALITIES["heart"].channels["hr_bpm"]


def steady_after(values: list[float], channel: Channel = RATE) -> Steady:
    """One value a second."""
    steady = Steady([channel])
    for second, value in enumerate(values):
        steady.take(np.array([second * S]), np.array([[value]]))
    return steady


def test_a_whole_heart_rate_may_rest_for_two_minutes_and_no_longer() -> None:
    assert steady_after([90.0, *[91.0] * 120]).stuck_since_ns is None
    found = steady_after([90.0, *[91.0] * 125])
    assert found.stuck_since_ns == 1 * S
    assert found.reason("heart rate") == "heart rate has told exactly 91 for 124 s: its sensor is stuck"
    assert steady_after([90.0, *[91.0] * 300, 92.0]).stuck_since_ns is None


def test_two_values_in_turn_are_no_heart_either() -> None:
    assert steady_after([90.0, *[91.0, 92.0] * 60]).stuck_since_ns is None
    found = steady_after([90.0, *[91.0, 92.0] * 62])
    assert found.stuck_since_ns == 2 * S
    assert found.reason("heart rate") == "heart rate has told 91 and 92 in turn for 122 s: its sensor is stuck"
    assert steady_after([60.25, 95.25] * 25).stuck_since_ns == 1 * S
    assert steady_after([90.0, *[91.0, 91.0, 92.0] * 100]).stuck_since_ns is None


def test_a_sensor_with_decimals_is_known_sooner() -> None:
    assert steady_after([91.25] * 50).stuck_since_ns == 0
    assert steady_after([91.25] * 40).stuck_since_ns is None


def test_nobody_knows_what_it_did_while_it_was_silent() -> None:
    steady = steady_after([91.25] * 40)
    steady.take(np.array([100 * S]), np.array([[91.25]]))
    assert steady.held_s == 0


def test_all_axes_have_to_hold_still_and_lost_samples_tell_nothing() -> None:
    steady = Steady(list(MODALITIES["motion"].channels.values()))
    times_ns = np.arange(100) * S
    still = np.tile([0.1, 0.2, 0.97], (100, 1))
    still[::7] = np.nan
    steady.take(times_ns, still)
    assert steady.stuck_since_ns is not None
    moved = still + np.stack((np.zeros(100), np.zeros(100), np.arange(100) / 64), axis=1)
    steady = Steady(list(MODALITIES["motion"].channels.values()))
    steady.take(times_ns, moved)
    assert steady.stuck_since_ns is None


@given(
    st.lists(st.tuples(st.integers(-(10**12), 10**12), st.floats(width=32)), max_size=30),
    st.sampled_from(["hr_bpm", "rr_ms"]),
)
def test_any_numbers_at_any_time_are_taken(rows: list[tuple[int, float]], name: str) -> None:
    steady = Steady([MODALITIES["heart"].channels[name]])
    for t_ns, value in rows:
        steady.take(np.array([t_ns]), np.array([[value]]))
        assert steady.held_s >= 0
        steady.reason("it")


def signals_of(recording: Recording) -> dict[str, tuple[np.ndarray, np.ndarray, list[Channel]]]:
    """Times in ns, rows and channels by name."""
    found: dict[str, tuple[np.ndarray, np.ndarray, list[Channel]]] = {}
    if recording.heart:
        times_ns = np.round(recording.heart.time_s * S).astype(np.int64)
        for name, column in (("hr_bpm", recording.heart.hr_bpm), ("rr_ms", recording.heart.rr_ms)):
            found[name] = (times_ns, column[:, None], [MODALITIES["heart"].channels[name]])
    kinds: tuple[SignalKind, ...] = ("motion", "eda", "temperature")
    for kind in kinds:
        if kind in recording.wrist:
            samples = recording.wrist[kind]
            times_ns = np.round(np.arange(len(samples.data)) / samples.sfreq_hz * S).astype(np.int64)
            found[kind] = (times_ns, samples.data, list(MODALITIES[kind].channels.values()))
    return found


@pytest.mark.parametrize("folder", ["open/wrist_stress_predict", "open/wrist_nback_music"])
def test_no_real_band_is_called_stuck(data_dir: Path, folder: str) -> None:
    paths = sorted((data_dir / folder).glob("*.npz"))
    assert paths
    for path in paths:
        for name, (times_ns, rows, channels) in signals_of(load_recording(path)).items():
            steady = Steady(channels)
            for begin in range(0, len(rows), 20):
                steady.take(times_ns[begin : begin + 20], rows[begin : begin + 20])
                assert steady.stuck_since_ns is None, f"{path.name} {name} at {times_ns[begin] / S:.0f} s"
