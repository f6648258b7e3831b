"""A bass leaves the root where a step leads, and does not follow the melody in octaves or fifths."""

from device.messages import Note
from device.music.bass import Outer, bass_line, countered
from device.music.theory import Chord
from device.stage import keyed_random


def test_the_bass_is_not_always_the_root_and_moves_by_step_where_it_can() -> None:
    chord, before = Chord(0, "maj"), Outer(38, None)
    firsts = [
        bass_line((chord, chord), 1, 96, [], before, keyed_random(1, "bass", number))[0].pitch for number in range(200)
    ]
    assert 0.5 < firsts.count(36) / 200 + firsts.count(40) / 200 <= 1.0
    assert 0.04 < sum(pitch % 12 == 4 for pitch in firsts) / 200 < 0.9
    assert {note.pitch % 12 for note in bass_line((chord, chord), 1, 96, [], before, None)} == {0}


def test_the_bass_does_not_follow_the_melody_in_octaves_or_fifths() -> None:
    # From C to D in both: the bass goes down to its D.
    chord = Chord(2, "min")
    for sung in (72, 67):
        melody, before = [Note(0, 96, sung + 2, 0, "melody")], Outer(48, sung)
        lines = [bass_line((chord, chord), 1, 96, melody, before, keyed_random(1, "bass", n)) for n in range(50)]
        assert {line[0].pitch for line in lines} <= {38, 41, 53}
        assert not any(before.goes_along(Outer(line[0].pitch, sung + 2)) for line in lines)


def test_the_second_bass_note_goes_the_other_way_where_it_would_follow_what_lies_above_it() -> None:
    bass = [Note(0, 48, 36, 0, "bass"), Note(48, 48, 38, 0, "bass")]
    assert [note.pitch for note in countered(bass, 60, 62)] == [36, 50]
    assert countered(bass, 60, 59) == countered(bass, 64, 65) == countered(bass, None, 62) == bass


def test_what_stands_still_or_goes_apart_is_no_parallel() -> None:
    assert not Outer(48, 72).goes_along(Outer(48, 72))
    assert not Outer(48, 72).goes_along(Outer(50, 62))
    assert not Outer(None, 72).goes_along(Outer(50, 74))
