"""What a listener could tell of the expression, measured from the notes."""

import pytest

from export.music.cues import Cues, measure
from tests.export.music.scores import Written, chord, piece, scale_tune


def _chords(*triads: tuple[int, ...]) -> list[Written]:
    return [note for bar, triad in enumerate(triads * 4) for note in chord(4.0 * bar, 4.0, *triad)]


C, F, G = (48, 52, 55), (53, 57, 60), (55, 59, 62)
A_MINOR, D_MINOR, E_MINOR = (57, 60, 64), (50, 53, 57), (52, 55, 59)


def test_speed_is_told_in_events_per_second() -> None:
    slow, fast = (measure(piece(scale_tune(64), bpm=bpm)) for bpm in (60, 120))
    assert slow.onsets == pytest.approx(0.0)
    assert fast.onsets == pytest.approx(1.0)
    assert fast.length == pytest.approx(-1.0)
    assert measure(piece(_chords(C, G), bpm=60)).voices == pytest.approx(3.0)


def test_register_level_and_articulation_are_those_played() -> None:
    tune = [(onset, 0.5, pitch) for onset, _, pitch in scale_tune(28, tonic=60)]
    soft, loud = (measure(piece(tune, velocity=velocity)) for velocity in (32, 64))
    assert loud.level_db == pytest.approx(0.0)
    assert soft.level_db == pytest.approx(-12.04, abs=0.01)
    assert loud.articulation == pytest.approx(0.5)
    assert measure(piece(scale_tune(28))).articulation == pytest.approx(1.0)
    higher = measure(piece([(onset, length, pitch + 12) for onset, length, pitch in tune]))
    assert higher.upper_register - loud.upper_register == pytest.approx(12.0)


def test_mode_is_heard_in_keys_and_in_chords() -> None:
    major, minor = measure(piece(_chords(C, F, G, C))), measure(piece(_chords(A_MINOR, D_MINOR, E_MINOR, A_MINOR)))
    assert major.modality > 0.1 > -0.1 > minor.modality
    assert (major.major_share, minor.major_share) == (1.0, 0.0)


def test_the_key_itself_does_not_matter() -> None:
    here, there = (measure(piece([(a, b, pitch + shift) for a, b, pitch in _chords(C, F, G, C)])) for shift in (0, 5))
    for name in ("modality", "major_share", "key_clarity", "entropy", "onsets"):
        assert getattr(there, name) == pytest.approx(getattr(here, name))


def test_a_single_note_has_all_cues() -> None:
    assert all(value == pytest.approx(value) for value in measure(piece([(0.0, 1.0, 60)])))
    assert len(Cues._fields) == len(set(Cues._fields))
