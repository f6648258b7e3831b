"""True peak of stereo sound by ITU-R BS.1770-4, annex 2: four times oversampled by the polyphase filter given there.

The sums are written out tap by tap, since a matrix product may round differently from one processor to the next, and
the same session has to sound the same bit for bit.
"""

from __future__ import annotations

import numpy as np

from device.audio.samples import Samples

_OUTER = (14, 90, -161, 272, -487, 1125, 7964, -838, 390, -218, 122, -68)
_INNER = (-239, 240, -424, 730, -1364, 3810, 6388, -1641, 832, -477, 271, -155)
PHASES: Samples = np.array((_OUTER, _INNER, _INNER[::-1], _OUTER[::-1]), np.float32) / np.float32(8192)
"""The filter, shape (4 phases, 12 taps); the last two phases are the first two mirrored."""
TAPS = PHASES.shape[1]
PAST_FRAMES = TAPS - 1
"""Frames before a block that its filter needs."""
LATE_FRAMES = TAPS // 2
"""So late is what is measured: half of the filter lies in the future."""
UNDER_READING_DB = 1.5
"""No sound whatever reads higher by more than this on a sharp meter (`scipy.signal.resample_poly`, 4 or 8 times
oversampled, 20 taps a phase) than here: a linear programme over all sounds found 1.50 dB, on one that turns its phase
near the Nyquist frequency (`hardware.bench.true_peak`). For music the two differ by hundredths."""


def true_peaks(line: Samples) -> Samples:
    """The true peak of each frame, shape (frames,), the louder channel's, from then until the next frame begins.

    `line` has shape (PAST_FRAMES + frames, 2) and is C-contiguous. The peaks are those of the frames that begin
    `LATE_FRAMES` before the last `frames` ones.
    """
    flat, n_values = line.ravel(), 2 * (len(line) - PAST_FRAMES)
    between = np.zeros((len(PHASES), n_values), np.float32)
    product = np.empty_like(between)
    for tap, weights in enumerate(PHASES.T):
        # Written into the same memory, it costs half.
        between += np.multiply(weights[:, None], flat[2 * tap : 2 * tap + n_values], out=product)
    first = 2 * (PAST_FRAMES - LATE_FRAMES)
    highest = np.maximum(between.max(axis=0), -between.min(axis=0))
    highest = np.maximum(highest, np.abs(flat[first : first + n_values]))
    peaks: Samples = np.maximum(highest[::2], highest[1::2])  # a maximum along pairs costs twenty times as much
    return peaks
