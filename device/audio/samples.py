"""Stereo sound as numbers: shape (frames, 2), full scale 1, in single precision, as it goes from track to card."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

STEPS = np.float32(32768.0)
"""Steps of 16 bits up to full scale."""


def single(numbers: npt.ArrayLike) -> Samples:
    """The numbers in single precision; those that are so already are not copied."""
    return np.asarray(numbers, np.float32)


def steps_of(pcm: bytes) -> npt.NDArray[np.int16]:
    """The steps of 16-bit little-endian interleaved stereo, shape (frames, 2)."""
    return np.frombuffer(pcm, "<i2").reshape(-1, 2)


def from_pcm(pcm: bytes) -> Samples:
    """16-bit little-endian interleaved stereo as samples."""
    return single(steps_of(pcm)) / STEPS
