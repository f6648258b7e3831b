"""Drift: silent for stationary listeners and for states, told within two minutes where a channel has moved."""

from __future__ import annotations

import numpy as np
import pytest

from device.affect.drift import Drift
from device.dsp.windows import FloatArray

HOP_S = 0.25
CHANNELS, FEATURES = 8, 7
ALL = np.ones(CHANNELS, bool)
LOAD = np.array([0.5, -0.4, -2.0, -1.8, 1.0, 1.8, 0.5])
"""Power moves between the bands."""


def course(rng: np.random.Generator, minutes: float) -> FloatArray:
    """z-scores at rest, (frames, channels, features): fluctuations of 4 s windows and, as large, of 20 s."""
    n = round(minutes * 60 / HOP_S)
    found = np.zeros((n, CHANNELS, FEATURES))
    for span in (round(4 / HOP_S), round(20 / HOP_S)):
        noise = rng.normal(size=(n + span, CHANNELS, FEATURES)).cumsum(axis=0)
        found += (noise[span:] - noise[:-span]) / np.sqrt(2 * span)
    return found


def alarm_s(drift: Drift, rows: FloatArray) -> float | None:
    """Seconds until it is told."""
    for index, z in enumerate(rows):
        drift.add(z, ALL, HOP_S)
        if drift.drifted.any():
            return float(index * HOP_S)
    return None


def test_twenty_stationary_minutes_raise_no_false_alarm() -> None:
    """None in 20 sessions (and in the rest of 27 people on the open EEG recordings)."""
    rng = np.random.default_rng(0)
    assert [alarm_s(Drift(CHANNELS, FEATURES), course(rng, 20)) for _ in range(20)] == [None] * 20


@pytest.mark.parametrize("channels", [slice(0, 1), slice(None)])
def test_a_shift_of_two_deviations_is_told_within_two_minutes(channels: slice) -> None:
    found: list[float | None] = []
    for seed in range(10):
        drift, rows = Drift(CHANNELS, FEATURES), course(np.random.default_rng(seed), 6)
        begin = round(120 / HOP_S)
        assert alarm_s(drift, rows[:begin]) is None
        rows[begin:, channels] += 2.0
        found.append(alarm_s(drift, rows[begin:]))
    assert None not in found
    assert np.median([item for item in found if item is not None]) < 90
    assert max(item for item in found if item is not None) < 120


def test_a_slow_trend_is_told_before_it_is_twice_the_limit() -> None:
    rows = course(np.random.default_rng(1), 20)
    rows[:, 3] += np.linspace(0, 3, len(rows))[:, None]
    found = alarm_s(Drift(CHANNELS, FEATURES), rows)
    assert found is not None
    assert 300 < found < 1200


def test_a_state_is_no_drift_however_long_it_lasts() -> None:
    rows = course(np.random.default_rng(2), 20)
    assert alarm_s(Drift(CHANNELS, FEATURES), rows + LOAD) is None


def test_the_worse_it_is_the_less_the_source_is_heard_and_never_nothing() -> None:
    weights = []
    for shift in (0.0, 1.0, 1.8, 2.5, 4.0):
        drift = Drift(CHANNELS, FEATURES)
        alarm_s(drift, np.zeros((240, CHANNELS, FEATURES)))
        for _ in range(2000):
            drift.add(np.full((CHANNELS, FEATURES), shift), ALL, HOP_S)
        weights.append(drift.weight)
    assert weights[:2] == [1.0, 1.0]
    assert weights == sorted(weights, reverse=True)
    assert weights[-1] == pytest.approx(0.3)


def test_wild_windows_and_channels_that_are_not_usable_are_no_drift() -> None:
    drift, rows = Drift(CHANNELS, FEATURES), course(np.random.default_rng(3), 5)
    rows[400:420] = 1e6
    rows[:, 2] = np.nan
    for z in rows:
        drift.add(z, np.arange(CHANNELS) != 2, HOP_S)
    assert not drift.drifted.any()


def test_single_features_are_not_judged() -> None:
    drift = Drift(4, 1)
    for _ in range(2000):
        drift.add(np.full((4, 1), 4.0), np.ones(4, bool), 1.0)
    assert drift.weight == 1
    assert not drift.drifted.any()
