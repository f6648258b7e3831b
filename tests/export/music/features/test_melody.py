"""Features of melodies have the values that can be read off small pieces by hand."""

from __future__ import annotations

import pytest

from export.music.features import melody
from tests.export.music.scores import piece, scale_tune


def test_four_notes_in_every_bar_are_the_commonest_count_everywhere() -> None:
    assert melody.commonest_count(piece(scale_tune(32))) == 1.0
    uneven = piece([*scale_tune(16), *((16 + 2.0 * n, 2.0, 60 + n) for n in range(8))])
    assert melody.commonest_count(uneven) == 0.5


def test_a_last_note_is_held_as_long_as_it_sounds_before_the_next_phrase() -> None:
    def phrases(last: float) -> list[tuple[float, float, int]]:
        return [
            (at + n, 1.0 if n < 3 else last, 60 + n) for at in (0.0, 8.0, 16.0) for n in range(4)
        ]  # fmt: skip

    assert melody.held(piece(phrases(5.0))) == 1.0
    assert melody.held(piece(phrases(1.0))) == pytest.approx(0.2)
    assert melody.gaps_per_min(piece(phrases(5.0))) == 0.0
    assert melody.gaps_per_min(piece(phrases(1.0))) == pytest.approx(2 * 60 / 20)
    assert melody.phrase_beats(piece(phrases(1.0))) == 8.0


def test_repeated_notes_and_pitches_are_counted() -> None:
    still = piece([(float(n), 1.0, 60) for n in range(32)])
    assert (melody.repeated(still), melody.pitches(still), melody.span(still)) == (1.0, 1.0, 0.0)
    tune = piece(scale_tune(32))
    assert melody.repeated(tune) == 0.0
    assert melody.pitches(tune) == 8.0
    assert melody.span(tune) == 12.0
