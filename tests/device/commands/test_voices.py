"""Prompts are made by the real engine: every one in every language, clear, and no longer than eight seconds."""

from __future__ import annotations

import wave
from io import BytesIO
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from click.testing import CliRunner

from device.audio.speech import read_speech
from device.commands import voices as command
from device.commands.voices import SPEAKERS, speak, voices
from device.errors import DiskError, SystemMissingError
from device.messages import Language
from device.voice.prompts import PROMPTS

LONGEST_S = 8.0


def test_there_is_a_speaker_for_every_language() -> None:
    assert set(SPEAKERS) == set(get_args(Language))


@pytest.mark.parametrize("language", SPEAKERS)
def test_every_prompt_is_spoken_within_eight_seconds(language: Language, tmp_path: Path) -> None:
    result = CliRunner().invoke(voices, ["--folder", str(tmp_path), "--language", language])
    assert result.exit_code == 0, result.output
    for name in PROMPTS:
        sound = read_speech(tmp_path / language / f"{name}.wav", 16_000)
        assert 0.3 <= len(sound) / 16_000 <= LONGEST_S, name
        assert np.abs(sound).max() > 0.5


def test_a_second_time_nothing_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "PROMPTS", {name: PROMPTS[name] for name in ("welcome", "digit-1")})
    first, second = (CliRunner().invoke(voices, ["--folder", str(tmp_path), "--language", "de"]) for _ in range(2))
    assert "of which 2 are new" in first.output
    assert "of which 0 are new" in second.output
    assert not list(tmp_path.glob("**/.part-*"))


def test_what_is_spoken_is_softer_at_the_top_and_has_no_rumble() -> None:
    with wave.open(BytesIO(speak("Sixty-six silver sensors sit snugly.", "en"))) as file:
        rate_hz, sound = file.getframerate(), np.frombuffer(file.readframes(10**6), "<i2") / 32767
    freqs_hz = np.fft.rfftfreq(len(sound), 1 / rate_hz)
    power = np.abs(np.fft.rfft(sound)) ** 2
    assert power[freqs_hz < 50].sum() < 1e-3 * power.sum()
    assert power[freqs_hz > 4000].sum() < 0.1 * power.sum()
    assert np.abs(sound[:50]).max() < 0.1 * np.abs(sound).max()


def test_without_the_engine_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "ENGINE", "no-such-engine")
    with pytest.raises(SystemMissingError, match="Install"):
        speak("Hello.", "en")


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "en").write_text("a file in the way")
    with pytest.raises(DiskError):
        voices.main(["--folder", str(tmp_path), "--language", "en"], standalone_mode=False)
