import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.config import Preference, Voice
from device.music.accompaniment import SWINGS, accompany, closing_counts, share_out
from device.music.theory import VOICES, Chord, notes_per_beat


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
        for note in accompany(chord, share_out(density), SWINGS[0], 69.0, []):
            assert note.pitch % 12 in chord.pitch_classes
            assert 0 <= note.onset_tick < 96
