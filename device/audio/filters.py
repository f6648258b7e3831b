"""Recursive filters over blocks of stereo sound, without a loop over samples and without scipy.

`scipy.signal` costs 75 MB and a second of start, which the audio process does not have. The answer to a block is what
the filter's memory still rings, plus the block convolved with the impulse response; both are exact for blocks of one
length, and so is the memory that is carried on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Biquad(NamedTuple):
    """y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2]."""

    b0: float
    b1: float
    b2: float
    a1: float
    a2: float


def high_pass(cutoff_hz: float, sfreq_hz: float, q: float = math.sqrt(0.5)) -> Biquad:
    """A high-pass of second order (R. Bristow-Johnson, "Audio EQ cookbook"); by default a Butterworth."""
    omega = 2.0 * math.pi * cutoff_hz / sfreq_hz
    alpha, cosine = math.sin(omega) / (2.0 * q), math.cos(omega)
    a0, b0 = 1.0 + alpha, (1.0 + cosine) / 2.0
    return Biquad(b0 / a0, -2.0 * b0 / a0, b0 / a0, -2.0 * cosine / a0, (1.0 - alpha) / a0)


class BlockFilter:
    """Biquads one after the other, over consecutive blocks of `block_frames` frames of stereo.

    Its memory is the state of the cascade, two numbers a biquad and channel (transposed direct form II).
    """

    def __init__(self, biquads: Sequence[Biquad], block_frames: int) -> None:
        n_states = 2 * len(biquads)
        first, just_in = _step(biquads, 1.0, np.zeros(n_states))
        steps = [_step(biquads, 0.0, state) for state in np.eye(n_states)]
        rings, onwards = np.array([heard for heard, _ in steps]), np.stack([state for _, state in steps], axis=1)
        ring, enter, power = [], [], np.eye(n_states)
        for _ in range(block_frames):
            ring.append(rings @ power)
            enter.append(power @ just_in)
            power = onwards @ power
        self._ring: Floats = np.stack(ring)
        self._enter: Floats = np.stack(enter[::-1], axis=1)
        self._keep: Floats = power
        response = np.concatenate(([first], self._ring[:-1] @ just_in))
        self._spectrum = np.fft.rfft(response, 2 * block_frames)[:, None]
        self._state: Floats = np.zeros((n_states, 2))
        self._block_frames = block_frames

    def pass_on(self, block: npt.NDArray[np.floating]) -> Floats:
        """The filtered block, shape (block_frames, 2) as given."""
        spectrum = np.fft.rfft(block, 2 * self._block_frames, axis=0)
        fresh = np.fft.irfft(spectrum * self._spectrum, axis=0)[: self._block_frames]
        heard: Floats = fresh + self._ring @ self._state
        self._state = self._keep @ self._state + self._enter @ block
        return heard


def _step(biquads: Sequence[Biquad], sample: float, state: Floats) -> tuple[float, Floats]:
    """One sample through the cascade, as it is defined: the output and the state after it."""
    memory = state.copy()
    for k, (b0, b1, b2, a1, a2) in enumerate(biquads):
        out = b0 * sample + memory[2 * k]
        memory[2 * k] = b1 * sample - a1 * out + memory[2 * k + 1]
        memory[2 * k + 1] = b2 * sample - a2 * out
        sample = float(out)
    return sample, memory
