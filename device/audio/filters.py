"""Recursive filters over blocks of stereo sound, without a loop over samples and without scipy.

`scipy.signal` costs 75 MB and a second of start, which the audio process does not have. A block is cut into short
sections: within one, what is heard is a product with the matrix of the impulse response, and from one to the next only
the filter's memory goes on, which is a product too. All of it is exact, and half the time of a Fourier transform.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
SECTION_FRAMES = 64
"""Longer ones cost more within them, shorter ones more between them."""


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
    """Biquads one after the other, over consecutive blocks of `block_frames` frames of stereo, a multiple of 64.

    Its memory is the state of the cascade, two numbers a biquad and channel (transposed direct form II).
    """

    def __init__(self, biquads: Sequence[Biquad], block_frames: int) -> None:
        n_states, self._n_sections = 2 * len(biquads), block_frames // SECTION_FRAMES
        first, just_in = _step(biquads, 1.0, np.zeros(n_states))
        steps = [_step(biquads, 0.0, state) for state in np.eye(n_states)]
        rings, onwards = np.array([heard for heard, _ in steps]), np.stack([state for _, state in steps], axis=1)
        ring, enter, power = [], [], np.eye(n_states)
        for _ in range(SECTION_FRAMES):
            ring.append(rings @ power)
            enter.append(power @ just_in)
            power = onwards @ power
        self._ring: Floats = np.stack(ring)
        response = np.concatenate(([first], self._ring[:-1] @ just_in))
        self._within: Floats = np.concatenate((_lower_triangular(response), np.stack(enter[::-1], axis=1)))
        """From a section's samples to what is heard of them in it, and to what they leave in the memory."""
        self._carry = _carry(power, self._n_sections)
        self._left: Floats = np.zeros((n_states, self._n_sections + 1, 2))
        """The memory at the block's start, and what each section leaves in it."""

    def pass_on(self, block: npt.NDArray[np.floating]) -> Floats:
        """The filtered block, shape (block_frames, 2) as given."""
        sections = block.reshape(self._n_sections, SECTION_FRAMES, 2).swapaxes(0, 1)
        answer = self._within @ np.array(sections, np.float64, order="C").reshape(SECTION_FRAMES, -1)
        left = self._left
        left[:, 1:] = answer[SECTION_FRAMES:].reshape(len(left), -1, 2)
        memory = (self._carry @ left.reshape(-1, 2)).reshape(left.shape)
        left[:, 0] = memory[:, -1]
        heard = answer[:SECTION_FRAMES] + self._ring @ memory[:, :-1].reshape(len(left), -1)
        return heard.reshape(SECTION_FRAMES, -1, 2).swapaxes(0, 1).reshape(-1, 2)


def _lower_triangular(response: Floats) -> Floats:
    """The matrix that convolves with a response of its own length (Toeplitz)."""
    lag = np.subtract.outer(np.arange(len(response)), np.arange(len(response)))
    return np.where(lag >= 0, response[lag], 0.0)


def _carry(power: Floats, n_sections: int) -> Floats:
    """The matrix from what was left in the memory to the memory at each section's start and at the block's end.

    `power` is what a section makes of the memory. Rows and columns are (state, section).
    """
    powers = [np.linalg.matrix_power(power, k) for k in range(n_sections + 1)]
    nothing = np.zeros_like(power)
    rows = [[powers[to - since] if to >= since else nothing for since in range(n_sections + 1)]
            for to in range(n_sections + 1)]  # fmt: skip
    by_section: Floats = np.array(rows)  # (to, since, state, state)
    return by_section.transpose(2, 0, 3, 1).reshape(len(power) * (n_sections + 1), -1)


def _step(biquads: Sequence[Biquad], sample: float, state: Floats) -> tuple[float, Floats]:
    """One sample through the cascade, as it is defined: the output and the state after it."""
    memory = state.copy()
    for k, (b0, b1, b2, a1, a2) in enumerate(biquads):
        out = b0 * sample + memory[2 * k]
        memory[2 * k] = b1 * sample - a1 * out + memory[2 * k + 1]
        memory[2 * k + 1] = b2 * sample - a2 * out
        sample = float(out)
    return sample, memory
