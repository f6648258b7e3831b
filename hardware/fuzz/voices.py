"""A clinic's recordings of prompts: WAV files that are damaged, hostile, or of any kind there is."""

from __future__ import annotations

import io
import random
import struct
import wave
from pathlib import Path

import numpy as np

from device.audio.speech import read_speech
from hardware.fuzz.mutations import mutate

SFREQ_HZ = 48_000
HEADER_BYTES = 48
FIELDS = 4, 16, 20, 22, 24, 28, 32, 34, 40
"""Where a plain WAV file has its sizes, format, channels, rate, width and length."""
ODD_NUMBERS = 0, 1, 2, 3, 6, 8, 255, 8_000, 65_534, 65_535, 2**31 - 1, 2**31, 2**32 - 1


def _recording(rng: random.Random) -> bytes:
    rate_hz, n_channels, width = rng.choice((8_000, 16_000, 44_100)), rng.choice((1, 2)), rng.choice((1, 2, 3, 4))
    noise = np.random.default_rng(rng.randrange(100)).integers(0, 256, rate_hz // 4 * n_channels * width, np.uint8)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((n_channels, width, rate_hz, 0, "NONE", ""))
        out.writeframes(noise.tobytes())
    return file.getvalue()


def damaged(rng: random.Random) -> bytes:
    """A WAV file, whole or not."""
    whole = _recording(rng)
    match rng.choice(("whole", "bytes", "header", "fields")):
        case "bytes":
            whole = mutate(whole, rng)
        case "header":
            whole = mutate(whole[:HEADER_BYTES], rng) + whole[HEADER_BYTES:]
        case "fields":
            place, number = rng.choice(FIELDS), rng.choice(ODD_NUMBERS)
            whole = whole[:place] + struct.pack("<I", number) + whole[place + 4 :]
    return whole


class Voices:
    """One file after the other, in one place."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "welcome.wav"

    def run(self, rng: random.Random) -> None:
        self._path.write_bytes(damaged(rng))
        sound = read_speech(self._path, SFREQ_HZ)
        assert np.isfinite(sound).all()
        assert np.abs(sound).max() <= 1.0
