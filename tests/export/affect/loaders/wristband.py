"""A WESAD archive in small: the layout of its pickles with made-up signals."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np

RATES_HZ = {"ACC": 32, "BVP": 64, "EDA": 4, "TEMP": 4}


def wesad_content(segments: list[tuple[int, float]], seed: int = 0) -> dict:
    """Signals of (label, seconds) segments; stress makes skin conductance and heart rise."""
    rng = np.random.default_rng(seed)
    label = np.concatenate([np.full(round(seconds * 700), code, np.int32) for code, seconds in segments])
    seconds = len(label) / 700
    wrist = {}
    for key, sfreq_hz in RATES_HZ.items():
        t_s = np.arange(round(seconds * sfreq_hz)) / sfreq_hz
        stress = (label[np.minimum((t_s * 700).astype(int), len(label) - 1)] == 2).astype(float)
        noise = rng.standard_normal(len(t_s))
        phase = 2 * np.pi * np.cumsum(1.1 + 0.5 * stress) / sfreq_hz
        wrist[key] = {
            "ACC": np.stack([np.round(64 * (axis + 0.01 * noise)) for axis in (0, 0, 1)], axis=1),
            "BVP": (50 * np.cos(phase) + noise)[:, None],
            "EDA": (2 + 2 * stress + 0.01 * noise)[:, None],
            "TEMP": (33 - stress + 0.01 * noise)[:, None],
        }[key]
    return {"subject": "S2", "signal": {"chest": {}, "wrist": wrist}, "label": label}


def write_wesad(folder: Path, names: list[str], segments: list[tuple[int, float]]) -> None:
    for number, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        # Protocol 2 is what Python 2 wrote.
        content = pickle.dumps(wesad_content(segments, number), protocol=2)
        (folder / name / f"{name}.pkl").write_bytes(content)
