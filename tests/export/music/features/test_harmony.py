"""Features of harmony have the values that can be read off small pieces by hand."""

from __future__ import annotations

import pytest

from export.music.features import harmony
from tests.export.music.scores import chord, piece


@pytest.mark.parametrize(("low", "share"), [(36, 1.0), (40, 0.0)])
def test_a_chord_is_in_root_position_only_over_its_root(low: int, share: float) -> None:
    notes = [note for bar in range(8) for note in chord(4.0 * bar, 4.0, low, 60, 64, 67)]
    found = piece(notes, voice=["bass", "pad", "pad", "pad"] * 8)
    assert harmony.root_position(found) == share


def test_tonic_and_dominant_are_told_from_the_rest() -> None:
    bars = [(60, 64, 67), (55, 59, 62), (60, 64, 67), (53, 57, 60)] * 2
    notes = [note for bar, triad in enumerate(bars) for note in chord(4.0 * bar, 4.0, *triad)]
    assert harmony.tonic_dominant(piece(notes)) == 0.75
    assert harmony.degrees(piece(notes)) == 3
