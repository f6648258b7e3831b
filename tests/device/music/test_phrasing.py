"""The plan of the melody: it breathes, it is held, and it is the same for every generator."""

import pytest

from device.config import SessionConfig
from device.messages import Bar, Note
from device.music.phrasebook import Phrasebook
from device.music.phrasing import LATE, line_of, settled, singable, sustain
from device.music.rules import Rules
from device.music.theory import Chord
from tests.device.music.intents import mean, write

LINES = [line_of(seed, section, 0, bar) for seed in range(200) for section in "ABC" for bar in range(8)]


def test_the_plan_is_a_function_of_its_section() -> None:
    assert line_of(3, "A", 1, 5) == line_of(3, "A", 1, 5)
    assert len({tuple(line_of(seed, "A", 1, bar) for bar in range(8)) for seed in range(20)}) > 10


def test_on_average_the_melody_lies_in_the_register_and_enters_in_time() -> None:
    assert mean([line.lift for line in LINES]) == pytest.approx(0.0, abs=0.5)
    assert mean([float(line.is_late) for line in LINES]) == pytest.approx(LATE, abs=0.05)


def test_a_calm_melody_is_held_to_its_next_note_and_to_the_end_of_the_bar() -> None:
    held = sustain(melody((0, 12), (36, 12)), 96, articulation=0.9)
    assert [(note.onset_tick, note.duration_tick) for note in held] == [(0, 36), (36, 60)]


def test_a_lively_melody_keeps_its_breaths_but_no_holes() -> None:
    held = sustain(melody((0, 12), (36, 12)), 96, articulation=0.6)
    assert [note.duration_tick for note in held] == [12, 60]


def test_no_leap_is_wider_than_an_octave() -> None:
    wide = [Note(0, 24, 60, 0, "melody"), Note(24, 24, 75, 0, "melody"), Note(48, 24, 61, 0, "melody")]
    assert [note.pitch for note in singable(wide, 74)] == [72, 75, 73]
    assert singable(wide[:1], None) == wide[:1]


@pytest.mark.parametrize("generator", [Rules, Phrasebook])
def test_forty_calm_minutes_are_not_one_count_of_notes(config: SessionConfig, generator: type) -> None:
    bars = write(generator(config), config, 600, target_arousal=-0.7, density=0.3)
    counts = [sum(note.voice == "melody" for note in bar.notes) for bar in bars]
    assert max(counts.count(count) for count in set(counts)) < 0.45 * len(counts)
    assert 0 < counts.count(0) < 0.2 * len(counts)


@pytest.mark.parametrize("generator", [Rules, Phrasebook])
def test_the_last_note_of_a_calm_phrase_lasts_to_the_next_onset(config: SessionConfig, generator: type) -> None:
    bars = write(generator(config), config, 64, target_arousal=-0.7, density=0.3, articulation=1.0)
    for bar, following in zip(bars[3::4], bars[4::4], strict=False):
        if sung(bar) and sung(following):
            assert sung(bar)[-1].onset_tick + sung(bar)[-1].duration_tick >= 96


def sung(bar: Bar) -> list[Note]:
    return [note for note in bar.notes if note.voice == "melody"]


def melody(*events: tuple[int, int]) -> list[Note]:
    return [Note(onset, length, 72, 0, "melody") for onset, length in events]


def test_phrases_rise_where_it_is_pleasant_and_fall_where_it_is_not_around_the_same_middle() -> None:
    def lifts(valence: float) -> list[float]:
        return [line_of(5, "A", 0, bar, valence).lift for bar in range(8)]

    glad, sad = ([b - a for a, b in zip(lifts(0.0), lifts(valence), strict=True)] for valence in (0.9, -0.9))
    assert glad[:4] == sorted(glad[:4])
    assert sad[4:] == sorted(sad[4:], reverse=True)
    assert mean(glad) == pytest.approx(0.0, abs=1e-9)
    assert mean(sad) == pytest.approx(0.0, abs=1e-9)


def test_a_held_note_does_not_stand_a_semitone_above_its_chord_but_a_passing_one_may() -> None:
    chords = (Chord(0, "maj"), Chord(7, "maj"))
    held = [Note(0, 48, 65, 0, "melody"), Note(48, 48, 72, 0, "melody")]
    assert [note.pitch for note in settled(held, chords)] == [64, 71]
    passing = [Note(0, 12, 65, 0, "melody"), Note(12, 36, 69, 0, "melody")]
    assert settled(passing, chords) == passing
