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
        impulse = np.zeros(block_frames)
        impulse[0] = 1.0
        response, _ = _run(biquads, impulse, np.zeros(n_states))
        self._spectrum = np.fft.rfft(response, 2 * block_frames)[:, None]
        rings = [_run(biquads, np.zeros(block_frames), state) for state in np.eye(n_states)]
        self._ring: Floats = np.stack([heard for heard, _ in rings], axis=1)
        self._keep: Floats = np.stack([state for _, state in rings], axis=1)
        self._enter: Floats = _entering(biquads, block_frames)
        self._state: Floats = np.zeros((n_states, 2))
        self._block_frames = block_frames

    def pass_on(self, block: npt.NDArray[np.floating]) -> Floats:
        """The filtered block, shape (block_frames, 2) as given."""
        spectrum = np.fft.rfft(block, 2 * self._block_frames, axis=0)
        fresh = np.fft.irfft(spectrum * self._spectrum, axis=0)[: self._block_frames]
        heard: Floats = fresh + self._ring @ self._state
        self._state = self._keep @ self._state + self._enter @ block
        return heard


def _run(biquads: Sequence[Biquad], samples: Floats, state: Floats) -> tuple[Floats, Floats]:
    """Sample by sample, as it is defined: the output and the state after it."""
    memory = state.copy()
    heard = samples.copy()
    for n, sample in enumerate(samples):
        value = float(sample)
        for k, (b0, b1, b2, a1, a2) in enumerate(biquads):
            out = b0 * value + memory[2 * k]
            memory[2 * k] = b1 * value - a1 * out + memory[2 * k + 1]
            memory[2 * k + 1] = b2 * value - a2 * out
            value = out
        heard[n] = value
    return heard, memory


def _entering(biquads: Sequence[Biquad], n_frames: int) -> Floats:
    """What one sample at each place of a block leaves in the memory at its end, shape (states, frames)."""
    n_states = 2 * len(biquads)
    _, just_in = _run(biquads, np.ones(1), np.zeros(n_states))
    step = np.stack([_run(biquads, np.zeros(1), state)[1] for state in np.eye(n_states)], axis=1)
    columns = [just_in]
    for _ in range(n_frames - 1):
        columns.append(step @ columns[-1])
    return np.stack(columns[::-1], axis=1)
