"""Looking for copied melodies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.music.copying import LONGEST, Copying, Known, compare, events_of
from export.music.midi import Piece
from tests.export.music.scores import Written, piece, scale_tune

MELODIES = st.lists(st.lists(st.integers(0, 3), max_size=20), max_size=4)


def _random_tune(seed: int, n_notes: int = 60) -> list[Written]:
    rng = np.random.default_rng(seed)
    onset = np.cumsum(rng.choice([0.5, 1.0, 1.5], n_notes))
    return [(float(at), 0.5, int(rng.integers(55, 80))) for at in onset]


def _moved(notes: list[Written], beats: float, semitones: int) -> list[Written]:
    return [(onset + beats, length, pitch + semitones) for onset, length, pitch in notes]


def _longest(ours: Piece, theirs: list[Piece]) -> int:
    return compare([ours], theirs).longest[0]


def test_a_copy_is_found_in_any_key_tempo_and_place() -> None:
    song = _random_tune(0)
    start = song[20][0]
    copied = _moved(song[20:41], 16.0 - start, 5)
    mine = piece(_random_tune(1, 12) + copied, bpm=133)
    assert _longest(mine, [piece(_random_tune(2)), piece(song)]) == 20
    assert compare([mine, piece(_random_tune(3))], [piece(song)]).share == 0.5


def test_the_same_melody_in_another_rhythm_is_another_melody() -> None:
    slower = [(2 * onset, length, pitch) for onset, length, pitch in scale_tune(30)]
    assert _longest(piece(slower), [piece(scale_tune(30))]) == 0


def test_a_little_unevenness_of_playing_hides_no_copy() -> None:
    rng = np.random.default_rng(0)
    played = [
        (max(0.0, onset + float(rng.uniform(-0.1, 0.1))), length, pitch) for onset, length, pitch in scale_tune(30)
    ]
    assert _longest(piece(played), [piece(scale_tune(30))]) == 29


def test_only_the_melody_counts() -> None:
    song = _random_tune(0)
    under_mine = piece(_random_tune(1) + _moved(song, 0, -24), voice=["melody"] * 60 + ["bass"] * 60)
    assert _longest(under_mine, [piece(song)]) < 6


def test_nothing_is_shared_with_nothing() -> None:
    assert _longest(piece(scale_tune(9)), []) == 0
    assert _longest(piece([(0.0, 1.0, 60)]), [piece(scale_tune(9))]) == 0
    assert np.isnan(Copying(()).share)


def test_runs_are_told_apart_up_to_a_length() -> None:
    long = piece(_random_tune(4, 200))
    assert _longest(long, [long]) == LONGEST


def test_sixteen_events_are_a_copy_and_fifteen_are_none() -> None:
    assert Copying((15,)).share == 0.0
    assert Copying((16, 15)).share == 0.5


@given(st.lists(st.integers(0, 3), max_size=20), MELODIES)
def test_the_longest_run_is_that_of_plain_search(mine: list[int], songs: list[list[int]]) -> None:
    def stands(run: list[int]) -> bool:
        return any(run == song[at : at + len(run)] for song in songs for at in range(len(song) - len(run) + 1))

    runs = [mine[a:b] for a in range(len(mine)) for b in range(a + 1, len(mine) + 1)]
    expected = max((len(run) for run in runs if stands(run)), default=0)
    known = Known([np.array(song, np.int64) for song in songs])
    assert known.longest_run(np.array(mine, np.int64)) == expected


@pytest.mark.parametrize("pause", [16.0, 40.0])
def test_long_pauses_are_all_alike(pause: float) -> None:
    assert (
        events_of(piece([(0.0, 1.0, 60), (pause, 1.0, 62)]))[0]
        == events_of(piece([(0.0, 1.0, 50), (30.0, 1.0, 52)]))[0]
    )
