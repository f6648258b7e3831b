"""Recordings of a made-up person: brain waves with a rhythm, a wrist that beats, and files of both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

FOUR = ("Fp1", "Fp2", "O1", "O2")
MIX = np.array([[1.0, 0.9, 0.1, 0.1], [0.9, 1.0, 0.1, 0.1], [0.1, 0.1, 1.0, 0.9], [0.1, 0.1, 0.9, 1.0]])
"""How alike the channels are: left and right nearly the same."""


def brain_uv(seconds: float, *, fs: float = 250.0, alpha_uv: float = 10.0, seed: int = 0) -> np.ndarray:
    """EEG of `FOUR` in uV, shape (4, n): noise that falls with frequency, and alpha."""
    rng = np.random.default_rng(seed)
    n = round(seconds * fs)
    spectrum = np.fft.rfft(MIX @ rng.normal(size=(4, n)), axis=1)
    spectrum *= 1 / np.sqrt(np.maximum(np.fft.rfftfreq(n, 1 / fs), 1.0))
    noise = np.fft.irfft(spectrum, n, axis=1)
    rhythm = alpha_uv * np.sin(2 * np.pi * 10 * np.arange(n) / fs)
    return np.asarray(10 * noise / noise.std() + rhythm + rng.normal(size=(4, n)), np.float32)


def write_brain(path: Path, seconds: float = 20.0, *, ch_names: tuple[str, ...] = FOUR, **more: Any) -> Path:
    fs = more.get("fs", 250.0)
    np.savez(path, eeg_uV=brain_uv(seconds, **more)[: len(ch_names)], fs=fs, channels=np.array(ch_names))
    return path


def wrist_signals(seconds: int = 90, *, t0: float = 1.6e9, seed: int = 0) -> dict[str, Any]:
    """All an E4 writes, at 75 beats a minute; its heart rate begins 10 s late."""
    rng = np.random.default_rng(seed)
    beats_s = np.cumsum(rng.normal(0.8, 0.02, round(seconds / 0.8) - 2))
    light_s = np.arange(seconds * 64) / 64
    acc = np.tile((0, 0, 64), (seconds * 32, 1)) + rng.integers(-1, 2, (seconds * 32, 3))
    return {
        "bvp": np.round(1000 * np.sin(2 * np.pi * light_s / 0.8)).astype(np.int16),
        "bvp_scale": 0.05,
        "bvp_t0": t0,
        "bvp_fs": 64.0,
        "acc": acc.astype(np.int8),
        "acc_t0": t0,
        "acc_fs": 32.0,
        "eda": (0.5 + rng.random(seconds * 4) / 100).astype(np.float32),
        "eda_t0": t0,
        "eda_fs": 4.0,
        "temp": (32 + rng.random(seconds * 4) / 100).astype(np.float32),
        "temp_t0": t0,
        "temp_fs": 4.0,
        "hr": rng.normal(75, 1, seconds - 10).astype(np.float32),
        "hr_t0": t0 + 10,
        "hr_fs": 1.0,
        "ibi_t": t0 + beats_s[1:],
        "ibi": np.diff(beats_s).astype(np.float32),
    }


def write_band(path: Path, seconds: int = 90, **changes: Any) -> Path:
    np.savez(path, **(wrist_signals(seconds) | changes))
    return path
