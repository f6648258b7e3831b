"""Signals the tests of this room are made of: EEG-like noise, chunks, heartbeats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from device.dsp.hrv import CHANNELS
from device.messages import SampleChunk, SignalKind

SFREQ_HZ = 250.0
EIGHT = ("Fp1", "Fp2", "C3", "C4", "P7", "P8", "O1", "O2")


def pink(seconds: float, n_channels: int = 8, seed: int = 0, sfreq_hz: float = SFREQ_HZ) -> NDArray[np.float64]:
    """EEG-like noise, shape (n, channels): 1/f with about 10 uV rms, half of it common to all channels."""
    n_samples = round(seconds * sfreq_hz)
    white = np.random.default_rng(seed).standard_normal((n_samples, n_channels + 1))
    white = white[:, 1:] + white[:, :1]
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


def wrist_chunks(
    kind: SignalKind, data: NDArray[np.floating], sfreq_hz: float, *, step_s: float = 0.5, begin_s: float = 0.0
) -> list[SampleChunk]:
    """One signal of a wristband (n,) or (n, channels), cut into chunks of `step_s`."""
    rows = np.asarray(data, "<f4").reshape(len(data), -1)
    size = max(1, round(step_s * sfreq_hz))
    return [
        SampleChunk(
            t_ns=round((begin_s + first / sfreq_hz) * 1e9),
            source="band",
            kind=kind,
            sfreq_hz=sfreq_hz,
            ch_names=tuple(f"{kind}_{index}" for index in range(rows.shape[1])),
            first_sample=first,
            data=rows[first : first + size].tobytes(),
        )
        for first in range(0, len(rows), size)
    ]


def in_time(*runs: list[SampleChunk]) -> list[SampleChunk]:
    """Chunks of several signals in the order in which they are complete."""
    return sorted((chunk for run in runs for chunk in run), key=_end_ns)


def _end_ns(chunk: SampleChunk) -> int:
    if chunk.times_ns:
        return chunk.times_ns[-1]
    return chunk.t_ns + round(len(chunk.data) / 4 / len(chunk.ch_names) * 1e9 / chunk.sfreq_hz)


def skin(seconds: float, sfreq_hz: float = 4.0) -> NDArray[np.float64]:
    """Skin conductance in uS: a rising level and one clear response every 15 s."""
    t_s = np.arange(round(seconds * sfreq_hz)) / sfreq_hz
    since_s = t_s % 15
    return 1.5 + 0.004 * t_s + 0.4 * (1 - np.exp(-since_s / 0.7)) * np.exp(-since_s / 3)


def light(rr_ms: NDArray[np.floating], sfreq_hz: float = 64.0) -> NDArray[np.float64]:
    """A pulse wave with a beat at the end of each interval: a quick rise, a slow fall and the aorta's echo."""
    ends_s = np.cumsum(rr_ms) / 1000
    since_s = np.arange(round(ends_s[-1] * sfreq_hz))[:, None] / sfreq_hz - ends_s
    waves = np.exp(-0.5 * (since_s / 0.08) ** 2) + 0.35 * np.exp(-0.5 * ((since_s - 0.28) / 0.1) ** 2)
    return 100 * waves.sum(axis=1)
