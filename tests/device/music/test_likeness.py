import random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from device.config import SessionConfig, Theme
from device.messages import Bar, Note
from device.music.likeness import KNOWN_INTERVALS, holds, keep_out
from device.music.playing import make_bar
from tests.device.music.intents import intent

TUNE = (60, 62, 64, 65, 67, 67, 69, 67, 65, 64, 62, 64, 60, 62, 64, 60)
CONFIG = SessionConfig(session_id="x", run_dir="", session_dir="", models_dir="")


def theme(pitches: tuple[int, ...]) -> Theme:
    notes = [Note(24 * (index % 4), 24, pitch, 80, "melody") for index, pitch in enumerate(pitches)]
    return Theme(mode="major", bars=tuple(tuple(notes[start : start + 4]) for start in range(0, len(notes), 4)))


NEVER = (theme(TUNE),)


def bar(index: int, pitches: tuple[int, ...]) -> Bar:
    notes = [Note(24 * place, 24, pitch, 80, "melody") for place, pitch in enumerate(pitches)]
    pads = [Note(0, 96, pitch, 60, "pad") for pitch in (48, 52, 55)]
    return make_bar(intent(index), (*notes, *pads), CONFIG, "test")


def sing(pitches: tuple[int, ...], never: tuple[Theme, ...] = NEVER) -> list[Bar]:
    bars: list[Bar] = []
    for index in range(0, len(pitches), 4):
        composed = bar(index // 4, pitches[index : index + 4])
        notes = tuple(keep_out(never, composed.notes, bars))
        bars.append(msgspec.structs.replace(composed, notes=notes))
    return bars


def test_without_a_forbidden_melody_nothing_changes() -> None:
    composed = bar(0, TUNE[:4])
    assert keep_out((), composed.notes, []) == list(composed.notes)


@given(st.integers(-12, 12))
def test_a_forbidden_melody_never_sounds_in_any_key(up: int) -> None:
    pitches = tuple(pitch + up for pitch in TUNE)
    assert holds(NEVER, sing(pitches, ()))
    sung = sing(pitches)
    assert not holds(NEVER, sung)
    same = sum(note.pitch in pitches for one in sung for note in one.notes if note.voice == "melody")
    assert same >= len(TUNE) // 2


def test_so_few_notes_may_be_alike_and_the_other_voices_stay() -> None:
    sung = sing(TUNE)
    assert [note.pitch for note in sung[0].notes] == [*TUNE[:4], 48, 52, 55]
    assert all(note.pitch in (48, 52, 55) for one in sung for note in one.notes if note.voice == "pad")
    heard = [note.pitch for one in sung for note in one.notes if note.voice == "melody"]
    assert heard[:KNOWN_INTERVALS] == list(TUNE[:KNOWN_INTERVALS])


@given(st.lists(st.integers(55, 80), min_size=4, max_size=40), st.integers(0, 99))
def test_whatever_is_forbidden_stays_out_of_whatever_is_sung(pitches: list[int], seed: int) -> None:
    never = (*NEVER, theme(tuple(random.Random(seed).choices(range(57, 70), k=9))), theme(tuple(pitches)))
    assert not holds(never, sing(tuple(pitches), never)) or len(pitches) < 8
