import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from device.audio.mixer import DELAY_FRAMES, Levels, Mixer, fade_out

SFREQ_HZ = 48_000
BLOCK = 1024


def samples_of(pcm: bytes) -> npt.NDArray[np.int16]:
    return np.frombuffer(pcm, "<i2").reshape(-1, 2)


def tone(n_frames: int, amplitude: float, hertz: float = 440.0) -> npt.NDArray[np.float32]:
    wave = amplitude * np.sin(2 * np.pi * hertz * np.arange(n_frames) / SFREQ_HZ)
    return np.column_stack((wave, wave)).astype(np.float32)


def play(
    mixer: Mixer, sound: npt.NDArray[np.float32], gains: list[float] | None = None, block: int = BLOCK
) -> npt.NDArray[np.int16]:
    n_blocks = len(sound) // block
    gains = gains or [1.0] * (n_blocks + 1)
    parts = [
        mixer.mix(sound[index * block : (index + 1) * block], gains[index], gains[index + 1])
        for index in range(n_blocks)
    ]
    return samples_of(b"".join(parts))


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(np.float32, (4, 256, 2), elements=st.floats(width=32), fill=st.floats(-2, 2, width=32)),
    st.lists(st.floats(0, 1), min_size=5, max_size=5),
    st.floats(-90, 0),
)
def test_no_sample_is_ever_above_the_ceiling(
    blocks: npt.NDArray[np.float32], gains: list[float], ceiling_dbfs: float
) -> None:
    mixer = Mixer(SFREQ_HZ, ceiling_dbfs, seed=1)
    heard = play(mixer, blocks.reshape(-1, 2), gains, block=256)
    assert np.abs(heard.astype(int)).max() <= 10 ** (ceiling_dbfs / 20) * 32767


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=9, max_size=9))
def test_no_change_of_gain_makes_a_step(gains: list[float]) -> None:
    """On a constant input every step of the output is the gain's alone: at most 1/1024 of it a frame, and dither."""
    heard = play(Mixer(SFREQ_HZ, -3.0, seed=1), np.full((8 * BLOCK, 2), 0.5, np.float32), gains)
    steps = np.abs(np.diff(heard[DELAY_FRAMES + 1 :, 0].astype(int)))
    assert steps.max() <= 0.5 * 32767 / BLOCK + 3


def test_sound_below_the_ceiling_passes_unchanged_and_late_by_the_delay() -> None:
    sound = tone(8 * BLOCK, 0.2)
    heard = play(Mixer(SFREQ_HZ, -6.0, seed=1), sound)
    expected = sound[: len(heard) - DELAY_FRAMES] * 32767
    assert np.abs(heard[DELAY_FRAMES:] - expected).max() <= 1.6
    assert np.abs(heard[:DELAY_FRAMES]).max() <= 1


def test_a_loud_tone_is_held_smoothly_just_below_the_ceiling() -> None:
    mixer = Mixer(SFREQ_HZ, -6.0, seed=1)
    heard = play(mixer, np.concatenate((tone(16 * BLOCK, 0.25), tone(16 * BLOCK, 2.0), tone(16 * BLOCK, 0.25))))
    middle = heard[24 * BLOCK : 30 * BLOCK]
    assert 0.45 * 32767 < np.abs(middle).max() <= 0.5013 * 32767
    levels = mixer.levels()
    assert levels.limiter_db == pytest.approx(-12.0, abs=0.3)
    assert levels.peak_dbfs == pytest.approx(-6.0, abs=0.2)
    # A hard clip of the tone would show as its odd harmonics.
    spectrum = np.abs(np.fft.rfft(middle[:4800, 0] * np.hanning(4800)))
    assert spectrum[132] < 0.01 * spectrum[44]


def test_after_a_peak_the_level_comes_back_at_its_release() -> None:
    sound = np.concatenate((tone(BLOCK, 2.0), tone(40 * BLOCK, 0.25)))
    heard = play(Mixer(SFREQ_HZ, -6.0, seed=1), sound)
    assert np.abs(heard[3 * BLOCK : 4 * BLOCK]).max() < 0.15 * 32767
    assert np.abs(heard[-4 * BLOCK :]).max() == pytest.approx(0.25 * 32767, rel=0.01)


def test_what_is_no_number_becomes_silence_and_the_sound_goes_on() -> None:
    mixer = Mixer(SFREQ_HZ, -6.0, seed=1)
    broken = np.full((BLOCK, 2), np.nan, np.float32)
    assert not samples_of(mixer.mix(broken, 1.0, 1.0)).any()
    heard = play(mixer, tone(4 * BLOCK, 0.2))
    assert np.abs(heard[2 * BLOCK :]).max() == pytest.approx(0.2 * 32767, rel=0.01)


@pytest.mark.parametrize("block", [64, 128, 512])
def test_the_size_of_the_blocks_makes_no_difference(block: int) -> None:
    sound = np.concatenate((tone(2048, 0.1), tone(2048, 1.5), tone(4096, 0.1)))
    whole = play(Mixer(SFREQ_HZ, -6.0, seed=1), sound)
    sliced = play(Mixer(SFREQ_HZ, -6.0, seed=1), sound, block=block)
    assert np.abs(whole.astype(int) - sliced).max() <= 3


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second = (Mixer(SFREQ_HZ, -6.0, seed=3).mix(tone(BLOCK, 0.3), 0.0, 1.0) for _ in range(2))
    assert first == second


def test_silence_stays_silence_without_dither() -> None:
    mixer = Mixer(SFREQ_HZ, -6.0, seed=1)
    assert not any(mixer.mix(np.zeros((BLOCK, 2), np.float32), 1.0, 1.0))
    assert mixer.levels() == Levels(-120.0, -120.0, 0.0)
    # The reverb never falls quite silent.
    assert not any(mixer.mix(np.full((BLOCK, 2), 2e-8, np.float32), 1.0, 1.0))


def test_levels_are_those_since_the_last_report() -> None:
    mixer = Mixer(SFREQ_HZ, -6.0, seed=1)
    play(mixer, tone(20 * BLOCK, 0.5))
    levels = mixer.levels()
    assert levels.peak_dbfs == pytest.approx(-6.1, abs=0.2)
    assert levels.rms_dbfs == pytest.approx(-9.1, abs=0.2)
    assert mixer.levels().peak_dbfs == -120.0


@given(st.integers(0, 6000), st.integers(0, 4800))
def test_a_fade_reaches_silence_in_time_and_without_a_step(n_frames: int, fade_frames: int) -> None:
    pcm = np.full((n_frames, 2), 12_000, "<i2").tobytes()
    faded = samples_of(fade_out(pcm, fade_frames))
    assert len(faded) == n_frames
    assert not faded[fade_frames:].any()
    if n_frames:
        assert not faded[-1].any()
    if fade_frames > 100 and n_frames > 100:
        assert np.abs(np.diff(faded[:, 0].astype(int))).max() <= 12_000 * 1.6 / min(n_frames, fade_frames) + 1


def test_a_fade_of_nothing_is_nothing() -> None:
    assert fade_out(b"", 2880) == b""
