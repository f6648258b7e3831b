"""What a bar is reminded of while it is written."""

import itertools

import numpy as np
from hypothesis import given

from device.messages import Note
from device.music import reference as r
from device.music import tokens as t
from device.music.controls import Controls, describe
from tests.device.music.test_tokens import home_notes

THEME = [Note(0, 24, 64, 0, "melody"), Note(24, 48, 67, 0, "melody"), Note(0, 96, 48, 0, "bass")]


def walk(tokens: list[int], remembered: r.Remembered | None) -> list[r.Hint]:
    """The hint after every token."""
    cursor = r.Cursor()
    hints = []
    for token in tokens:
        cursor.take(token)
        hints.append(r.hint(remembered, cursor.slot))
    return hints


def test_a_bar_that_repeats_its_theme_is_told_every_melody_note_just_before() -> None:
    tokens = t.encode_notes(THEME, 4)
    remembered = r.remember(tokens)
    hints = walk(tokens, remembered)
    for (token, following), hint in zip(itertools.pairwise(tokens), hints, strict=False):
        if t.FIRST_CHORD <= following < t.FIRST_STEP:
            assert hint.note == following
        if t.FIRST_STEP <= token < t.FIRST_NOTE and t.is_melody(following):
            assert hint.note == following
        if t.FIRST_NOTE <= token < t.FIRST_LENGTH and t.is_melody(token):
            assert hint.length == following


def test_after_the_last_note_it_is_told_that_nothing_follows() -> None:
    hints = walk(t.encode_notes(THEME, 4), r.remember(t.encode_notes(THEME, 4)))
    assert hints[-2] == r.Hint(note=t.END)
    assert hints[-1] == r.Hint()


@given(home_notes(), home_notes())
def test_any_bar_may_refer_to_any_other(notes: list[Note], theme: list[Note]) -> None:
    tokens, remembered = t.encode_notes(notes, 4), r.remember(t.encode_notes(theme, 4))
    told = describe(notes, 4, 66.0, "major")
    cursor = r.Cursor()
    for token in tokens:
        cursor.take(token)
        row = r.conditions(told, cursor, remembered)
        assert len(row) == r.N_CONDITIONS
        ends = [*r.OFFSETS[1:], r.N_CONDITION_ROWS]
        assert all(low <= value < high for low, value, high in zip(r.OFFSETS, row, ends, strict=True))
    assert sum(voice == "melody" for voice in (note.voice for note in theme)) == len(remembered.melody)


def test_nothing_told_is_its_own_row() -> None:
    cursor = r.Cursor()
    cursor.take(t.BAR)
    row = r.conditions(Controls(1), cursor, None)
    assert np.flatnonzero(np.array(row) != np.array(r.UNTOLD)).tolist() == [0]


def test_a_theme_in_the_other_mode_keeps_its_degrees_and_rhythm() -> None:
    remembered = r.remember(t.encode_notes(THEME, 4))
    minor = remembered.in_mode("major", "minor")
    assert [(step, length) for step, _, length in minor.melody] == [
        (step, length) for step, _, length in remembered.melody
    ]
    assert [t.VOCABULARY[note] for _, note, _ in minor.melody] == ["melody=60", "melody=64"]
    assert minor.chords is None
    assert minor.in_mode("minor", "major").melody == remembered.melody
