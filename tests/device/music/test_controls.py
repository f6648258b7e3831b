"""What a bar is measured to be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.messages import Note
from device.music import controls as c
from device.music.theory import Chord
from tests.device.music.test_tokens import home_notes


def test_the_controls_measure_what_a_listener_would_say() -> None:
    sparse = [Note(0, 96, 60, 50, "melody")]
    dense = [Note(6 * place, 6, 79 + 5 * (place % 2), 95, "melody") for place in range(16)]
    slow, fast = c.describe(sparse, 4, 50.0, "minor"), c.describe(dense, 4, 130.0, "major")
    for name in ("tempo", "density", "register", "loudness"):
        assert getattr(slow, name) < getattr(fast, name)
    assert (slow.leaps, fast.leaps) == (None, len(c.LEAP_EDGES))


@given(home_notes(), st.sampled_from(c.MODES))
def test_every_class_lies_in_its_size(notes: list[Note], mode: str) -> None:
    for (name, size), value in zip(c.CONTROL_SIZES.items(), c.describe(notes, 4, 66.0, mode), strict=True):
        assert value is None or 0 <= value < size, name


def test_an_empty_bar_has_neither_register_nor_leaps() -> None:
    told = c.describe([], 4, 66.0, "major")
    assert told.register is told.leaps is None
    assert told.voices == told.dissonance == 0


def test_a_second_is_rougher_than_a_third() -> None:
    third, second = ([Note(0, 24, 60, 70, "pad"), Note(0, 24, 60 + step, 70, "pad")] for step in (4, 1))
    assert c.roughness(third) == 0.0 < c.roughness(second)
    assert c.roughness([Note(0, 12, 60, 70, "pad"), Note(12, 12, 61, 70, "pad")]) == 0.0


def test_foreign_notes_make_the_key_less_clear() -> None:
    clear = [Note(0, 24, pitch, 70, "pad") for pitch in (60, 64, 67)]
    assert c.in_scale(clear, "major") == 1.0
    assert c.in_scale([*clear, Note(0, 72, 61, 70, "pad")], "major") == pytest.approx(0.5)
    assert c.in_scale([Note(0, 24, 68, 70, "bass")], "minor") == 1.0


def test_more_major_chords_are_a_brighter_colour() -> None:
    major, minor = Chord(0, "maj"), Chord(9, "min")
    shares = [c.heard_colour([major] * count + [minor] * (4 - count)) for count in range(5)]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, len(c.COLOUR_EDGES))
    assert c.heard_colour([None, Chord(11, "dim")]) is None


def test_each_set_of_voices_has_its_own_class() -> None:
    assert c.voice_bits([]) == 0
    assert c.voice_bits(["melody", "bass", "melody"]) == c.voice_bits(["bass", "melody"]) == 5
