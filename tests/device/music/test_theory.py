"""Scales, chords and voice leading."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.music.theory import (
    CHORDS,
    SCALES,
    Chord,
    base_velocity,
    degree_triad,
    detect_chord,
    key_shift,
    lead_voices,
    nearest_pitch,
    notes_per_beat,
)

MODES = st.sampled_from(["major", "minor"])
PITCH_CLASSES = st.integers(0, 11)


def test_the_triads_of_c_major_are_the_ones_in_every_textbook() -> None:
    names = [degree_triad(0, "major", degree) for degree in range(7)]
    assert "".join(f"{chord.root_pc}{chord.quality} " for chord in names) == "0maj 2min 4min 5maj 7maj 9min 11dim "


def test_minor_closes_with_a_major_dominant() -> None:
    assert degree_triad(9, "minor", 0) == Chord(9, "min")
    assert degree_triad(9, "minor", 4) == Chord(4, "maj")


@given(PITCH_CLASSES, MODES, st.integers(0, 6))
def test_a_degree_stays_in_its_scale_but_for_the_leading_note(tonic: int, mode: str, degree: int) -> None:
    scale = {(tonic + step) % 12 for step in SCALES[mode]} | {(tonic + 11) % 12}
    assert set(degree_triad(tonic, mode, degree).pitch_classes) <= scale


@given(PITCH_CLASSES, MODES)
def test_the_shift_brings_home_to_the_key_by_at_most_half_an_octave(tonic: int, mode: str) -> None:
    home = 0 if mode == "major" else 9
    shift = key_shift(tonic, mode)
    assert -5 <= shift <= 6
    assert (home + shift) % 12 == tonic


@given(PITCH_CLASSES, st.floats(30, 100))
def test_the_nearest_pitch_is_of_its_class_and_within_six_semitones(pitch_class: int, near: float) -> None:
    pitch = nearest_pitch(pitch_class, near)
    assert pitch % 12 == pitch_class
    assert abs(pitch - near) <= 6.5
    assert 48 <= nearest_pitch(pitch_class, near, 48, 60) <= 60


@given(st.sampled_from(CHORDS), st.lists(st.integers(50, 70), min_size=3, max_size=3, unique=True))
def test_voices_led_to_a_chord_are_that_chord_and_do_not_leap(chord: Chord, previous: list[int]) -> None:
    led = lead_voices(previous, chord, 48, 72)
    assert {pitch % 12 for pitch in led} == set(chord.pitch_classes)
    assert len(set(led)) == 3
    assert all(abs(old - new) <= 10 for old, new in zip(sorted(previous), led, strict=True))


@given(st.sampled_from(CHORDS))
def test_a_chord_is_found_again_from_its_tones(chord: Chord) -> None:
    weights = [0.0] * 12
    for pitch_class in chord.pitch_classes:
        weights[pitch_class] = 1.0
    assert detect_chord(weights, chord.root_pc) == chord


def test_silence_has_no_chord() -> None:
    assert detect_chord([0.0] * 12, None) is None


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_density_never_means_fewer_notes(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 < notes_per_beat(low) <= notes_per_beat(high) <= 8


@pytest.mark.parametrize("loudness_db", [0.0, -12.0, -60.0])
def test_velocity_follows_loudness_within_soft_playing(loudness_db: float) -> None:
    assert 40 <= base_velocity(loudness_db) <= 96
    assert base_velocity(loudness_db) >= base_velocity(loudness_db - 6)


def test_the_phrasebook_brings_no_numpy_into_the_audio_process() -> None:
    code = "import sys, device.music.phrasebook; sys.exit(bool({'numpy', 'onnxruntime'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
