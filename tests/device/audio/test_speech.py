"""Recordings of any common kind are read; whatever else lies in their place is refused with a sentence."""

from __future__ import annotations

import os
import struct
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.audio import speech
from device.audio.loudness import SILENCE_LUFS
from device.audio.speech import BYTES_MAX, find_speech, read_speech
from device.config import VoiceConfig
from device.errors import SoundError
from device.voice.prompts import PROMPTS


def record(path: Path, rate_hz: int = 16_000, n_channels: int = 1, width: int = 2, length_s: float = 0.5) -> Path:
    """A tone of 440 Hz at half of full scale."""
    t_s = np.arange(round(length_s * rate_hz)) / rate_hz
    tone = 0.5 * np.sin(2 * np.pi * 440 * t_s)
    whole = np.repeat(np.rint(tone * (2 ** (8 * width - 1) - 1)).astype(np.int64)[:, None], n_channels, axis=1)
    shifted = whole + 128 if width == 1 else whole
    octets = shifted.astype("<i8").reshape(-1, 1).view(np.uint8)[:, :width]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(n_channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(octets.tobytes())
    return path


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize(("n_channels", "width"), [(1, 1), (1, 2), (2, 2), (1, 3), (2, 4)])
def test_a_recording_of_any_rate_and_width_sounds_as_it_was(
    tmp_path: Path, rate_hz: int, n_channels: int, width: int
) -> None:
    sound = read_speech(record(tmp_path / "a.wav", rate_hz, n_channels, width), 48_000)
    assert sound.dtype == np.float32
    assert len(sound) == pytest.approx(24_000, abs=2)
    middle = sound[6_000:18_000].astype(float)
    assert np.sqrt(2 * np.mean(middle**2)) == pytest.approx(0.5, rel=0.02)
    assert np.argmax(np.abs(np.fft.rfft(middle))) * 48_000 / len(middle) == pytest.approx(440, abs=4)


def test_it_begins_and_ends_in_silence(tmp_path: Path) -> None:
    path = record(tmp_path / "a.wav")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(np.full(16_000, 16_000, "<i2").tobytes()[:-2] + b"\x00\x00")
    sound = read_speech(path, 48_000)
    assert sound[0] == 0.0
    assert sound[-1] == 0.0


def _cut(path: Path) -> None:
    path.write_bytes(record(path).read_bytes()[:-4000])


def _silent(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(32_000))


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(BYTES_MAX + 1)


def _endless(path: Path) -> None:
    whole = record(path).read_bytes()
    path.write_bytes(whole[:40] + struct.pack("<I", 0xFFFFFFFF) + whole[44:])


def _not_a_number(path: Path) -> None:
    data = np.full(8_000, np.nan, "<f4").tobytes()
    form = struct.pack("<IHHIIHH", 16, 3, 1, 16_000, 64_000, 4, 32)
    header = b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + form
    path.write_bytes(header + b"data" + struct.pack("<I", len(data)) + data)


DAMAGED = {
    "missing": lambda _: None,
    "empty": lambda path: path.write_bytes(b""),
    "no WAV": lambda path: path.write_text("I am no sound"),
    "cut off": _cut,
    "silent": _silent,
    "huge": _huge,
    "endless by its header": _endless,
    "floating point and no number": _not_a_number,
    "too long": lambda path: record(path, rate_hz=8_000, length_s=20),
    "too short": lambda path: record(path, length_s=0.01),
    "wrong rate": lambda path: record(path, rate_hz=192_000),
    "many channels": lambda path: record(path, n_channels=6),
    "a folder": lambda path: path.mkdir(),
    "a pipe": os.mkfifo,
    "a link to nowhere": lambda path: path.symlink_to("/no/such/file"),
    "a device": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("how", DAMAGED)
def test_what_cannot_be_played_is_refused_in_words(tmp_path: Path, how: str) -> None:
    path = tmp_path / "welcome.wav"
    DAMAGED[how](path)
    with pytest.raises(SoundError, match="welcome") as refusal:
        read_speech(path, 48_000)
    assert refusal.value.action


@settings(max_examples=300)
@given(data=st.data())
def test_a_damaged_header_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.wav"
    whole = bytearray(record(path).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, 60))] = data.draw(st.integers(0, 255))
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        sound = read_speech(path, 48_000)
    except SoundError:
        return
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() <= 1.0


def test_a_clinics_recording_comes_first_even_if_it_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "own_voices", lambda: tmp_path / "own")
    config = VoiceConfig(folder=str(tmp_path / "clinic"))
    assert find_speech(config, "de", "welcome") == tmp_path / "own" / "de" / "welcome.wav"
    (tmp_path / "clinic" / "de").mkdir(parents=True)
    (tmp_path / "clinic" / "de" / "welcome.wav").write_text("broken")
    assert find_speech(config, "de", "welcome") == tmp_path / "clinic" / "de" / "welcome.wav"


def test_what_to_do_fits_whose_words_they_are_and_whether_they_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech, "own_voices", lambda: tmp_path / "own")
    (tmp_path / "own" / "en").mkdir(parents=True)

    def advice(path: Path) -> str:
        with pytest.raises(SoundError) as refusal:
            read_speech(path, 48_000)
        return refusal.value.action

    for damage in ("missing", "cut off"):
        DAMAGED[damage](tmp_path / "own" / "en" / "welcome.wav")
        assert advice(tmp_path / "own" / "en" / "welcome.wav") == "`isotone voices` makes it."
    _cut(tmp_path / "welcome.wav")
    assert "remove it" in advice(tmp_path / "welcome.wav")


def test_a_machine_without_any_spoken_prompt_has_one_sentence_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech, "own_voices", lambda: tmp_path / "own")
    assert set(speech.refused_words(VoiceConfig())) == {f"There are no spoken prompts in {tmp_path / 'own' / 'en'}."}


def test_loudness_is_that_of_the_recommendation() -> None:
    """A sine of 997 Hz at full scale in both channels has 0 LUFS (BS.1770-4, annex 1), whatever the rate."""
    for sfreq_hz in (44_100, 48_000):
        t_s = np.arange(2 * sfreq_hz) / sfreq_hz
        sound = np.sin(2 * np.pi * 997 * t_s).astype(np.float32)
        assert speech.loudest_lufs(sound, sfreq_hz) == pytest.approx(0.0, abs=0.05)
        assert speech.loudest_lufs(0.1 * sound, sfreq_hz) == pytest.approx(-20.0, abs=0.05)
    assert speech.loudest_lufs(np.zeros(100, np.float32), 48_000) == SILENCE_LUFS


def test_prompts_without_words_are_told_for_the_doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "own_voices", lambda: tmp_path)
    for name in PROMPTS:
        (tmp_path / "en").mkdir(exist_ok=True)
        record(tmp_path / "en" / f"{name}.wav")
    assert speech.refused_words(VoiceConfig()) == []
    (tmp_path / "en" / "ready.wav").write_text("broken")
    assert ["ready.wav" in sentence for sentence in speech.refused_words(VoiceConfig())] == [True]
    assert len(speech.refused_words(VoiceConfig(language="es"))) == len(PROMPTS)
