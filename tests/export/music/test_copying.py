"""Looking for copied melodies."""

import pytest

from device.messages import Note
from device.music import tokens as t
from export.music.copying import longest_shared_run, melodies

SONG = [(2, 24), (2, 24), (1, 12), (-3, 12), (5, 48), (-1, 24), (0, 24)]


def test_the_longest_shared_run_is_counted_in_events() -> None:
    assert longest_shared_run(SONG, [SONG]) == 7
    assert longest_shared_run([(9, 9), *SONG[2:5], (9, 9)], [[(1, 1)], SONG]) == 3
    assert longest_shared_run([(9, 9)], [SONG]) == 0
    assert longest_shared_run([], [SONG]) == 0


def test_the_same_melody_in_another_rhythm_is_another_melody() -> None:
    assert longest_shared_run([(step, 2 * ticks) for step, ticks in SONG], [SONG]) <= 1


@pytest.mark.parametrize("shift", [0, 5])
def test_melodies_are_read_across_bars_whatever_the_key(shift: int) -> None:
    tokens: list[int] = []
    for pitch in (60, 62):
        notes = [
            Note(0, 24, pitch + shift, 0, "melody"),
            Note(0, 96, 48, 0, "bass"),
            Note(48, 24, 64 + shift, 0, "melody"),
        ]
        tokens += t.encode_notes(notes, 4, t.Controls(1, 0))
    song = [(4, 48), (-2, 48), (2, 48)]
    assert melodies(tokens + tokens, [0, len(tokens)]) == [song, song]
