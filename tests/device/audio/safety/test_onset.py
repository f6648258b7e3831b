"""Nothing that comes suddenly is a fright, and played music is left as it is."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.audio.safety.onset import AT_ONCE_DB, CLIMB_DB_S, FALL_DB_S, FLOOR_DBFS, OnsetGuard
from tests.cases import cases

CHUNKS_PER_S = 750.0


def heard(peaks_dbfs: list[float], guard: OnsetGuard | None = None) -> list[float]:
    """Peaks as they are heard."""
    guard = guard or OnsetGuard(CHUNKS_PER_S)
    peaks = np.array(peaks_dbfs)
    return list(peaks + guard.needed_db(peaks))


peaks = st.lists(st.floats(-120, 18) | st.sampled_from([-120.0, -60.0, -1.0]), max_size=300)


@settings(max_examples=cases(200), deadline=None)
@given(peaks)
def test_no_peak_stands_further_above_what_was_heard_than_is_allowed(levels: list[float]) -> None:
    result = heard(levels)
    reference = FLOOR_DBFS
    for given_db, heard_db in zip(levels, result, strict=True):
        assert heard_db <= given_db + 1e-9
        assert heard_db <= reference + AT_ONCE_DB + 1e-9
        assert heard_db == pytest.approx(given_db) or heard_db == pytest.approx(reference + AT_ONCE_DB)
        lowest, highest = reference - FALL_DB_S / CHUNKS_PER_S, reference + CLIMB_DB_S / CHUNKS_PER_S
        reference = max(FLOOR_DBFS, min(max(heard_db, lowest), highest))


def test_out_of_silence_even_full_scale_begins_softly_and_takes_a_second_and_a_half() -> None:
    result = heard([-1.0] * 1500)
    assert result[0] == pytest.approx(-30.0)
    assert result[75] == pytest.approx(-28.0, abs=0.1)
    assert result[0] < result[600] < result[1088]
    assert result.index(-1.0) == pytest.approx(29 / CLIMB_DB_S * CHUNKS_PER_S, abs=2)
    assert all(0 <= after - before <= CLIMB_DB_S / CHUNKS_PER_S + 1e-9 for before, after in pairwise(result))


def test_after_a_long_soft_passage_a_voice_at_full_scale_is_held_to_what_was_heard() -> None:
    result = heard([-38.0] * 15_000 + [-1.0] * 76)
    assert result[:15_000] == [-38.0] * 15_000
    assert result[15_000] == pytest.approx(-26.0)
    assert result[15_075] == pytest.approx(-24.0, abs=0.1)


def test_a_note_that_dies_away_does_not_make_the_next_one_a_fright() -> None:
    """Struck notes, every two seconds, that fall by 10 dB a second."""
    note = [-24.0 - 10.0 * chunk / CHUNKS_PER_S for chunk in range(1500)]
    guard = OnsetGuard(CHUNKS_PER_S)
    heard(note, guard)
    assert heard(note * 20, guard) == note * 20


def test_what_was_heard_falls_to_the_floor_and_no_further() -> None:
    guard = OnsetGuard(CHUNKS_PER_S)
    heard([-10.0] * 3000, guard)
    heard([-120.0] * 100_000, guard)
    assert heard([-1.0], guard) == [pytest.approx(FLOOR_DBFS + AT_ONCE_DB)]


def test_in_blocks_of_any_size_it_is_the_same() -> None:
    levels = list(np.random.default_rng(0).uniform(-80, 0, 400))
    guard = OnsetGuard(CHUNKS_PER_S)
    assert [level for first in range(0, 400, 16) for level in heard(levels[first : first + 16], guard)] == heard(levels)
