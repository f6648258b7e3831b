"""Reads what goes to the card: loudness (EBU R128) and true peak (ITU-R BS.1770-4) of the steps that are heard."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from device.audio.loudness import SILENCE_LUFS, Loudness, LoudnessMeter
from device.audio.safety.true_peak import PAST_FRAMES, true_peaks
from device.audio.samples import Samples, from_pcm


class Heard(NamedTuple):
    """Loudness so far, and the highest true peak since it was last asked for."""

    loudness: Loudness
    true_peak_dbtp: float


class OutputMeter:
    """Call `read` with consecutive blocks of 16-bit stereo, `block_frames` each."""

    def __init__(self, sfreq_hz: int, block_frames: int) -> None:
        self._loudness = LoudnessMeter(sfreq_hz, block_frames)
        self._past: Samples = np.zeros((PAST_FRAMES, 2), np.float32)
        self._peak = 0.0

    def read(self, pcm: bytes) -> None:
        block = from_pcm(pcm)
        self._loudness.read(block)
        line: Samples = np.concatenate((self._past, block))
        self._past = line[-PAST_FRAMES:]
        self._peak = max(self._peak, float(true_peaks(line).max()))

    def heard(self) -> Heard:
        """What was read; the peak is forgotten."""
        peak, self._peak = self._peak, 0.0
        dbtp = 20.0 * math.log10(peak) if peak > 0.0 else SILENCE_LUFS
        return Heard(self._loudness.loudness(), max(SILENCE_LUFS, dbtp))
