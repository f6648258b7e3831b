"""Takes out of a pulse wave what the accelerometer explains of it.

Light through moving tissue follows acceleration by an unknown filter per axis that drifts as the strap shifts. So the
filters are fitted by least squares over overlapping blocks. Whoever knows the pulse already passes it in: fitted to the
rest alone, the filters do not eat the pulse of a person who walks in step with it.
"""

from __future__ import annotations

import numpy as np

from device.dsp.windows import FloatArray

RATE_HZ = 32.0
LAGS = range(-2, 14, 2)
"""Samples at `RATE_HZ` by which light may follow movement: two apart, for the band ends at 8 Hz."""
BLOCK_S = 16.0
BLOCK_HOP_S = 8.0
NOISE_G = 0.01
"""Acceleration smaller than this explains nothing: the converter's own steps."""


class Canceller:
    """The movement of one window, made ready to be fitted again and again."""

    def __init__(self, felt: FloatArray) -> None:
        """`felt`, shape (channels, n) at `RATE_HZ`, band-passed like the pulse wave; n a multiple of the hop."""
        n_lags, n = len(LAGS), felt.shape[1]
        self._size, self._hop = round(BLOCK_S * RATE_HZ), round(BLOCK_HOP_S * RATE_HZ)
        padded = np.pad(felt, ((0, 0), (self._hop + max(LAGS), self._hop - min(LAGS))))
        length = n + 2 * self._hop
        lagged = np.stack([padded[:, max(LAGS) - lag : max(LAGS) - lag + length] for lag in LAGS], axis=1)
        rows = lagged.reshape(len(felt) * n_lags, length)
        blocks = np.lib.stride_tricks.sliding_window_view(rows, self._size, axis=1)[:, :: self._hop]
        self._taper = np.hanning(self._size + 1)[:-1]
        self._blocks = np.ascontiguousarray(blocks.transpose(1, 0, 2))
        tapered = self._blocks * self._taper
        gram = tapered @ self._blocks.transpose(0, 2, 1)
        gram += NOISE_G**2 * self._size / 2 * np.eye(len(rows))
        self._solver = np.linalg.solve(gram, tapered)

    def artefact(self, wave: FloatArray) -> FloatArray:
        """The part of `wave`, shape (n,), that movement explains."""
        padded = np.pad(wave, self._hop)
        blocks = np.lib.stride_tricks.sliding_window_view(padded, self._size)[:: self._hop]
        weights = np.einsum("bkn,bn->bk", self._solver, blocks)
        parts = np.einsum("bkn,bk->bn", self._blocks, weights) * self._taper
        total = np.zeros(len(padded))
        for index, part in enumerate(parts):
            total[index * self._hop : index * self._hop + self._size] += part
        return total[self._hop : -self._hop]
