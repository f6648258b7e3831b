import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.messages import Mode, Note
from device.music.colours import COLOURS, Colour, chord_named, harmonise, mood_colour, palette

BRIGHTNESS = {"lydian": 6, "ionian": 5, "mixolydian": 4, "dorian": 3, "aeolian": 2, "phrygian": 1}


@given(st.floats(-1, 1), st.floats(-1, 1), st.sampled_from(["major", "minor"]))
def test_more_pleasant_is_never_darker_and_the_mode_stays(one: float, two: float, mode: Mode) -> None:
    darker, brighter = mood_colour(min(one, two), mode), mood_colour(max(one, two), mode)
    assert BRIGHTNESS[darker.name] <= BRIGHTNESS[brighter.name]
    assert {darker.mode, brighter.mode} == {mode}


@pytest.mark.parametrize("colour", COLOURS, ids=lambda colour: colour.name)
def test_harmony_keeps_to_its_colour_and_comes_home(colour: Colour) -> None:
    foreign = {"lydian": {6}, "mixolydian": {8}, "aeolian": {11}, "phrygian": {1, 11}}.get(colour.name, set())
    for progression in colour.progressions:
        chords = [chord_named(numeral, 0) for numeral in progression.split()]
        assert len(chords) == 8
        assert chords[0] == chords[-1]
        assert chords[-1].root_pc == 0
        assert {pc for chord in chords for pc in chord.pitch_classes} <= {*colour.scale, *foreign}
    assert colour.dominant in palette(colour)


def test_numerals_stand_for_triads() -> None:
    assert chord_named("bVII", 2).pitch_classes == (0, 4, 7)
    assert chord_named("ii", 0).pitch_classes == (2, 5, 9)


def test_a_melody_gets_the_chords_that_hold_its_notes() -> None:
    bars = [[Note(0, 96, pitch, 80, "melody")] for pitch in (60, 65, 67, 67, 60, 65, 62, 60)]
    chords = [chord_named(numeral, 0) for numeral in harmonise(bars, mood_colour(0.5, "major"), ["I"] * 8)]
    assert chords[0] == chords[-1] == chord_named("I", 0)
    assert all(bar[0].pitch % 12 in chord.pitch_classes for bar, chord in zip(bars, chords, strict=True))
