"""Takes out of a pulse wave what the accelerometer explains of it.

Light through moving tissue follows acceleration by an unknown filter per axis that drifts as the strap shifts. So the
filters are fitted by least squares. The first fit has to take the pulse for noise: it is one for the whole window, so
that it does not eat the pulse of a person who walks in step with it. A caller that knows the pulse already passes in
only what is left of the wave, and may let the filters follow the strap.
"""

from __future__ import annotations

import numpy as np

from device.dsp.windows import FloatArray

RATE_HZ = 32.0
LAGS = range(-2, 12, 2)
"""Samples at `RATE_HZ` by which light may follow movement: two apart, for the band ends at 8 Hz."""
SEGMENT_S = 8.0
"""Filters are fitted in the middle of segments and change evenly between."""
REACH = 2.0
"""Segments on each side that still count for a filter that follows the strap."""
NOISE_G = 0.01
"""Acceleration smaller than this explains nothing: the converter's own steps."""


class Canceller:
    """The movement of one window, made ready to be fitted more than once."""

    def __init__(self, felt: FloatArray) -> None:
        """`felt`, shape (channels, n) at `RATE_HZ`, band-passed like the pulse wave; n a multiple of the segment.

        Samples are kept in single precision: half the memory is half the time; the equations are solved in double.
        """
        ahead, behind = -min(LAGS), max(LAGS)
        half = round(SEGMENT_S * RATE_HZ / 2)
        padded = np.pad(felt.astype(np.float32), ((0, 0), (behind, ahead)))
        n = felt.shape[1]
        lagged = np.concatenate([padded[:, behind - lag : behind - lag + n] for lag in LAGS])
        self._halves = np.ascontiguousarray(lagged.reshape(len(lagged), -1, half).transpose(1, 0, 2))
        thin = self._halves[:, :, ::2]
        grams = thin @ thin.transpose(0, 2, 1)
        self._grams = grams[::2] + grams[1::2] + NOISE_G**2 * half * np.eye(len(lagged))

    def artefact(self, wave: FloatArray, *, follow_strap: bool) -> FloatArray:
        """The part of `wave`, shape (n,), that movement explains."""
        n_segments = len(self._grams)
        halves = wave.astype(np.float32).reshape(2 * n_segments, -1)
        cross = np.matmul(self._halves, halves[:, :, None])[:, :, 0].astype(np.float64) / 2
        cross = cross[::2] + cross[1::2]
        if follow_strap:
            away = np.abs(np.subtract.outer(np.arange(n_segments), np.arange(n_segments)))
            weight = np.maximum(0, 1 - away / (REACH + 1))
            grams = np.tensordot(weight, self._grams, 1)
            taps = np.linalg.solve(grams, (weight @ cross)[:, :, None])[:, :, 0]
        else:
            taps = np.tile(np.linalg.solve(self._grams.sum(axis=0), cross.sum(axis=0)), (n_segments, 1))
        return self._apply(taps)

    def _apply(self, taps: FloatArray) -> FloatArray:
        """Filters change evenly from the middle of one segment to the middle of the next."""
        n_halves, _, half = self._halves.shape
        early = np.clip((np.arange(n_halves) - 1) // 2, 0, None)
        late = np.clip((np.arange(n_halves) + 1) // 2, None, len(taps) - 1)
        ends = np.stack((taps[early], taps[late]), axis=1).astype(np.float32) @ self._halves
        share = (np.arange(half) + 0.5) / (2 * half) + 0.5 * (np.arange(n_halves)[:, None] % 2 == 0)
        parts: FloatArray = (ends[:, 0] * (1 - share) + ends[:, 1] * share).ravel()
        return parts
