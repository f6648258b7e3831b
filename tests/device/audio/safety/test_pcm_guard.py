from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.signal import resample_poly

from device.audio.safety.pcm_guard import DELAY_FRAMES, Levels, PcmGuard, fade_out
from device.config import AudioConfig, Limits
from tests.cases import cases

SFREQ_HZ = 48_000
BLOCK = 1024


def samples_of(pcm: bytes) -> npt.NDArray[np.int16]:
    return np.frombuffer(pcm, "<i2").reshape(-1, 2)


def tone(n_frames: int, amplitude: float, hertz: float = 440.0) -> npt.NDArray[np.float32]:
    wave = amplitude * np.sin(2 * np.pi * hertz * np.arange(n_frames) / SFREQ_HZ)
    return np.column_stack((wave, wave)).astype(np.float32)


def closed(ceiling_dbtp: float = -6.0, seed: int = 1, **limits: float) -> PcmGuard:
    """A guard as a session begins with it."""
    return PcmGuard(AudioConfig(sfreq_hz=SFREQ_HZ, ceiling_dbtp=ceiling_dbtp), Limits(**limits), seed)


def opened(ceiling_dbtp: float = -6.0, seed: int = 1) -> PcmGuard:
    """A guard whose gain is at its height and may move as it likes, after loud music."""
    guard = closed(ceiling_dbtp, seed, loudness_slope_db_s=1e6)
    guard._gain = 1.0
    guard._onset._heard_db = 0.0
    return guard


def play(
    guard: PcmGuard, sound: npt.NDArray[np.float32], gains: list[float] | None = None, block: int = BLOCK
) -> npt.NDArray[np.int16]:
    n_blocks = len(sound) // block
    gains = gains or [1.0] * n_blocks
    parts = [guard.pass_on(sound[index * block : (index + 1) * block], gains[index]) for index in range(n_blocks)]
    return samples_of(b"".join(parts))


@settings(max_examples=cases(60), deadline=None)
@given(
    hnp.arrays(np.float32, (4, 256, 2), elements=st.floats(width=32), fill=st.floats(-2, 2, width=32)),
    st.lists(st.floats(0, 1), min_size=5, max_size=5),
    st.floats(-60, -1),
)
def test_no_true_peak_is_ever_above_the_ceiling(
    blocks: npt.NDArray[np.float32], gains: list[float], ceiling_dbtp: float
) -> None:
    guard = opened(ceiling_dbtp)
    heard = play(guard, blocks.reshape(-1, 2), gains, block=256)
    assert np.abs(resample_poly(np.pad(heard.astype(float), ((64, 64), (0, 0))), 8, 1)).max() <= (
        10 ** (ceiling_dbtp / 20) * 32767
    )


@settings(max_examples=cases(40), deadline=None)
@given(st.lists(st.floats(0, 1), min_size=9, max_size=9))
def test_no_change_of_gain_makes_a_step(gains: list[float]) -> None:
    """On a constant input every step of the output is the gain's alone: at most 1/1024 of it a frame, and dither."""
    heard = play(opened(-3.0), np.full((8 * BLOCK, 2), 0.5, np.float32), gains)
    steps = np.abs(np.diff(heard[DELAY_FRAMES + 1 :, 0].astype(int)))
    assert steps.max() <= 0.5 * 32767 / BLOCK + 3


def test_sound_below_the_ceiling_passes_unchanged_and_late_by_the_delay() -> None:
    sound = tone(8 * BLOCK, 0.2)
    heard = play(opened(), sound)
    expected = sound[: len(heard) - DELAY_FRAMES] * 32767
    assert np.abs(heard[DELAY_FRAMES:] - expected).max() <= 1.6
    assert np.abs(heard[:DELAY_FRAMES]).max() <= 1


def test_a_loud_tone_is_held_smoothly_just_below_the_ceiling() -> None:
    guard = opened()
    heard = play(guard, np.concatenate((tone(16 * BLOCK, 0.25), tone(16 * BLOCK, 2.0), tone(16 * BLOCK, 0.25))))
    middle = heard[24 * BLOCK : 30 * BLOCK]
    assert 0.38 * 32767 < np.abs(middle).max() <= 0.4171 * 32767
    levels = guard.levels()
    assert levels.limiter_db == pytest.approx(-13.6, abs=0.3)
    assert levels.peak_dbfs == pytest.approx(-7.6, abs=0.2)
    # A hard clip of the tone would show as its odd harmonics.
    spectrum = np.abs(np.fft.rfft(middle[:4800, 0] * np.hanning(4800)))
    assert spectrum[132] < 0.01 * spectrum[44]


def test_after_a_peak_the_level_comes_back_at_its_release() -> None:
    sound = np.concatenate((tone(BLOCK, 2.0), tone(40 * BLOCK, 0.25)))
    heard = play(opened(), sound)
    assert np.abs(heard[3 * BLOCK : 4 * BLOCK]).max() < 0.13 * 32767
    assert np.abs(heard[-4 * BLOCK :]).max() == pytest.approx(0.25 * 32767, rel=0.01)


def test_what_is_no_number_becomes_silence_and_the_sound_goes_on() -> None:
    guard = opened()
    broken = np.full((BLOCK, 2), np.nan, np.float32)
    assert not samples_of(guard.pass_on(broken, 1.0)).any()
    heard = play(guard, tone(4 * BLOCK, 0.2))
    assert np.abs(heard[2 * BLOCK :]).max() == pytest.approx(0.2 * 32767, rel=0.01)


@pytest.mark.parametrize("block", [64, 128, 512])
def test_the_size_of_the_blocks_makes_no_difference(block: int) -> None:
    sound = np.concatenate((tone(2048, 0.1), tone(2048, 1.5), tone(4096, 0.1)))
    whole = play(opened(), sound)
    sliced = play(opened(), sound, block=block)
    assert np.abs(whole.astype(int) - sliced).max() <= 3


def test_a_gain_goes_in_a_straight_line_from_block_to_block() -> None:
    guard = opened()
    heard = play(guard, np.full((6 * BLOCK, 2), 0.25, np.float32), [1.0, 1.0, 0.5, 0.5, 1.0, 1.0])
    line = np.interp(np.arange(2, 6, 1 / BLOCK), [2, 3, 4, 5], [1.0, 0.5, 0.5, 1.0])[: 3 * BLOCK]
    assert heard[2 * BLOCK + DELAY_FRAMES :][: 3 * BLOCK, 0] == pytest.approx(0.25 * 32767 * line, abs=2)


@pytest.mark.parametrize("wild", [1e30, -1e30, np.inf, -np.inf])
def test_one_wild_sample_mutes_the_music_no_longer_than_the_release_needs(wild: float) -> None:
    sound = tone(SFREQ_HZ * 3 // 2 // BLOCK * BLOCK, 0.25)
    sound[BLOCK] = wild
    heard = play(opened(), sound)
    assert np.abs(heard[-2 * BLOCK :]).max() == pytest.approx(0.25 * 32767, rel=0.01)


def test_the_limiter_comes_down_and_up_without_a_step() -> None:
    """On a constant input with one loud sample every other step of the output is the gain's alone."""
    sound = np.full((8 * BLOCK, 2), 0.25, np.float32)
    sound[4 * BLOCK] = 4.0
    heard = play(opened(), sound)[DELAY_FRAMES + 64 :, 0].astype(int)
    steps = np.abs(np.delete(np.diff(heard), slice(4 * BLOCK - 66, 4 * BLOCK - 62)))
    assert steps.max() <= 0.25 * 32767 / 64 + 3
    assert np.abs(heard[: 4096 - 800]).min() > 0.24 * 32767


@pytest.mark.parametrize("amplitude", [0.1, 0.5, 4.0])
def test_out_of_silence_it_begins_30_db_below_full_scale_however_loud_it_is(amplitude: float) -> None:
    guard = opened(ceiling_dbtp=-1.0)
    guard._onset._heard_db = -42.0
    heard = play(guard, np.concatenate((np.zeros((BLOCK, 2), np.float32), tone(2 * BLOCK, amplitude))))
    begins = np.abs(heard[BLOCK + DELAY_FRAMES + 64 :][:256]).max() / 32767
    assert 20 * np.log10(begins) == pytest.approx(-30.0, abs=0.25)


def test_dither_is_triangular_and_each_sample_has_its_own() -> None:
    """In each block three of four samples stay where they are, and as many go up as down."""
    heard = play(opened(), np.full((8 * BLOCK, 2), 2000 / 32767, np.float32))
    for block in heard[2 * BLOCK :].reshape(-1, BLOCK, 2):
        for moved, share in ((0, 0.75), (1, 0.125), (-1, 0.125)):
            assert (block == 2000 + moved).mean() == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize("loud", [1.0, -1.0])
def test_a_limiter_that_fails_is_not_louder_than_the_ceiling_either(loud: float) -> None:
    guard = opened()
    guard._limit = 100.0
    heard = play(guard, np.full((4 * BLOCK, 2), loud, np.float32))
    assert heard[-1, 0] == pytest.approx(loud * 10 ** (-6 / 20) * 32767, abs=1)


def test_it_never_gets_louder_than_prescribed_however_long_it_is_asked_to() -> None:
    heard = loudness_of(closed(loudness_max_db=-6.0, loudness_slope_db_s=20.0), [1.0] * 150)
    assert heard[-50:] == pytest.approx(10 ** (-6 / 20), rel=0.02)


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second = (opened(seed=3).pass_on(tone(BLOCK, 0.3), 1.0) for _ in range(2))
    assert first == second


def test_silence_stays_silence_without_dither() -> None:
    guard = opened()
    assert not any(guard.pass_on(np.zeros((BLOCK, 2), np.float32), 1.0))
    assert guard.levels() == Levels(-120.0, -120.0, 0.0)
    # The reverb never falls quite silent.
    assert not any(guard.pass_on(np.full((BLOCK, 2), 2e-8, np.float32), 1.0))


def test_levels_are_those_since_the_last_report() -> None:
    guard = opened()
    play(guard, tone(20 * BLOCK, 0.4))
    levels = guard.levels()
    assert levels.peak_dbfs == pytest.approx(-8.0, abs=0.2)
    assert levels.rms_dbfs == pytest.approx(-11.0, abs=0.2)
    assert guard.levels().peak_dbfs == -120.0


def test_the_mean_power_counts_every_sample_from_the_first_report_on() -> None:
    guard = opened()
    assert guard.levels() == Levels(-120.0, -120.0, 0.0)
    short = np.full((5 * 64, 2), 0.25, np.float32)
    for n_heard in (5 * 64 - DELAY_FRAMES, 5 * 64):
        guard.pass_on(short, 1.0)
        expected = 20 * np.log10(0.25) + 10 * np.log10(n_heard / (5 * 64))
        assert guard.levels().rms_dbfs == pytest.approx(expected, abs=0.003)


@given(st.integers(0, 6000), st.integers(0, 4800))
def test_a_fade_reaches_silence_in_time_and_without_a_step(n_frames: int, fade_frames: int) -> None:
    pcm = np.full((n_frames, 2), 12_000, "<i2").tobytes()
    faded = samples_of(fade_out(pcm, fade_frames))
    assert len(faded) == n_frames
    assert not faded[fade_frames:].any()
    if n_frames:
        assert not faded[-1].any()
    assert (faded[:, 0] == faded[:, 1]).all()
    if fade_frames > 100 and n_frames > 100:
        assert np.abs(np.diff(faded[:, 0].astype(int))).max() <= 12_000 * 1.6 / min(n_frames, fade_frames) + 1


def test_a_fade_of_nothing_is_nothing() -> None:
    assert fade_out(b"", 2880) == b""


gains = st.floats() | st.floats(0, 10)


def loudness_of(guard: PcmGuard, wanted: list[float], block: int = BLOCK) -> npt.NDArray[np.float64]:
    """The gain at each block's end, read off a constant sound far below the ceiling."""
    sound = np.full((len(wanted) * block, 2), 0.01, np.float32)
    heard = play(guard, sound, wanted, block)[DELAY_FRAMES:, 0].astype(float) / (0.01 * 32767)
    return heard[block - 1 :: block]


@given(st.lists(gains, min_size=1, max_size=30), st.floats(-40, 0), st.floats(0.1, 20))
@settings(max_examples=cases(60), deadline=None)
def test_no_gain_is_above_the_prescription_or_rises_faster(
    wanted: list[float], loudness_max_db: float, slope_db_s: float
) -> None:
    guard = closed(ceiling_dbtp=-1.0, loudness_max_db=loudness_max_db, loudness_slope_db_s=slope_db_s)
    reached = [0.0]
    for gain in wanted:
        guard.pass_on(np.zeros((BLOCK, 2), np.float32), gain)
        reached.append(guard._gain)
    start = 10 ** (min(-12.0, loudness_max_db) / 20)
    seconds = BLOCK / SFREQ_HZ
    for before, after in pairwise(reached):
        assert 0.0 <= after <= 10 ** (loudness_max_db / 20) + 1e-9
        risen_db = 20 * np.log10(max(after, 1e-12) / max(before, 1e-12))
        assert after <= before + start * seconds + 1e-9 or (before >= start and risen_db <= slope_db_s * seconds + 1e-6)


def test_whoever_asks_for_all_at_once_hears_a_slow_rise() -> None:
    guard = closed(loudness_slope_db_s=1.5)
    heard = loudness_of(guard, [1.0] * 600)
    second = SFREQ_HZ // BLOCK
    assert heard[second // 2] == pytest.approx(0.25 / 2, rel=0.1)
    assert heard[second] == pytest.approx(0.25, rel=0.1)
    assert heard[3 * second] == pytest.approx(0.25 * 10 ** (1.5 * 2 / 20), rel=0.1)
    assert heard[-1] == pytest.approx(1.0, rel=0.02)


def test_a_voice_at_full_scale_after_a_soft_passage_is_no_fright() -> None:
    guard = opened()
    soft, voice = tone(20 * SFREQ_HZ, 0.01), tone(2 * SFREQ_HZ, 1.0, 300.0)
    heard = play(guard, np.concatenate((soft, voice))[: 1024 * BLOCK]).astype(float)[DELAY_FRAMES:, 0] / 32767
    at = len(soft)
    before_db, after_db = (20 * np.log10(np.abs(part).max()) for part in (heard[:at], heard[at : at + 4800]))
    assert after_db - before_db <= 14.5
    assert np.abs(heard[at + 2 * 4800 :]).max() > 3 * np.abs(heard[at : at + 4800]).max()
    assert np.abs(np.diff(heard[at - 500 : at + 500])).max() < 0.02


def test_down_it_goes_at_once() -> None:
    guard = opened()
    assert loudness_of(guard, [1.0, 1.0, 0.0, 0.0, 0.0])[-1] == pytest.approx(0.0, abs=0.01)


def test_a_gain_that_is_no_number_is_silence() -> None:
    guard = opened()
    loudness_of(guard, [1.0, float("nan")])
    assert guard._gain == 0.0


def test_levels_are_those_of_what_was_heard_since_they_were_last_asked_for() -> None:
    guard = opened()
    for _ in range(2):
        heard = samples_of(guard.pass_on(np.full((5 * 64, 2), 0.1, np.float32), 1.0)) / 32767
        rms_dbfs = 10 * np.log10(np.mean(np.square(heard)))
        assert guard.levels().rms_dbfs == pytest.approx(rms_dbfs, abs=0.002)
