"""A soft stroke is another colour, not only less of the same; heard on the synthesiser itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.audio.conductor import CALM
from device.audio.synth import Synth
from device.audio.touch import FULL, MODULATORS, controllers_of, touch_of
from device.config import AudioConfig, Preference
from device.music.playing import GENTLE_PROGRAMS
from tests.device.audio.test_synth import needs_synth

PIANO, VIBRAPHONE, HARP, SLOW_STRINGS, CHOIR = 0, 11, 46, 49, 53
SFREQ_HZ = 48_000


def struck(
    program: int, velocity: int, *, pitch: int = 60, through_felt: bool = True, seconds: float = 1.0
) -> np.ndarray:
    """What is heard of a note in calm music, both ears together, without the room."""
    synth = Synth(AudioConfig(), (program,))
    synth.through_felt = through_felt
    synth.program(0, program)
    synth.widen(0.0)
    synth.brighten(CALM.brightness)
    synth.note_on(0, pitch, velocity)
    block = np.zeros((round(seconds * SFREQ_HZ), 2), np.float32)
    synth.render(block, 0, len(block))
    synth.close()
    return block.sum(axis=1, dtype=np.float64)


def centroid_hz(samples: np.ndarray) -> float:
    """Mean frequency of the amplitude spectrum from 40 Hz to 16 kHz."""
    amplitude = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    hz = np.fft.rfftfreq(len(samples), 1.0 / SFREQ_HZ)
    heard = (hz > 40.0) & (hz < 16_000.0)
    return float(np.sum(hz[heard] * amplitude[heard]) / np.sum(amplitude[heard]))


def begins_ms(samples: np.ndarray) -> float:
    """Time until the envelope has come to half of its highest."""
    envelope = np.sqrt(np.convolve(samples**2, np.ones(96) / 96, "same"))
    return float(1000.0 * np.argmax(envelope > 0.5 * envelope.max()) / SFREQ_HZ)


@needs_synth
@pytest.mark.parametrize("program", [PIANO, VIBRAPHONE, HARP])
@pytest.mark.parametrize("pitch", [60, 72])
def test_the_harder_a_note_is_struck_the_brighter_it_is(program: int, pitch: int) -> None:
    centroids = [centroid_hz(struck(program, velocity, pitch=pitch)) for velocity in (40, 60, 80, 100)]
    assert centroids == sorted(centroids)
    assert centroids[-1] > 1.05 * centroids[0]


@needs_synth
def test_a_piano_through_felt_is_darker_and_begins_more_gently_than_a_clear_one() -> None:
    for pitch in (48, 60, 72):
        felt, clear = struck(PIANO, 60, pitch=pitch), struck(PIANO, 60, pitch=pitch, through_felt=False)
        assert centroid_hz(felt) < 0.9 * centroid_hz(clear)
        assert begins_ms(felt) > begins_ms(clear)
        assert np.abs(felt).max() > 0.3 * np.abs(clear).max()


@needs_synth
@pytest.mark.parametrize("program", sorted({*GENTLE_PROGRAMS["melody"], *GENTLE_PROGRAMS["inner"]}))
def test_soft_strokes_are_darker_but_not_lost(program: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the filter takes is overtones: where it took the tone, soft notes would drop out of their line."""
    heard = struck(program, 45, pitch=67)
    monkeypatch.setattr("device.audio.synth.MODULATORS", ())
    recorded = struck(program, 45, pitch=67)
    assert np.square(heard).mean() > 0.5 * np.square(recorded).mean()


@needs_synth
def test_a_choir_comes_in_like_strings_and_not_like_a_stroke() -> None:
    assert begins_ms(struck(CHOIR, 50, seconds=1.5)) > 80.0
    assert begins_ms(struck(PIANO, 50)) < 60.0


@needs_synth
def test_who_wants_a_clear_touch_has_the_strings_and_the_choir_as_they_are() -> None:
    for program in (SLOW_STRINGS, CHOIR):
        assert touch_of(program, through_felt=False) == touch_of(program, through_felt=True)
    assert Preference().touch == "soft"


@given(st.integers(0, 127), st.booleans())
def test_every_instrument_has_a_touch_that_midi_can_carry(program: int, through_felt: bool) -> None:
    told = dict(controllers_of(touch_of(program, through_felt=through_felt)))
    assert all(0 <= value <= FULL for value in told.values())
    assert {modulator.by for modulator in MODULATORS} - {0} <= set(told)
