"""Features have the values that can be read off small pieces by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.music import features
from tests.export.music.scores import chord, piece, scale_tune

WALTZ_BASS = [(4.0 * bar, 4.0, 48) for bar in range(8)]


def test_four_notes_in_every_bar_are_the_commonest_count_everywhere() -> None:
    assert features.commonest_count(piece(scale_tune(32))) == 1.0
    uneven = piece([*scale_tune(16), *((16 + 2.0 * n, 2.0, 60 + n) for n in range(8))])
    assert features.commonest_count(uneven) == 0.5


def test_a_last_note_is_held_as_long_as_it_sounds_before_the_next_phrase() -> None:
    def phrases(last: float) -> list[tuple[float, float, int]]:
        return [
            (at + n, 1.0 if n < 3 else last, 60 + n) for at in (0.0, 8.0, 16.0) for n in range(4)
        ]  # fmt: skip

    assert features.held(piece(phrases(5.0))) == 1.0
    assert features.held(piece(phrases(1.0))) == pytest.approx(0.2)
    assert features.gaps_per_min(piece(phrases(5.0))) == 0.0
    assert features.gaps_per_min(piece(phrases(1.0))) == pytest.approx(2 * 60 / 20)
    assert features.phrase_beats(piece(phrases(1.0))) == 8.0


def test_repeated_notes_and_pitches_are_counted() -> None:
    still = piece([(float(n), 1.0, 60) for n in range(32)])
    assert (features.repeated(still), features.pitches(still), features.span(still)) == (1.0, 1.0, 0.0)
    tune = piece(scale_tune(32))
    assert features.repeated(tune) == 0.0
    assert features.pitches(tune) == 8.0
    assert features.span(tune) == 12.0


@pytest.mark.parametrize(("low", "share"), [(36, 1.0), (40, 0.0)])
def test_a_chord_is_in_root_position_only_over_its_root(low: int, share: float) -> None:
    notes = [note for bar in range(8) for note in chord(4.0 * bar, 4.0, low, 60, 64, 67)]
    found = piece(notes, voice=["bass", "pad", "pad", "pad"] * 8)
    assert features.root_position(found) == share


def test_tonic_and_dominant_are_told_from_the_rest() -> None:
    bars = [(60, 64, 67), (55, 59, 62), (60, 64, 67), (53, 57, 60)] * 2
    notes = [note for bar, triad in enumerate(bars) for note in chord(4.0 * bar, 4.0, *triad)]
    assert features.tonic_dominant(piece(notes)) == 0.75
    assert features.degrees(piece(notes)) == 3


def test_velocities_that_nobody_shaped_tell_nothing() -> None:
    flat = piece(scale_tune(64))
    assert np.isnan(features.velocity_sd(flat))
    assert np.isnan(features.arc_db(flat))
    swelling = replace(flat, velocity=60.0 + 10.0 * np.sin(np.arange(64) / 32 * np.pi))
    assert features.arc_db(swelling) > 1.0
    assert 0.0 < features.velocity_sd(swelling) < 3.0


def test_timing_is_told_in_milliseconds_off_the_grid() -> None:
    straight = piece(scale_tune(32))
    late = replace(straight, onset=straight.onset + 0.02)
    assert features.timing_ms(straight) == 0.0
    assert features.timing_ms(late) == pytest.approx(20.0)
    triplets = piece([(n / 3, 1 / 3, 60 + n % 5) for n in range(96)])
    assert features.timing_ms(triplets) == pytest.approx(0.0, abs=1e-6)


notes = st.lists(
    st.tuples(st.integers(0, 160), st.integers(1, 40), st.integers(21, 108)), min_size=1, max_size=60
)  # fmt: skip


@given(notes)
def test_every_feature_answers_for_any_music(found: list[tuple[int, int, int]]) -> None:
    written = [(onset / 4, length / 4, pitch) for onset, length, pitch in found]
    music = piece(written, voice=["melody" if n % 2 else "bass" for n in range(len(written))])
    for name, feature in (features.WRITTEN | features.PLAYED).items():
        value = feature(music)
        assert np.isnan(value) or value >= 0.0, name
