"""What the listener likes is heard as it is, by every generator, before it is varied."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.config import SessionConfig, Theme
from device.messages import Bar, Note
from device.music import GENERATORS
from device.music.generator import open_generator
from device.music.quotation import STATED_BARS, quote
from device.music.theme import theme_of
from device.music.theory import in_other_mode, key_shift
from device.music.tokens import LENGTHS, RANGES, STEP_TICKS
from tests.device.music.intents import intent, write
from tests.device.music.midi_files import TUNE, midi, tune

SONG = theme_of(midi(("melody", 0, tune(TUNE * 2)), ("bass", 1, tune([48, 43] * 8, length=2.0))), "song.mid")
CHROMATIC = (60, 61, 62, 63, 64, 67, 66, 65, 64, 60, 58, 57, 59, 60, 62, 60)
THEMES = {
    "plain": SONG,
    "upbeat": theme_of(midi(("", 0, tune(begins=3.5, length=0.5))), "upbeat.mid"),
    "waltz": theme_of(midi(("", 0, tune(length=1.0)), meter=(3, 4)), "waltz.mid"),
    "lullaby": theme_of(midi(("", 0, tune(length=0.5)), meter=(6, 8)), "lullaby.mid"),
    "five": theme_of(midi(("", 0, tune(length=0.5)), meter=(5, 4)), "five.mid"),
    "high": theme_of(midi(("", 0, tune(up=36))), "high.mid"),
    "minor": theme_of(midi(("", 0, tune([pitch - (pitch % 12 in (4, 9)) for pitch in TUNE]))), "minor.mid"),
    "chromatic": theme_of(midi(("", 0, tune(CHROMATIC))), "chromatic.mid"),
}


def sung(bar: Bar) -> list[Note]:
    return [note for note in bar.notes if note.voice == "melody"]


@pytest.mark.parametrize("generator", GENERATORS)
@pytest.mark.parametrize("name", THEMES)
def test_every_note_is_stated_at_its_time_in_one_octave(config: SessionConfig, generator: str, name: str) -> None:
    theme = THEMES[name]
    asked = msgspec.structs.replace(config, theme=theme)
    for changes in ({}, {"mode": "minor", "tonic_pc": 8, "target_valence": -0.6}, {"density": 0.9, "tonic_pc": 11}):
        wished = {"metre": theme.metre} | changes
        bars = write(open_generator(generator, asked), asked, len(theme.bars), **wished)
        moved = set()
        for bar, wanted in zip(bars, theme.bars, strict=True):
            assert [note.onset_tick for note in sung(bar)] == [note.onset_tick for note in wanted]
            moved |= {
                heard.pitch - key_shift(bar.tonic_pc, bar.mode) - in_other_mode(note.pitch, theme.mode, bar.mode)
                for heard, note in zip(sung(bar), wanted, strict=True)
            }
        assert len(moved) == 1
        assert moved.pop() % 12 == 0
        assert all({note.voice for note in bar.notes} - {"melody"} for bar in bars)


@pytest.mark.parametrize("generator", GENERATORS)
def test_afterwards_it_is_varied(config: SessionConfig, generator: str) -> None:
    asked = msgspec.structs.replace(config, theme=SONG)
    bars = write(open_generator(generator, asked), asked, 64)
    stated = [[(note.onset_tick, note.pitch) for note in sung(bar)] for bar in bars]
    assert all(stated[start : start + 8] != stated[:8] for start in range(8, 64, 8))


@pytest.mark.parametrize("generator", GENERATORS)
def test_most_of_the_tune_lies_in_the_harmony(config: SessionConfig, generator: str) -> None:
    asked = msgspec.structs.replace(config, theme=SONG)
    inside = total = 0
    for bar in write(open_generator(generator, asked), asked, 8):
        below = {note.pitch % 12 for note in bar.notes if note.voice in ("bass", "pad")}
        inside += sum(note.pitch % 12 in below for note in sung(bar))
        total += len(sung(bar))
    assert inside > 0.5 * total


def test_nothing_is_stated_where_nobody_could_hear_it(config: SessionConfig) -> None:
    asked = msgspec.structs.replace(config, theme=SONG)
    assert quote(config, intent(0)) is None
    assert quote(asked, intent(len(SONG.bars))) is None
    assert quote(asked, intent(3, final=True)) is None
    assert quote(asked, intent(0, metre="3/4")) is None, "it is in another metre"
    silent = msgspec.structs.replace(config.prescription.preference, voices=("pad", "bass"))
    prescription = msgspec.structs.replace(config.prescription, preference=silent)
    assert quote(msgspec.structs.replace(asked, prescription=prescription), intent(0)) is None


NOTES = st.builds(
    Note, st.sampled_from(STEP_TICKS), st.sampled_from(LENGTHS), st.integers(0, 127), st.integers(1, 127),
    st.just("melody"),
)  # fmt: skip
BARS = st.lists(
    st.lists(NOTES, max_size=8, unique_by=lambda note: note.onset_tick).map(
        lambda notes: tuple(sorted(notes, key=lambda note: note.onset_tick))
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=60, deadline=None)
@given(BARS, st.integers(0, 19), st.integers(0, 11), st.sampled_from(["major", "minor"]))
def test_any_theme_is_stated_within_the_range_of_melodies(
    bars: list[tuple[Note, ...]], index: int, tonic_pc: int, mode: str
) -> None:
    config = SessionConfig(
        session_id="x", seed=1, run_dir="", session_dir="", models_dir="", theme=Theme(mode="major", bars=tuple(bars))
    )
    quoted = quote(config, intent(index, tonic_pc=tonic_pc, mode=mode))
    assert (quoted is None) == (index >= min(len(bars), STATED_BARS))
    for note in quoted.notes if quoted else ():
        assert RANGES["melody"][0] <= note.pitch <= RANGES["melody"][1]
        assert note.onset_tick + note.duration_tick <= 144
