"""How loud a clip is to people, after ITU-R BS.1770-4 (the integrated loudness that broadcasters level by).

Loudness alone sways what people say about music, so all clips of a study are equally loud.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import signal

SFREQ_HZ = 48_000
"""The filters below are those of the recommendation's tables, for this rate."""
SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
BLOCK_S, HOP_S = 0.4, 0.1
ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU = -70.0, -10.0
TARGET_LUFS = -23.0
PEAK = 0.89
"""-1 dBFS: a clip that cannot be so loud without more stays softer."""

Samples = npt.NDArray[np.float64]


def measure_lufs(samples: Samples) -> float:
    """Integrated loudness of samples of shape (frames, channels) at 48 kHz; -inf where there is nothing to hear."""
    weighted = signal.lfilter(*HIGH_PASS, signal.lfilter(*SHELF, samples, axis=0), axis=0)
    size, hop = round(BLOCK_S * SFREQ_HZ), round(HOP_S * SFREQ_HZ)
    if len(samples) < size:
        return float("-inf")
    energy = np.concatenate((np.zeros(1), np.cumsum((weighted**2).sum(axis=1))))
    begins = np.arange(0, len(samples) - size + 1, hop)
    powers = (energy[begins + size] - energy[begins]) / size
    heard = powers[_lufs(powers) > ABSOLUTE_GATE_LUFS]
    if not len(heard):
        return float("-inf")
    kept = heard[_lufs(heard) > _lufs(heard.mean()) + RELATIVE_GATE_LU]
    return float(_lufs(kept.mean()))


def _lufs(power: npt.ArrayLike) -> Samples:
    return np.asarray(-0.691 + 10.0 * np.log10(np.maximum(power, 1e-12)))


def equalise(samples: Samples) -> Samples:
    """The samples at the loudness of the study, or as near to it as their peaks allow."""
    loudness = measure_lufs(samples)
    if not np.isfinite(loudness):
        return samples
    gain = float(10.0 ** ((TARGET_LUFS - loudness) / 20.0))
    peak = float(np.abs(samples).max())
    return samples * min(gain, PEAK / peak)
