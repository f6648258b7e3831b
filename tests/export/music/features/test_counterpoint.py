"""Faults of counterpoint have the values that can be counted in small pieces by hand."""

from __future__ import annotations

from export.music.features import counterpoint
from tests.export.music.scores import chord, piece

BASS = [(float(beat), 1.0, 48 + step) for beat, step in enumerate((0, 2, 4, 5))]


def above(semitones: int) -> float:
    """Parallels of a melody that goes so far above the bass."""
    tune = [(onset, length, pitch + semitones) for onset, length, pitch in BASS]
    return counterpoint.outer_parallels(piece([*BASS, *tune], voice=["bass"] * 4 + ["melody"] * 4))


def test_fifths_and_octaves_may_not_go_in_parallel_but_sixths_may() -> None:
    assert (above(19), above(24), above(21)) == (1.0, 1.0, 0.0)


def test_a_bass_that_goes_against_the_melody_makes_no_parallels() -> None:
    tune = [(float(beat), 1.0, pitch) for beat, pitch in enumerate((67, 66, 64, 60))]
    assert counterpoint.outer_parallels(piece([*BASS, *tune], voice=["bass"] * 4 + ["melody"] * 4)) == 0.0


def test_the_highest_note_between_may_not_follow_the_bass_either() -> None:
    between = [(onset, length, pitch + 7) for onset, length, pitch in BASS]
    notes, voices = [*BASS, *between, *chord(0.0, 4.0, 80)], ["bass"] * 4 + ["pad"] * 4 + ["melody"]
    assert counterpoint.inner_parallels(piece(notes, voice=voices)) == 1.0


def test_only_a_minor_second_or_ninth_that_lasts_is_a_clash() -> None:
    def against(pitch: int, length: float) -> float:
        return counterpoint.clashes(piece([(0.0, 4.0, 60), (1.0, length, pitch)]))

    assert [against(pitch, 2.0) for pitch in (61, 73, 59, 62, 71)] == [1.0, 1.0, 1.0, 0.0, 0.0]
    assert against(61, 0.25) == 0.0


def test_a_bar_that_is_struck_once_and_left_is_dead() -> None:
    moving = [(4.0 + beat, 1.0, 60 + beat) for beat in range(4)]
    assert counterpoint.dead_bars(piece([*chord(0.0, 4.0, 60, 64, 67), *moving])) == 0.5


def test_the_widest_leap_is_the_melodys() -> None:
    assert counterpoint.widest_leap(piece([(0.0, 1.0, 60), (1.0, 1.0, 72), (2.0, 1.0, 71)])) == 12.0
