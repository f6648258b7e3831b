"""The same notes in another manner: nested thinning, lengths that do not run into each other, touch and pedal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.messages import Manner, Note
from device.music.metre import LAYOUTS
from device.music.perform import SPARSEST, pedal_ticks, perform, thin, velocity_in

FOUR, THREE = LAYOUTS["4/4"], LAYOUTS["3/4"]
VOICES = ("melody", "inner", "bass", "pad")
notes = st.lists(
    st.builds(
        Note,
        onset_tick=st.integers(0, 95),
        duration_tick=st.integers(1, 384),
        pitch=st.integers(28, 96),
        velocity=st.integers(1, 127),
        voice=st.sampled_from(VOICES),
    ),
    max_size=24,
)
manners = st.builds(Manner, loudness_db=st.floats(-60, 0), density=st.floats(0, 1), articulation=st.floats(0, 1))


def manner(loudness_db: float = -6.0, density: float = 0.5, articulation: float = 0.8) -> Manner:
    return Manner(loudness_db, density, articulation)


@given(notes, manners)
def test_the_manner_it_was_composed_for_leaves_notes_as_written(given_notes: list[Note], composed: Manner) -> None:
    touches = perform(given_notes, FOUR, composed, composed)
    assert [touch.duration_tick for touch in touches] == [note.duration_tick for note in given_notes]
    assert all(touch.sounds for touch in touches)
    assert all(velocity_in(note, composed, composed.loudness_db) == note.velocity for note in given_notes)


@given(notes, st.floats(0, 1.2), st.floats(0, 1.2))
def test_fewer_notes_are_a_part_of_more(given_notes: list[Note], one: float, other: float) -> None:
    fewer, more = sorted((one, other))
    assert thin(given_notes, FOUR, fewer) <= thin(given_notes, FOUR, more)
    assert len(thin(given_notes, FOUR, fewer)) >= SPARSEST * len(given_notes)


def test_what_leads_and_what_is_on_the_beat_stays() -> None:
    given_notes = [
        Note(0, 24, 72, 80, "melody"),
        Note(6, 6, 60, 80, "inner"),
        Note(0, 48, 40, 80, "bass"),
        Note(18, 6, 62, 80, "inner"),
        Note(24, 24, 74, 80, "melody"),
    ]
    assert thin(given_notes, FOUR, 0.6) == {0, 2, 4}


def test_the_third_beat_is_strong_only_in_four() -> None:
    waltz = [Note(24, 24, 60, 80, "inner"), Note(48, 24, 64, 80, "inner"), Note(0, 24, 48, 80, "inner")]
    assert thin(waltz, FOUR, 0.6) == {1, 2}
    assert thin(waltz, THREE, 0.6) == {0, 2}


@given(notes, manners, manners)
def test_longer_notes_do_not_run_into_the_next_of_their_line(
    given_notes: list[Note], composed: Manner, wanted: Manner
) -> None:
    for note, touch in zip(given_notes, perform(given_notes, FOUR, composed, wanted), strict=True):
        assert touch.duration_tick >= 1
        if note.voice == "pad":
            assert touch.duration_tick == note.duration_tick
        elif note.voice == "melody" and touch.duration_tick > note.duration_tick:
            later = [n.onset_tick for n in given_notes if n.voice == "melody" and n.onset_tick > note.onset_tick]
            assert all(note.onset_tick + touch.duration_tick <= onset for onset in later)


def test_articulation_is_a_share_of_the_written_length() -> None:
    line = [Note(0, 24, 60, 80, "melody"), Note(48, 24, 62, 80, "melody")]
    half = perform(line, FOUR, manner(articulation=1.0), manner(articulation=0.5))
    assert [touch.duration_tick for touch in half] == [12, 12]
    double = perform(line, FOUR, manner(articulation=0.4), manner(articulation=1.0))
    assert [touch.duration_tick for touch in double] == [48, 60]


def test_what_nobody_said_the_manner_of_is_played_as_written() -> None:
    note = Note(0, 24, 60, 80, "melody")
    assert perform([note], FOUR, None, manner(articulation=0.1, density=0.0))[0] == (24, True)
    assert velocity_in(note, None, -40.0) == 80


@pytest.mark.parametrize(("loudness_db", "velocity"), [(-6.0, 70), (0.0, 76), (-16.0, 60), (-60.0, 32)])
def test_touch_follows_the_loudness(loudness_db: float, velocity: int) -> None:
    assert velocity_in(Note(0, 24, 60, 70, "melody"), manner(), loudness_db) == velocity


def test_the_pedal_changes_with_the_harmony() -> None:
    bass = [Note(0, 24, 36, 80, "bass"), Note(24, 24, 48, 80, "bass"), Note(48, 48, 43, 80, "bass")]
    assert pedal_ticks(bass, 0.95) == (0, 48), "an octave is no other harmony"
    assert pedal_ticks([], 0.95) == (0,)
    assert pedal_ticks(bass, 0.6) == ()
