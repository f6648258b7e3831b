"""Musical time: no beat is lost, whatever the tempo does, and the tempo never moves faster than it may."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.audio.pace import Pace

SFREQ_HZ = 48_000
tempi = st.floats(40, 200)


def pace(from_bpm: float, to_bpm: float, slope: float = 2.0) -> Pace:
    return Pace(0, 0.0, from_bpm, to_bpm, slope, SFREQ_HZ)


def test_at_a_steady_tempo_a_beat_lasts_as_long_as_it_says() -> None:
    assert pace(60, 60).frame_at(24) == SFREQ_HZ
    assert pace(60, 60).tick_at(2 * SFREQ_HZ) == 48


def test_faster_is_reached_at_the_prescribed_slope_and_kept() -> None:
    moving = pace(60, 66)
    assert moving.tempo_at(SFREQ_HZ) == pytest.approx(61.2)
    assert moving.tempo_at(2 * SFREQ_HZ) == pytest.approx(62.424)
    assert moving.tempo_at(10 * SFREQ_HZ) == 66
    assert moving.frame_at(96) < pace(60, 60).frame_at(96)


@given(tempi, tempi, st.floats(0.1, 20), st.floats(0, 2000))
def test_frames_and_ticks_are_each_others_inverse(from_bpm: float, to_bpm: float, slope: float, tick: float) -> None:
    moving = pace(from_bpm, to_bpm, slope)
    assert moving.tick_at(moving.frame_at(tick)) == pytest.approx(tick, rel=1e-6, abs=1e-6)


@given(tempi, tempi, st.floats(0.1, 20), st.floats(0, 60), st.floats(0.01, 5))
def test_the_tempo_never_moves_faster_than_its_slope(
    from_bpm: float, to_bpm: float, slope: float, at_s: float, later_s: float
) -> None:
    moving = pace(from_bpm, to_bpm, slope)
    ratio = moving.tempo_at((at_s + later_s) * SFREQ_HZ) / moving.tempo_at(at_s * SFREQ_HZ)
    most = (1 + slope / 100) ** later_s
    assert 1 / most - 1e-9 <= ratio <= most + 1e-9
    low, high = sorted((from_bpm, to_bpm))
    assert low - 1e-9 <= moving.tempo_at(at_s * SFREQ_HZ) <= high + 1e-9


@given(tempi, tempi, tempi, st.integers(0, 500_000))
def test_a_turn_neither_loses_time_nor_jumps(from_bpm: float, to_bpm: float, then_bpm: float, frame: int) -> None:
    before = pace(from_bpm, to_bpm)
    after = before.turned(frame, then_bpm)
    assert after.tick_at(frame) == before.tick_at(frame)
    assert after.tempo_at(frame) == pytest.approx(before.tempo_at(frame))
    assert after.tempo_at(frame + 60 * 100 * SFREQ_HZ) == then_bpm
