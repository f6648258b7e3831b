"""A person from a recording, who wears the emulated sensors instead of the virtual patient; at its end it loops."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from device.messages import PlayedBar
from device.recordings.signals import Recording, Samples
from hardware.twin.behaviour import Acts
from hardware.twin.brain import MONTAGE, SFREQ_HZ


class Body(Protocol):
    """Whoever wears the sensors."""

    montage: tuple[str, ...]
    has_rr: bool

    def eeg(self, first_sample: int, n_samples: int) -> NDArray[np.float64]: ...

    def heartbeats(self, until_s: float) -> list[float]: ...

    def hear(self, bar: PlayedBar) -> None: ...

    def is_touched(self, second: int) -> bool: ...

    def acts(self, until_s: float) -> list[Acts]: ...


class RecordedPerson:
    """EEG and heartbeats of `recording`; what it lacks comes from `substitute`. Music does not move the past."""

    def __init__(self, recording: Recording, substitute: Body) -> None:
        self._substitute = substitute
        self.montage = substitute.montage
        self._eeg: NDArray[np.float32] = np.empty((0, len(MONTAGE)), np.float32)
        if recording.eeg is not None:
            self.montage, self._eeg = _fit(recording.eeg)
        self._beat_s = self._rr_ms = np.empty(0)
        self.has_rr, self._loop_s, self._heard_s = substitute.has_rr, recording.duration_s, 0.0
        if recording.heart is not None:
            self.has_rr = bool(np.isfinite(recording.heart.rr_ms).any())
            # A band without RR still tells a rate: the interval stands for it and is not sent.
            rate_ms = 60_000 / np.where(recording.heart.hr_bpm > 0, recording.heart.hr_bpm, np.nan)
            intervals_ms = recording.heart.rr_ms if self.has_rr else rate_ms
            known = np.isfinite(intervals_ms)
            self._beat_s, self._rr_ms = recording.heart.time_s[known], intervals_ms[known].astype(np.float64)

    def eeg(self, first_sample: int, n_samples: int) -> NDArray[np.float64]:
        """EEG in uV, shape (n_samples, 8), channels `montage`, at 250 Hz."""
        if not len(self._eeg):
            return self._substitute.eeg(first_sample, n_samples)
        wanted = np.arange(first_sample, first_sample + n_samples) % len(self._eeg)
        return np.asarray(self._eeg[wanted], np.float64)

    def heartbeats(self, until_s: float) -> list[float]:
        """RR intervals (ms) of the beats since the last call, up to `until_s` seconds."""
        if not len(self._beat_s):
            return self._substitute.heartbeats(until_s)
        since_s, self._heard_s = self._heard_s, until_s
        lap_s = since_s - since_s % self._loop_s
        # Two laps, as the span may pass the end.
        times_s = np.concatenate((self._beat_s, self._beat_s + self._loop_s)) + lap_s
        span = (times_s > since_s) & (times_s <= until_s)
        return np.tile(self._rr_ms, 2)[span].tolist()  # type: ignore[no-any-return]

    def hear(self, bar: PlayedBar) -> None:
        self._substitute.hear(bar)

    def is_touched(self, second: int) -> bool:
        """Always: a band that lost the skin recorded no beats."""
        del second
        return True

    def acts(self, until_s: float) -> list[Acts]:
        """Nothing: who was recorded does not answer this music."""
        del until_s
        return []


def _fit(eeg: Samples) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """The recording on the Cyton's eight channels at its rate: the default montage first, then what there is."""
    chosen = [name for name in MONTAGE if name in eeg.ch_names]
    chosen += [name for name in eeg.ch_names if name not in chosen][: len(MONTAGE) - len(chosen)]
    data_uv = np.zeros((len(eeg.data), len(MONTAGE)), np.float32)
    data_uv[:, : len(chosen)] = eeg.data[:, [eeg.ch_names.index(name) for name in chosen]]
    unused = tuple(f"unused{number}" for number in range(len(chosen) + 1, len(MONTAGE) + 1))
    np.nan_to_num(data_uv, copy=False)
    if eeg.sfreq_hz != SFREQ_HZ:
        data_uv = _resampled(data_uv, round(len(data_uv) * SFREQ_HZ / eeg.sfreq_hz))
    return (*chosen, *unused), data_uv


def _resampled(data_uv: NDArray[np.float32], n_samples: int) -> NDArray[np.float32]:
    """The same stretch of time in `n_samples` rows: what is too fast for them is left out.

    The spectrum treats a recording as a loop, which is how it is played.
    """
    spectrum = np.fft.rfft(data_uv, axis=0)
    resampled = np.fft.irfft(spectrum, n_samples, axis=0) * (n_samples / len(data_uv))
    return resampled.astype(np.float32)
