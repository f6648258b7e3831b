"""A bar as tokens: measuring, encoding, and coming back the same."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.messages import TICKS_PER_BEAT, Bar, Note
from device.music import tokens as t
from device.music.controls import BEATS
from device.music.grammar import decode_bar
from device.music.theory import VOICES, Chord


@st.composite
def home_notes(draw: st.DrawFn, beats: int = 4, most: int = 16) -> list[Note]:
    """Notes on the grid in C, at most one melody and one bass note at a time."""
    notes: dict[tuple[int, str, int], Note] = {}
    for _ in range(draw(st.integers(0, most))):
        voice = draw(st.sampled_from(VOICES))
        step = draw(st.integers(0, t.n_steps(beats) - 1))
        onset = t.STEP_TICKS[step]
        pitch = draw(st.integers(*t.RANGES[voice]))
        longest = beats * TICKS_PER_BEAT + t.RING_TICKS - onset
        length = draw(st.sampled_from([ticks for ticks in t.LENGTHS if ticks <= longest]))
        same = [note for note in notes.values() if note.onset_tick == onset and note.voice == voice]
        if len(same) < t.MOST_AT_ONCE[voice]:
            notes[onset, voice, pitch] = Note(onset, length, pitch, 0, voice)
    return list(notes.values())


def bar_of(notes: list[Note], **changes: object) -> Bar:
    bar = Bar(
        t_ns=0, bar_index=0, beats=4, tempo_bpm=66.0, tonic_pc=0, mode="major", programs={}, notes=tuple(notes),
        generator="test", seed=0,
    )  # fmt: skip
    return msgspec.structs.replace(bar, **changes)


@given(st.sampled_from(BEATS).flatmap(lambda beats: st.tuples(st.just(beats), home_notes(beats))))
def test_notes_on_the_grid_come_back_the_same(case: tuple[int, list[Note]]) -> None:
    beats, notes = case
    decoded = decode_bar(t.encode_notes(notes, beats), beats)
    assert decoded.beats == beats
    assert set(decoded.notes) == set(notes)


WILD_NOTES = st.builds(
    Note,
    st.integers(0, 95),
    st.integers(1, 300),
    st.integers(21, 108),
    st.integers(1, 127),
    st.sampled_from(VOICES),
)


@given(st.lists(WILD_NOTES, max_size=60), st.integers(0, 11), st.sampled_from(["major", "minor"]))
def test_any_bar_becomes_few_and_valid_tokens(notes: list[Note], tonic: int, mode: str) -> None:
    tokens = t.encode_bar(bar_of(notes, tonic_pc=tonic, mode=mode))
    assert len(tokens) <= t.MAX_BAR_TOKENS
    decode_bar(tokens)


def test_the_melody_survives_when_a_bar_is_too_full() -> None:
    melody = [Note(12 * place, 12, 72, 80, "melody") for place in range(8)]
    crowd = [Note(6 * place, 6, pitch, 60, "inner") for place in range(16) for pitch in (60, 64, 67)]
    decoded = decode_bar(t.encode_bar(bar_of(crowd + melody)))
    assert sum(note.voice == "melody" for note in decoded.notes) == 8


def test_the_same_music_in_another_key_is_the_same_tokens() -> None:
    notes = [Note(0, 24, 64, 70, "melody"), Note(24, 24, 67, 70, "melody"), Note(0, 96, 48, 60, "bass")]
    in_d = [Note(n.onset_tick, n.duration_tick, n.pitch + 2, n.velocity, n.voice) for n in notes]
    assert t.encode_bar(bar_of(notes)) == t.encode_bar(bar_of(in_d, tonic_pc=2))


@pytest.mark.parametrize(("pitches", "chord"), [((60, 64, 67), Chord(0, "maj")), ((57, 60, 64), Chord(9, "min"))])
def test_the_harmony_of_a_bar_is_found_in_its_notes(pitches: tuple[int, ...], chord: Chord) -> None:
    notes = [Note(0, 96, pitch, 60, "pad") for pitch in pitches]
    assert t.chords_of(notes, 4) == (chord, chord)
    assert t.chord_of(t.chord_token(chord)) == chord


def test_the_vocabulary_has_no_name_twice() -> None:
    assert len(set(t.VOCABULARY)) == len(t.VOCABULARY) < 255


def test_melody_notes_are_the_first_of_all() -> None:
    melody = [t.FIRST_NOTE + place for place, (voice, _) in enumerate(t.NOTES) if voice == "melody"]
    assert [token for token in range(t.FIRST_NOTE, t.FIRST_LENGTH) if t.is_melody(token)] == melody
