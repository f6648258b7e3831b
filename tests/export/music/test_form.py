"""Form as measured in songs."""

import itertools

from device.messages import Note
from device.music.controls import CLOSES
from device.music.theory import Chord
from export.music.form import closes_of, colours_of, likeness_of, look_back, places_of

RUN = [0, 24, 48, 72]
C, G, A = Chord(0, "maj"), Chord(7, "maj"), Chord(9, "min")


def bar(*pitches: int, onsets: tuple[int, ...] = (0, 24, 48, 72)) -> list[Note]:
    return [Note(onset, 24, pitch, 70, "melody") for onset, pitch in zip(onsets, pitches, strict=True)]


SONG = [bar(60, 62, 64, 65), bar(67, 65, 64, 62), bar(72, 71, 69, 67, onsets=(0, 12, 24, 36)), bar(60, 62, 64, 65)]


def test_likeness_is_one_for_the_same_melody_and_half_for_its_rhythm() -> None:
    alike = likeness_of(SONG)
    assert alike[3, 0] == 1.0
    assert 0.5 <= alike[1, 0] < 0.9
    assert alike[2, 0] < 0.5
    assert likeness_of([bar(60, onsets=(0,))] * 2)[1, 0] == 0.0


def test_a_bar_refers_to_the_one_it_repeats() -> None:
    back = look_back(SONG)
    assert back.to[0] == back.likeness[0] - 1 == -1
    assert (back.to[3], back.likeness[3]) == (0, 3)
    assert all(to < place for place, to in enumerate(back.to))


def test_after_a_return_its_continuation_is_expected() -> None:
    back = look_back([*SONG, SONG[1]])
    assert back.expected[4] == 1
    assert back.to[4] == 1
    assert all(expected < place for place, expected in enumerate(back.expected))


def test_phrases_close_where_the_melody_rests() -> None:
    rest = bar(60, 62, onsets=(0, 12))
    bars = [SONG[0], SONG[1], rest, SONG[0], SONG[1], SONG[1], rest]
    harmony = [(C, G)] * 6 + [(G, C)]
    closes = closes_of(bars, [4] * 7, harmony, ["major"] * 7)
    assert [CLOSES[close] for close in closes] == ["none", "none", "half", "none", "none", "none", "full"]
    assert places_of(closes) == [0, 1, 2, 0, 1, 2, 3]


def test_a_song_without_a_melody_has_no_phrases() -> None:
    assert closes_of([[], []], [4, 4], [(None, None)] * 2, ["major"] * 2) == [0, 0]


def test_major_chords_brighten_the_bars_around() -> None:
    colours = colours_of([(C, G)] * 4 + [(A, A)] * 4)
    assert all(first >= second for first, second in itertools.pairwise(colour or 0 for colour in colours))
