"""Signals the tests of this room are made of: EEG-like noise, chunks, heartbeats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from device.dsp.hrv import CHANNELS
from device.messages import SampleChunk

SFREQ_HZ = 250.0
EIGHT = ("Fp1", "Fp2", "C3", "C4", "P7", "P8", "O1", "O2")


def pink(seconds: float, n_channels: int = 8, seed: int = 0, sfreq_hz: float = SFREQ_HZ) -> NDArray[np.float64]:
    """EEG-like noise, shape (n, channels): 1/f with about 10 uV rms."""
    n_samples = round(seconds * sfreq_hz)
    white = np.random.default_rng(seed).standard_normal((n_samples, n_channels))
    hz = np.fft.rfftfreq(n_samples, 1 / sfreq_hz)[:, None]
    coloured = np.fft.irfft(np.fft.rfft(white, axis=0) / np.maximum(hz, 1), n=n_samples, axis=0)
    return 10 * coloured / coloured.std(axis=0)


def chunks(
    data: NDArray[np.floating], *, size: int = 25, first: int = 0, t_ns: int = 0, names: tuple[str, ...] = EIGHT
) -> list[SampleChunk]:
    """`data` (n, channels) cut as a board would deliver it."""
    return [
        SampleChunk(
            t_ns=t_ns + round(begin / SFREQ_HZ * 1e9),
            source="cyton",
            kind="eeg",
            sfreq_hz=SFREQ_HZ,
            ch_names=names[: data.shape[1]],
            first_sample=first + begin,
            data=data[begin : begin + size].astype("<f4").tobytes(),
        )
        for begin in range(0, len(data), size)
    ]


def beats(rr_ms: NDArray[np.floating], *, begin_s: float = 0.0, first: int = 0) -> list[SampleChunk]:
    """One chunk per beat with its rate and interval."""
    ends_ns = [round(end * 1e9) for end in (begin_s + np.cumsum(rr_ms) / 1000).tolist()]
    return [
        SampleChunk(
            t_ns=end_ns,
            source="band",
            kind="heart",
            sfreq_hz=0.0,
            ch_names=CHANNELS,
            first_sample=first + index,
            data=np.array([60_000 / interval, interval], "<f4").tobytes(),
            times_ns=(end_ns,),
        )
        for index, (end_ns, interval) in enumerate(zip(ends_ns, rr_ms.tolist(), strict=True))
    ]
