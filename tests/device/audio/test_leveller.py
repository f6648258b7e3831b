"""Music of any level ends at the prescribed loudness, and nobody hears how it gets there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.audio.leveller import DRIFT_DB_S, GAIN_MAX_DB, GAIN_MIN_DB, Leveller
from device.audio.loudness import LoudnessMeter

SFREQ_HZ, BLOCK = 48_000, 1024
BLOCK_S = BLOCK / SFREQ_HZ
WANTED_LUFS = -23.0


def noise(dbfs: float, seconds: float) -> list[np.ndarray]:
    rng = np.random.default_rng(4)
    return [rng.standard_normal((BLOCK, 2)) * 10 ** (dbfs / 20) for _ in range(round(seconds / BLOCK_S))]


def levelled(blocks: list[np.ndarray]) -> tuple[list[np.ndarray], list[float]]:
    leveller = Leveller(WANTED_LUFS, -26.0, SFREQ_HZ, BLOCK)
    gains_db = [leveller.gain_db(block) for block in blocks]
    return [block * 10 ** (gain / 20) for block, gain in zip(blocks, gains_db, strict=True)], gains_db


@pytest.mark.parametrize("dbfs", [-45.0, -35.0, -25.0, -15.0])
def test_soft_and_loud_music_end_within_half_a_unit_of_what_is_prescribed(dbfs: float) -> None:
    heard, _ = levelled(noise(dbfs, 90.0))
    meter = LoudnessMeter(SFREQ_HZ, BLOCK)
    for block in heard[-1500:]:
        meter.read(block)
    assert meter.loudness().integrated_lufs == pytest.approx(WANTED_LUFS, abs=0.5)


def test_a_rest_is_not_turned_up() -> None:
    music = noise(-30.0, 40.0)
    _, gains_db = levelled([*music, *noise(-60.0, 30.0), *noise(-110.0, 30.0)])
    assert abs(gains_db[-1] - gains_db[len(music) - 1]) < 1.0


def test_a_phrase_that_swells_is_not_pumped_flat() -> None:
    swells = [block * (1.0 + 0.4 * np.sin(number * BLOCK_S)) for number, block in enumerate(noise(-30.0, 120.0))]
    _, gains_db = levelled(swells)
    settled = gains_db[len(gains_db) // 2 :]
    assert max(settled) - min(settled) < 1.5


@settings(max_examples=30)
@given(st.lists(st.floats(-200.0, 60.0), min_size=1, max_size=60))
def test_the_gain_drifts_within_its_ends_whatever_comes(levels_dbfs: list[float]) -> None:
    blocks = [np.full((BLOCK, 2), 10 ** (dbfs / 20)) for dbfs in levels_dbfs]
    _, gains_db = levelled([*blocks, np.full((BLOCK, 2), np.nan), *blocks])
    assert all(GAIN_MIN_DB <= gain <= GAIN_MAX_DB for gain in gains_db)
    assert max(np.abs(np.diff(gains_db)), default=0.0) <= DRIFT_DB_S * BLOCK_S + 1e-9


def test_it_tells_how_loud_the_music_is_now_rests_included() -> None:
    leveller = Leveller(WANTED_LUFS, -26.0, SFREQ_HZ, BLOCK)
    for block in noise(-30.0, 60.0):
        leveller.gain_db(block)
    assert leveller.recent_lufs() == pytest.approx(WANTED_LUFS, abs=0.5)
    for block in noise(-100.0, 20.0):
        leveller.gain_db(block)
    assert leveller.recent_lufs() < WANTED_LUFS - 20.0


def test_short_notes_with_gaps_between_them_are_as_loud_as_long_ones() -> None:
    """A meter hears 400 ms at once, and so gaps between notes as part of the music."""
    blocks = [block * (number % 12 < 3) for number, block in enumerate(noise(-25.0, 120.0))]
    heard, _ = levelled(blocks)
    meter = LoudnessMeter(SFREQ_HZ, BLOCK)
    for block in heard[-2800:]:
        meter.read(block)
    assert meter.loudness().integrated_lufs == pytest.approx(WANTED_LUFS, abs=0.3)
