"""Pads go from harmony to harmony as voices do."""

from hypothesis import given
from hypothesis import strategies as st

from device.messages import Note
from device.music.bass import Outer
from device.music.pads import hold, lead_on, part, suspend, turn
from device.music.theory import CHORDS, Chord, lead_voices
from device.stage import keyed_random

CHORD = st.sampled_from(CHORDS)


def pads(*pitches: int) -> list[Note]:
    return [Note(0, 96, pitch, 0, "pad") for pitch in pitches]


@given(CHORD, CHORD, st.integers(-8, 8))
def test_after_a_change_of_key_pads_go_on_by_the_nearest_way(first: Chord, second: Chord, moved: int) -> None:
    before = list(lead_voices((55, 60, 64), first, 48, 67))
    jumped = pads(*lead_voices([pitch + moved for pitch in before], second, 45, 79))
    led = lead_on(jumped, second, before, 71.0)
    assert {note.pitch % 12 for note in led} == {note.pitch % 12 for note in jumped}
    assert abs(sum(note.pitch for note in led) - sum(before)) <= 3 * 4


@given(CHORD, CHORD, st.integers(36, 48), st.integers(36, 48), st.integers(60, 80))
def test_the_top_of_the_pads_does_not_go_along_with_the_bass(
    first: Chord, second: Chord, low: int, lower: int, highest: int
) -> None:
    before = lead_voices((55, 60, 64), first, 49, 67)
    opens, bass = pads(*lead_voices(before, second, 49, 67)), [Note(0, 96, lower, 0, "bass")]
    outer = Outer(low, before[-1])
    led = part(opens, bass, outer, highest)
    top = max(note.pitch for note in led)
    assert {note.pitch % 12 for note in led} == {note.pitch % 12 for note in opens}
    assert led == opens or top <= highest
    assert highest < 67 or not outer.goes_along(Outer(lower, top))


def test_pads_come_down_below_a_low_melody() -> None:
    opens, bass = pads(57, 60, 65), [Note(0, 96, 41, 0, "bass")]
    assert sorted(note.pitch for note in part(opens, bass, Outer(None, None), 63)) == [53, 57, 60]
    assert part(opens, bass, Outer(None, None), 45) == opens
    assert part(opens, [], Outer(None, None), 65) == opens
    assert part([], bass, Outer(None, None), 65) == []


@given(st.lists(st.tuples(st.sampled_from((0, 24, 48)), st.integers(1, 60), st.integers(50, 60)), max_size=6))
def test_pads_are_held_until_others_begin_or_the_bar_ends(written: list[tuple[int, int, int]]) -> None:
    held = hold([Note(onset, length, pitch, 0, "pad") for onset, length, pitch in written], 96)
    first = min((onset for onset, _, _ in written), default=96)
    assert all(any(n.onset_tick <= tick < n.onset_tick + n.duration_tick for n in held) for tick in range(first, 96))
    assert all(note.duration_tick >= length for note, (_, length, _) in zip(held, written, strict=True))


@given(CHORD, CHORD)
def test_a_harmony_that_turns_holds_what_both_chords_share(first: Chord, second: Chord) -> None:
    turned = turn(pads(*lead_voices((55, 60, 64), first, 48, 67)), second)
    late = [note for note in turned if note.onset_tick + note.duration_tick > 48]
    assert len({note.pitch for note in late}) == len(late) == 3
    assert {note.pitch % 12 for note in late} <= set(second.pitch_classes)
    assert all(note.onset_tick + note.duration_tick == 96 for note in late)


def test_a_suspension_is_prepared_and_falls_by_step_to_its_chord() -> None:
    # The fourth of C, from F major, falls to the third.
    chord, before = Chord(0, "maj"), [57, 60, 65]
    found = [suspend(pads(55, 60, 64), [], chord, before, keyed_random(1, "x", number)) for number in range(40)]
    moved = [notes for notes in found if len(notes) > 3]
    assert 0 < len(moved) < len(found)
    for notes in moved:
        held = next(note for note in notes if note.pitch % 12 not in chord.pitch_classes)
        falls = next(note for note in notes if note.onset_tick == 48)
        assert held.pitch in before
        assert held.duration_tick == 48
        assert held.pitch - falls.pitch in (1, 2)
        assert falls.pitch % 12 in chord.pitch_classes


def test_nothing_is_suspended_over_the_tone_it_waits_for() -> None:
    sings = [Note(0, 48, 76, 0, "melody")]
    for number in range(40):
        chord = suspend(pads(55, 60, 64), sings, Chord(0, "maj"), [65], keyed_random(1, "x", number))
        assert len(chord) == 3
