"""Loudness as people hear it: ITU-R BS.1770-4 (K-weighting, gating) in the time scales of EBU R128 (Tech 3341).

Loudness is in LUFS: a stereo sine of 1 kHz at -23 dBFS in both channels reads -23.
"""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from device.audio.filters import Biquad, BlockFilter

SILENCE_LUFS = -120.0
STEP_S, MOMENTARY_STEPS, SHORT_STEPS = 0.1, 4, 30
"""Powers are kept in steps of 100 ms; momentary loudness is over 400 ms and short-term loudness over 3 s."""
ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU = -70.0, -10.0
OFFSET_LU = -0.691
"""BS.1770: the weighting's own gain at 1 kHz is taken away."""
BIN_LU, BINS_LOWEST_LUFS, N_BINS = 0.1, -70.0, 1000
"""Integrated loudness is kept as a histogram, so that a session of hours costs no more than a minute."""


class Loudness(NamedTuple):
    """In LUFS; silence reads `SILENCE_LUFS`."""

    momentary_lufs: float
    short_term_lufs: float
    integrated_lufs: float


def k_weighting(sfreq_hz: float) -> tuple[Biquad, Biquad]:
    """The shelf of the head and the RLB high-pass at any rate, by their analogue prototypes.

    At 48 kHz these are the coefficients of BS.1770-4, annex 1, tables 1 and 2.
    """
    gain, centre_hz, q = 3.999843853973347, 1681.974450955533, 0.7071752369554196
    k, high = math.tan(math.pi * centre_hz / sfreq_hz), 10.0 ** (gain / 20.0)
    band = high**0.4996667741545416
    a0 = 1.0 + k / q + k * k
    shelf = Biquad(
        (high + band * k / q + k * k) / a0,
        2.0 * (k * k - high) / a0,
        (high - band * k / q + k * k) / a0,
        2.0 * (k * k - 1.0) / a0,
        (1.0 - k / q + k * k) / a0,
    )
    low_hz, low_q = 38.13547087602444, 0.5003270373238773
    k = math.tan(math.pi * low_hz / sfreq_hz)
    a0 = 1.0 + k / low_q + k * k
    return shelf, Biquad(1.0, -2.0, 1.0, 2.0 * (k * k - 1.0) / a0, (1.0 - k / low_q + k * k) / a0)


class LoudnessMeter:
    """Reads consecutive blocks of stereo, shape (block_frames, 2), full scale at 1."""

    def __init__(self, sfreq_hz: int, block_frames: int) -> None:
        self._filter = BlockFilter(k_weighting(sfreq_hz), block_frames)
        self._step_frames = round(STEP_S * sfreq_hz)
        self._left = self._step_frames
        self._energy = 0.0
        self._powers: deque[float] = deque(maxlen=SHORT_STEPS)
        self._counts: npt.NDArray[np.int64] = np.zeros(N_BINS, np.int64)
        self._sums: npt.NDArray[np.float64] = np.zeros(N_BINS)

    def read(self, block: npt.NDArray[np.floating]) -> None:
        """Take the next block in."""
        rest = self._filter.pass_on(block)
        while len(rest) >= self._left:
            step, rest = rest[: self._left], rest[self._left :]
            self._energy += float(np.vdot(step, step))
            self._close_step()
        self._energy += float(np.vdot(rest, rest))
        self._left -= len(rest)

    def _close_step(self) -> None:
        self._powers.append(self._energy / self._step_frames)
        self._energy, self._left = 0.0, self._step_frames
        if len(self._powers) >= MOMENTARY_STEPS:
            power = self._mean(MOMENTARY_STEPS)
            place = math.floor((to_lufs(power) - BINS_LOWEST_LUFS) / BIN_LU)
            if place >= 0:
                self._counts[min(place, N_BINS - 1)] += 1
                self._sums[min(place, N_BINS - 1)] += power

    def _mean(self, n_steps: int) -> float:
        """The mean power of the last steps; what did not sound yet is silence."""
        return sum(list(self._powers)[-n_steps:]) / n_steps

    def loudness(self) -> Loudness:
        """Of what was read so far."""
        return Loudness(
            to_lufs(self._mean(MOMENTARY_STEPS)), to_lufs(self._mean(SHORT_STEPS)), to_lufs(self._integrated())
        )

    def _integrated(self) -> float:
        """The mean power of the blocks of 400 ms above both gates; those of the bin at the gate count whole."""
        if not self._counts.any():
            return 0.0
        gate_lufs = to_lufs(float(self._sums.sum() / self._counts.sum())) + RELATIVE_GATE_LU
        first = max(0, math.floor((gate_lufs - BINS_LOWEST_LUFS) / BIN_LU))
        return float(self._sums[first:].sum() / max(1, self._counts[first:].sum()))


def to_lufs(power: float) -> float:
    """The loudness of a mean K-weighted power, summed over both channels."""
    return max(SILENCE_LUFS, OFFSET_LU + 10.0 * math.log10(power)) if power > 0.0 else SILENCE_LUFS
