"""Sound that others bring to `isotone dose --wav`: WAV files that are damaged, hostile, or of any kind there is."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

from device.audio.safety.dose import DoseMeter
from device.audio.wav_sound import open_sound
from hardware.fuzz.voices import damaged

SPL = 110.0


class Sounds:
    """One file after the other, in one place."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "brought.wav"

    def run(self, rng: random.Random) -> None:
        self._path.write_bytes(damaged(rng))
        with open_sound(self._path) as sound:
            meter = DoseMeter(sound.sfreq_hz, SPL)
            for block in sound.blocks:
                assert block.shape[1] == 2
                assert np.abs(block).max(initial=0.0) <= 1.0
                meter.add(block)
        meter.finish()
        assert np.isfinite(meter.exposure_pa2h)
