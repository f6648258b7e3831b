import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.config import Preference, Voice
from device.messages import Metre, Note
from device.music.accompaniment import (
    BROKEN,
    Setting,
    accompany,
    broken_chord,
    closing_counts,
    figure_of,
    share_out,
)
from device.music.metre import LAYOUTS
from device.music.theory import VOICES, Chord, notes_per_beat
from device.stage import keyed_random

FIGURE = figure_of(keyed_random(1, "figure", 0), 0)


@pytest.mark.parametrize("density", [index / 20 for index in range(21)])
@pytest.mark.parametrize("metre", LAYOUTS)
def test_the_notes_are_shared_out_close_to_what_was_asked(density: float, metre: Metre) -> None:
    counts = share_out(density, metre)
    assert abs(sum(counts) - LAYOUTS[metre].beats * notes_per_beat(density)) <= 4
    assert counts.melody >= 1
    assert counts.bass >= 1


@given(st.floats(0, 1), st.lists(st.sampled_from(VOICES), min_size=1, max_size=4, unique=True))
def test_only_the_wished_voices_play_and_somebody_always_does(density: float, voices: list[Voice]) -> None:
    preference = Preference(voices=tuple(voices))
    for counts in (share_out(density, "4/4", preference), closing_counts(preference)):
        playing = {voice for voice, count in counts._asdict().items() if count}
        assert playing
        assert playing <= set(voices)


@pytest.mark.parametrize("density", [0.4, 0.9])
def test_textures_differ_in_how_busy_they_are(density: float) -> None:
    def inner(texture: str) -> int:
        return share_out(density, "4/4", Preference(texture=texture)).inner

    assert inner("full") > inner("thin")
    assert inner("calm") <= inner("thin") <= inner("auto") <= inner("full")


@pytest.mark.parametrize("metre", LAYOUTS)
def test_every_voice_keeps_to_the_chord_and_the_bar(metre: Metre) -> None:
    chord = Chord(2, "min")
    for density in (0.0, 0.5, 1.0):
        for note in under(chord, chord, metre, density=density):
            assert note.pitch % 12 in chord.pitch_classes
            assert 0 <= note.onset_tick < LAYOUTS[metre].ticks
            assert note.voice == "inner" or note.onset_tick + note.duration_tick <= LAYOUTS[metre].ticks


@pytest.mark.parametrize("metre", LAYOUTS)
def test_so_many_notes_are_broken_as_are_counted(metre: Metre) -> None:
    eighth = LAYOUTS[metre].part_ticks
    for count, onsets in BROKEN[metre].items():
        assert len(onsets) == count
        assert list(onsets) == sorted(onsets)
        notes = broken_chord((57, 62, 65), onsets, FIGURE)
        assert len({(note.onset_tick, note.pitch) for note in notes}) == count
        assert count > 8 or all(onset % eighth == 0 for onset in onsets)


def test_a_waltz_answers_its_bass_on_the_other_beats() -> None:
    chord = Chord(2, "min")
    bar = under(chord, chord, "3/4", density=0.3)
    assert {note.onset_tick for note in bar if note.voice == "bass"} <= {0, 48}
    assert {note.onset_tick for note in bar if note.voice == "inner"} <= {24, 36, 48}


def test_a_harmony_that_moves_in_mid_bar_takes_everybody_along() -> None:
    first, second = Chord(0, "maj"), Chord(7, "maj")
    for note in under(first, second, "4/4"):
        end = note.onset_tick + note.duration_tick
        assert note.onset_tick >= 48 or note.pitch % 12 in first.pitch_classes
        assert end <= 48 or note.voice == "inner" or note.pitch % 12 in second.pitch_classes


def test_the_inner_voice_lies_below_the_melody_and_does_not_rub_it() -> None:
    chord, counts = Chord(0, "maj"), share_out(0.6, "4/4", None, 1)
    for number, pitch in enumerate((60, 62, 65, 66, 71, 77)):
        melody = [Note(0, 96, pitch, 0, "melody")]
        figure = figure_of(keyed_random(1, "figure", number), number)
        for note in accompany(melody, 69.0, Setting((chord, chord), counts, "4/4", figure, []), None):
            assert note.voice != "inner" or (note.pitch < pitch and pitch - note.pitch not in (1, 13))


def test_neighbouring_bars_of_a_section_break_their_chords_differently() -> None:
    figures = [figure_of(keyed_random(1, "figure", 0), bar) for bar in range(8)]
    assert all(first != second for first, second in itertools.pairwise(figures))
    assert figures == [figure_of(keyed_random(1, "figure", 0), bar) for bar in range(8)]


def test_the_inner_voice_takes_what_a_resting_melody_leaves() -> None:
    sings, rests = share_out(0.3, "4/4"), share_out(0.3, "4/4", None, 0)
    assert rests.melody == 0
    assert rests.inner > sings.inner > 0
    assert share_out(0.3, "4/4", Preference(voices=("melody",)), 0).melody > 0


def under(first: Chord, second: Chord, metre: Metre, density: float = 0.4) -> list[Note]:
    counts = share_out(density, metre)
    return accompany([], 69.0, Setting((first, second), counts, metre, FIGURE, []), keyed_random(1, "x", 0))
