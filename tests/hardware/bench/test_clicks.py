"""The listener for clicks hears a cut, whatever plays, and no struck note that a stop fades out."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pytest

from device.audio.safety.pcm_guard import fade_out
from device.audio.synth import Synth
from device.config import AudioConfig
from hardware.bench.clicks import FADE_S, SFREQ_HZ, has_click

PIANO, HARP, VIBRAPHONE = 0, 46, 11
SECONDS, STRUCK_S, BLOCK = 8, 0.31, 480
LARGE = 1000
"""An edge of so many steps (-30 dBFS) is heard over this music."""
Steps = npt.NDArray[np.float64]


@cache
def struck(program: int) -> Steps:
    """Chords that are struck about three times a second, at many loudnesses."""
    synth = Synth(AudioConfig(), [program])
    synth.program(0, program)
    random = np.random.default_rng(program)
    music = np.zeros((SECONDS * SFREQ_HZ, 2), np.float32)
    for first in range(0, len(music), BLOCK):
        if first % round(STRUCK_S * SFREQ_HZ) < BLOCK:
            for pitch in random.integers(40, 84, 3):
                synth.note_on(0, int(pitch), int(random.integers(20, 120)))
        synth.render(music, first, first + BLOCK)
    synth.close()
    return np.rint(np.clip(music, -1.0, 1.0) * 20_000.0).astype(np.float64)


def stopped(music: Steps, at: int) -> tuple[Steps, int]:
    """The music as a stop fades it from a frame on, and its last sound."""
    n_frames = round(FADE_S * SFREQ_HZ)
    tail = np.frombuffer(fade_out(music[at:].astype("<i2").tobytes(), n_frames), "<i2").reshape(-1, 2)
    return ended(np.concatenate((music[:at], tail)))


def ended(sound: Steps) -> tuple[Steps, int]:
    return sound, int(np.flatnonzero(np.abs(sound).max(axis=1) > 1)[-1])


def cut(sound: Steps, at: int) -> Steps:
    """The sound without what comes from a frame on."""
    short = sound.copy()
    short[at:] = 0.0
    return short


def edge(sound: Steps, at: int) -> float:
    return float(np.abs(sound[at - 1]).max())


def moments(count: int) -> list[int]:
    """Frames at which somebody stops."""
    return [int(at) for at in np.random.default_rng(5).integers(4 * SFREQ_HZ, 7 * SFREQ_HZ, count)]


instruments = pytest.mark.parametrize("program", [PIANO, HARP, VIBRAPHONE])


@instruments
def test_a_stop_that_fades_does_not_click_whatever_is_struck(program: int) -> None:
    assert not any(has_click(*stopped(struck(program), at)) for at in moments(80))


@instruments
@pytest.mark.parametrize("within", [-0.005, 0.0, 0.005, 0.02, 0.039])
def test_a_note_that_is_struck_while_it_fades_is_no_click(program: int, within: float) -> None:
    onset = round(STRUCK_S * SFREQ_HZ) * 16
    assert not has_click(*stopped(struck(program), onset - round(within * SFREQ_HZ)))


@instruments
def test_sound_that_is_cut_off_clicks(program: int) -> None:
    heard = [has_click(*ended(cut(struck(program), at))) for at in moments(80) if edge(struck(program), at) > LARGE]
    assert len(heard) > 40
    assert np.mean(heard) >= 0.97


def test_a_fade_that_breaks_off_clicks() -> None:
    music, heard = struck(PIANO), []
    for at in moments(80):
        sound, _ = stopped(music, at)
        broken = at + at % round(FADE_S * SFREQ_HZ)
        if edge(sound, broken) > LARGE:
            heard.append(has_click(*ended(cut(sound, broken))))
    assert len(heard) > 20
    assert np.mean(heard) >= 0.97


def test_silence_and_a_sound_that_has_just_begun_do_not_click() -> None:
    assert not has_click(np.zeros((SFREQ_HZ, 2)), 0)
    tone = 3000.0 * np.sin(2.0 * np.pi * 440.0 * np.arange(4800) / SFREQ_HZ) * np.hanning(4800)
    assert not has_click(np.repeat(tone[:, None], 2, axis=1), len(tone) - 1)
