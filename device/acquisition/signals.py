"""The signals of a recording as plain arrays, whatever form they were read from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Eeg(NamedTuple):
    data_uv: NDArray[np.float32]
    """Shape (n, channels); rows of NaN are lost samples."""
    sfreq_hz: float
    ch_names: tuple[str, ...]


class Heart(NamedTuple):
    """Events in order of time; what an event does not tell is NaN."""

    time_s: NDArray[np.float64]
    hr_bpm: NDArray[np.float32]
    rr_ms: NDArray[np.float32]

    @property
    def end_s(self) -> float:
        """A second behind the last event, where a next recording may begin."""
        return float(self.time_s[-1]) + 1.0 if len(self.time_s) else 0.0


class Recording(NamedTuple):
    eeg: Eeg | None
    heart: Heart | None
    notes: tuple[str, ...] = ()
    """What could not be read and was left out, as sentences."""

    @property
    def duration_s(self) -> float:
        eeg_s = len(self.eeg.data_uv) / self.eeg.sfreq_hz if self.eeg else 0.0
        return max(eeg_s, self.heart.end_s if self.heart else 0.0)
