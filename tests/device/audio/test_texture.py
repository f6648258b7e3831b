"""The bed under the music: soft, stepless, steered, the same for the same seed, and cheap."""

from __future__ import annotations

import time
from typing import get_args

import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from device.audio.conductor import Conductor
from device.audio.safety.dose import DoseMeter, level_of
from device.audio.tracks.texture import BELOW_MUSIC_DB, RISE_S, TextureTrack
from device.config import Bed, Preference, Prescription, SessionConfig
from device.messages import PlayedBar
from tests.device.audio.rig import bar

BEDS = [bed for bed in get_args(Bed) if bed != "none"]
BLOCK, SFREQ_HZ = 1024, 48_000

Floats = npt.NDArray[np.float64]


class Steered(Conductor):
    """A conductor whose intent is given by hand."""

    arousal, brightness = 0.0, 0.5

    @property
    def target_arousal(self) -> float:
        return self.arousal

    def brightness_at(self, frame: int) -> float:
        return self.brightness


def with_bed(config: SessionConfig, bed: Bed) -> SessionConfig:
    prescription = Prescription(preference=Preference(bed=bed))
    return msgspec.structs.replace(config, prescription=prescription)


def hear(
    config: SessionConfig, bed: Bed, seconds: float, *, arousal: float = 0.0, brightness: float = 0.5,
    played: tuple[PlayedBar, ...] = (),
) -> Floats:  # fmt: skip
    """The bed as it sounds; bars are told evenly over the time."""
    track, conductor = TextureTrack(with_bed(config, bed)), Steered(config)
    conductor.arousal, conductor.brightness = arousal, brightness
    n_blocks = round(seconds * SFREQ_HZ / BLOCK)
    sound = np.zeros((n_blocks, BLOCK, 2), np.float32)
    for number, block in enumerate(sound):
        for index, told in enumerate(played):
            if number == n_blocks * index // len(played):
                track.take(told)
        track.add_to(block, number * BLOCK, conductor)
    return sound.reshape(-1, 2).astype(np.float64)


def in_key(tonic_pc: int) -> PlayedBar:
    plain = bar(0)
    return PlayedBar(
        t_ns=0, bar_index=0, start_frame=0, n_frames=1, beats=4, tempo_bpm=60.0, tempo_from_bpm=60.0,
        tempo_to_bpm=60.0, loudness_db=-10.0, brightness=0.5, tonic_pc=tonic_pc, programs=plain.programs,
        notes=plain.notes, generator="test",
    )  # fmt: skip


def level_dba(sound: Floats) -> float:
    """A-weighted level in dB below a sine at full scale."""
    meter = DoseMeter(SFREQ_HZ, 0.0)
    meter.add(sound)
    return level_of(meter.exposure_pa2h * 3600.0 * SFREQ_HZ / len(sound)) or -200.0


def centroid_hz(sound: Floats) -> float:
    power = np.abs(np.fft.rfft(sound[:, 0] * np.hanning(len(sound)))) ** 2
    return float((power * np.fft.rfftfreq(len(sound), 1 / SFREQ_HZ)).sum() / power.sum())


def test_none_is_silence(config: SessionConfig) -> None:
    assert not hear(config, "none", 3.0).any()


@pytest.mark.parametrize("bed", BEDS)
def test_it_rises_from_silence_to_well_below_the_music(config: SessionConfig, bed: Bed) -> None:
    sound = hear(config, bed, 60.0)
    assert np.abs(sound[:480]).max() < 1e-4
    wanted = config.prescription.loudness_lufs - BELOW_MUSIC_DB
    assert wanted - 16.0 < level_dba(sound[round(RISE_S * SFREQ_HZ) :]) < wanted + 4.0
    assert np.abs(sound).max() < 0.15


@pytest.mark.parametrize("bed", BEDS)
def test_there_is_no_step_and_nothing_below_hearing(config: SessionConfig, bed: Bed) -> None:
    sound = hear(config, bed, 30.0, played=(in_key(0), in_key(7), in_key(3)))
    hop_rms = np.sqrt((sound[: len(sound) // 960 * 960].reshape(-1, 960, 2) ** 2).mean(axis=(1, 2)))
    loud = hop_rms > 0.2 * hop_rms.max()
    assert (hop_rms[1:] / hop_rms[:-1])[loud[1:] & loud[:-1]].max() < 4.0
    power = np.abs(np.fft.rfft(sound[:, 0])) ** 2
    hz = np.fft.rfftfreq(len(sound), 1 / SFREQ_HZ)
    assert power[hz < 20].sum() < 1e-3 * power.sum()


@pytest.mark.parametrize("bed", BEDS)
def test_the_same_seed_is_the_same_bed_and_another_is_not(config: SessionConfig, bed: Bed) -> None:
    first = hear(config, bed, 3.0)
    assert np.array_equal(first, hear(config, bed, 3.0))
    other = hear(msgspec.structs.replace(config, seed=config.seed + 1), bed, 3.0)
    assert bed == "drone" or not np.array_equal(first, other)


@pytest.mark.parametrize("bed", BEDS)
def test_a_bright_intent_makes_it_brighter(config: SessionConfig, bed: Bed) -> None:
    dull, bright = (hear(config, bed, 60.0, brightness=share)[30 * SFREQ_HZ :] for share in (0.0, 1.0))
    assert centroid_hz(bright) > 1.1 * centroid_hz(dull)


@pytest.mark.parametrize("bed", ["sea", "wind"])
def test_waves_come_more_often_when_the_music_is_lively(config: SessionConfig, bed: Bed) -> None:
    def crests(arousal: float) -> int:
        sound = hear(config, bed, 150.0, arousal=arousal)[30 * SFREQ_HZ :]
        level = np.sqrt((sound[: len(sound) // 24_000 * 24_000] ** 2).reshape(-1, 48_000).mean(axis=1))
        smooth = np.convolve(level, np.ones(5) / 5, "valid") > level.mean()
        return int((np.diff(smooth.astype(int)) > 0).sum())

    assert crests(1.0) > 1.3 * crests(-1.0)


@pytest.mark.parametrize("bed", ["sea", "rain", "wind"])
def test_noise_is_gently_wide_and_whole_on_one_loudspeaker(config: SessionConfig, bed: Bed) -> None:
    sound = hear(config, bed, 20.0)
    assert 0.6 < np.corrcoef(sound.T)[0, 1] < 0.95


@pytest.mark.parametrize("tonic_pc", [0, 4, 9])
def test_a_drone_is_in_the_key_of_the_bar_that_plays(config: SessionConfig, tonic_pc: int) -> None:
    sound = hear(config, "drone", 30.0, played=(in_key(0), in_key(tonic_pc)))[-8 * SFREQ_HZ :]
    power = np.abs(np.fft.rfft(sound[:, 0] * np.hanning(len(sound))))
    heard_hz = np.argmax(power) * SFREQ_HZ / len(sound)
    semitones = 12 * np.log2(heard_hz / 440.0) + 69
    assert round(semitones) % 12 in (tonic_pc, (tonic_pc + 7) % 12)


@pytest.mark.parametrize("bed", BEDS)
def test_it_costs_little(config: SessionConfig, bed: Bed) -> None:
    hear(config, bed, 1.0)
    began = time.process_time()
    hear(config, bed, 20.0)
    assert (time.process_time() - began) / 20.0 < 0.06, "generous: the bench measures it"
