import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.config import Preference, Voice
from device.messages import Note
from device.music.accompaniment import SWINGS, accompany, bass_line, closing_counts, share_out
from device.music.theory import VOICES, Chord, notes_per_beat
from device.stage import keyed_random


@pytest.mark.parametrize("density", [index / 20 for index in range(21)])
def test_the_notes_are_shared_out_close_to_what_was_asked(density: float) -> None:
    counts = share_out(density)
    assert abs(sum(counts) - 4 * notes_per_beat(density)) <= 4
    assert counts.melody >= 1
    assert counts.bass >= 1


@given(st.floats(0, 1), st.lists(st.sampled_from(VOICES), min_size=1, max_size=4, unique=True))
def test_only_the_wished_voices_play_and_somebody_always_does(density: float, voices: list[Voice]) -> None:
    preference = Preference(voices=tuple(voices))
    for counts in (share_out(density, preference), closing_counts(preference)):
        playing = {voice for voice, count in counts._asdict().items() if count}
        assert playing
        assert playing <= set(voices)


@pytest.mark.parametrize("density", [0.4, 0.9])
def test_textures_differ_in_how_busy_they_are(density: float) -> None:
    def inner(texture: str) -> int:
        return share_out(density, Preference(texture=texture)).inner

    assert inner("full") > inner("thin")
    assert inner("calm") <= inner("thin") <= inner("auto") <= inner("full")


def test_every_voice_keeps_to_the_chord() -> None:
    chord = Chord(2, "min")
    for density in (0.0, 0.5, 1.0):
        for note in under(chord, chord, density=density):
            assert note.pitch % 12 in chord.pitch_classes
            assert 0 <= note.onset_tick < 96


def test_a_harmony_that_moves_in_mid_bar_takes_everybody_along() -> None:
    first, second = Chord(0, "maj"), Chord(7, "maj")
    for note in under(first, second):
        end = note.onset_tick + note.duration_tick
        assert note.onset_tick >= 48 or note.pitch % 12 in first.pitch_classes
        assert end <= 48 or note.voice == "inner" or note.pitch % 12 in second.pitch_classes


def test_the_bass_is_not_always_the_root_and_moves_by_step_where_it_can() -> None:
    chord = Chord(0, "maj")
    firsts = [bass_line((chord, chord), 1, 38, keyed_random(1, "bass", number))[0].pitch for number in range(200)]
    assert 0.5 < firsts.count(36) / 200 + firsts.count(40) / 200 <= 1.0
    assert 0.04 < sum(pitch % 12 == 4 for pitch in firsts) / 200 < 0.9
    assert {note.pitch % 12 for note in bass_line((chord, chord), 1, 38, None)} == {0}


def test_the_inner_voice_takes_what_a_resting_melody_leaves() -> None:
    sings, rests = share_out(0.3), share_out(0.3, None, 0)
    assert rests.melody == 0
    assert rests.inner > sings.inner > 0
    assert share_out(0.3, Preference(voices=("melody",)), 0).melody > 0


def under(first: Chord, second: Chord, density: float = 0.4) -> list[Note]:
    return accompany([], (first, second), share_out(density), SWINGS[0], 69.0, [], keyed_random(1, "x", 0))
