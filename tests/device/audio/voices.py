"""Voices for tests: words that are tones of a known pitch, and a loader that has them ready at once."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from device.audio import speech
from device.audio.speech_loader import SpeechLoader
from device.messages import Prompt
from device.voice.prompts import PROMPTS

RATE_HZ = 16_000


def write_words(path: Path, length_s: float = 1.0, pitch_hz: float = 440.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    t_s = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(np.rint(16_000 * np.sin(2 * np.pi * pitch_hz * t_s)).astype("<i2").tobytes())


def give_voice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every prompt spoken in English, as a second of a tone."""
    for name in PROMPTS:
        write_words(folder / "en" / f"{name}.wav")
    monkeypatch.setattr(speech, "own_voices", lambda: folder)


def load_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load where it is asked, for tests in which no real time passes."""

    def ask(loader: SpeechLoader, prompt: Prompt) -> bool:
        loader._pending.append(prompt)
        loader._ready.put(loader.load(prompt))
        return True

    monkeypatch.setattr(SpeechLoader, "ask", ask)
