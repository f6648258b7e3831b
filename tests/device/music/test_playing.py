"""Notes as they are played: loudness, articulation, range, instruments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.config import Limits, Prescription, SessionConfig
from device.messages import Note
from device.music.playing import into_range, make_bar, play, programs_of
from device.stage import keyed_random
from tests.device.music.intents import intent

LIMITS = Limits()
TUNE = [Note(0, 48, 72, 0, "melody"), Note(48, 48, 74, 0, "melody"), Note(0, 96, 60, 0, "pad")]


def velocities(loudness_db: float) -> list[int]:
    notes = play(TUNE, intent(loudness_db=loudness_db), LIMITS, keyed_random(1, "x", 0))
    return [note.velocity for note in notes]


def test_louder_intents_are_played_harder() -> None:
    assert sum(velocities(-3.0)) > sum(velocities(-12.0)) > sum(velocities(-24.0))


def test_articulation_shortens_the_tune_but_not_the_pad() -> None:
    notes = play(TUNE, intent(articulation=0.5), LIMITS, keyed_random(1, "x", 0))
    assert [note.duration_tick for note in notes if note.voice == "pad"] == [96]
    # The last note of the bar is held as people hold it.
    assert [note.duration_tick for note in notes if note.voice == "melody"] == [24, 43]


def test_a_line_never_sounds_over_its_own_next_note() -> None:
    long = [Note(0, 96, 72, 0, "melody"), Note(24, 96, 74, 0, "melody")]
    first, _ = play(long, intent(articulation=1.0), LIMITS, keyed_random(1, "x", 0))
    assert first.duration_tick == 24


@given(st.integers(-20, 150))
def test_every_pitch_is_brought_into_the_prescribed_range(pitch: int) -> None:
    moved = into_range(pitch, LIMITS.pitch_min, LIMITS.pitch_max)
    assert LIMITS.pitch_min <= moved <= LIMITS.pitch_max
    assert (moved - pitch) % 12 == 0


@pytest.mark.parametrize("never", [(), (0, 32, 89), tuple(range(127))])
def test_an_instrument_that_is_never_wanted_is_never_given(never: tuple[int, ...]) -> None:
    programs = programs_of(Prescription(never_programs=never))
    assert set(programs) == {"melody", "inner", "bass", "pad"}
    assert not set(programs.values()) & set(never)


def test_the_bar_has_the_tempo_and_key_of_its_intent(config: SessionConfig) -> None:
    bar = make_bar(intent(3, tempo_bpm=71.37, mode="minor", tonic_pc=5, revision=2), (), config, "test")
    assert (bar.bar_index, bar.tempo_bpm, bar.mode, bar.tonic_pc, bar.intent_revision) == (3, 71.37, "minor", 5, 2)
    assert bar.seed == config.seed
