"""Structure indicators."""

import numpy as np
import pytest

from export.music.structure import features, fitness_per_length, measure, similarity
from tests.export.music.scores import Written, piece


def _random_bars(n_bars: int, seed: int) -> list[list[Written]]:
    rng = np.random.default_rng(seed)
    return [[(k * 0.5, 0.5, int(rng.integers(48, 84))) for k in range(8)] for _ in range(n_bars)]


def _joined(bars: list[list[Written]]) -> list[Written]:
    return [(onset + 4.0 * bar, length, pitch) for bar, notes in enumerate(bars) for onset, length, pitch in notes]


def test_a_piece_that_comes_again_is_more_structured_than_one_that_does_not() -> None:
    once = _random_bars(8, 0)
    again, never = measure(piece(_joined(once * 2))), measure(piece(_joined(_random_bars(16, 1))))
    assert again.long == pytest.approx(0.5)
    assert never.long < 0.3
    assert again.middle > never.middle
    assert again.short > never.short


def test_only_lengths_that_fit_are_told() -> None:
    found = measure(piece(_joined(_random_bars(2, 0))))
    assert np.isnan(found.long)
    assert not np.isnan(found.short)


def test_tempo_decides_what_is_long() -> None:
    notes = _joined(_random_bars(4, 0) * 2)
    assert np.isnan(measure(piece(notes, bpm=240)).long)
    assert measure(piece(notes, bpm=60)).long == pytest.approx(0.5)


def test_a_stretch_heard_four_times_covers_three_quarters_more() -> None:
    """By hand: four perfect, disjoint places of 4 beats among 16 have similarity 3/4 and cover 3/4."""
    matrix = np.full((16, 16), -2.0)
    for shift in range(-12, 13, 4):
        matrix[np.eye(16, k=shift, dtype=bool)] = 1.0
    best = fitness_per_length(matrix)
    assert best[4] == pytest.approx(0.75)
    assert best[8] == pytest.approx(0.5)
    assert best[16] == 0.0
    assert np.isnan(best[:2]).all()


def test_places_do_not_overlap() -> None:
    best = fitness_per_length(np.ones((8, 8)))
    assert best[4] == pytest.approx(0.5)
    assert best[5] == 0.0


def test_similarity_is_one_on_the_diagonal_and_never_above() -> None:
    matrix = similarity(features(piece(_joined(_random_bars(6, 3)))))
    assert np.diag(matrix) == pytest.approx(np.ones(24))
    assert matrix.max() <= 1.0 + 1e-9
    others = matrix[~np.eye(24, dtype=bool)]
    assert 0.1 < (others > 0).mean() <= 0.2


def test_key_and_loudness_of_the_whole_do_not_matter() -> None:
    notes = _joined(_random_bars(8, 5) * 2)
    higher = [(onset, length, pitch + 5) for onset, length, pitch in notes]
    assert measure(piece(notes)) == pytest.approx(measure(piece(higher, velocity=30.0)))


def test_a_single_note_has_no_structure() -> None:
    short, middle, long = measure(piece([(0.0, 1.0, 60)]))
    assert short == 0.0
    assert np.isnan([middle, long]).all()
