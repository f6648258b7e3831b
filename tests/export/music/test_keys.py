"""The key and the mode of a song."""

import pytest

from export.music.keys import find_shift
from export.music.measures import Measure, RawNote

MAJOR = (0, 4, 7, 0, 5, 9, 7, 11, 2, 0)
MINOR = (0, 3, 7, 0, 5, 8, 7, 11, 2, 0)


def song(pattern: tuple[int, ...], tonic: int) -> tuple[list[RawNote], list[Measure]]:
    notes = [RawNote(float(beat), 1.0, 60 + tonic + pattern[beat % len(pattern)], 70, "melody") for beat in range(40)]
    return notes, [Measure(float(bar * 4), 4, 1.0, 70.0) for bar in range(10)]


@pytest.mark.parametrize("tonic", range(12))
def test_major_comes_to_c_and_minor_to_a(tonic: int) -> None:
    shift, modes = find_shift(*song(MAJOR, tonic))
    assert (tonic + shift) % 12 == 0
    assert set(modes) == {"major"}
    shift, modes = find_shift(*song(MINOR, tonic))
    assert (tonic + shift) % 12 == 9
    assert set(modes) == {"minor"}
    assert -5 <= shift <= 6


def test_silence_has_some_key_and_does_not_break() -> None:
    _, measures = song(MAJOR, 0)
    shift, modes = find_shift([], measures)
    assert -5 <= shift <= 6
    assert len(modes) == len(measures)
