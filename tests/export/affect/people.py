"""Recordings in the layout of the data folder, made up, and people made from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from export.affect.data import Person, load_people
from export.affect.settings import TrainingConfig, load_config

CONFIGS = Path(__file__).resolve().parents[3] / "export" / "affect"
CHANNELS = ["Fp1", "Fp2", "C3", "C4", "T5", "T6", "O1", "O2", "Fz", "Pz"]
FS = 250


def config(kind: str) -> TrainingConfig:
    return load_config(CONFIGS / f"{kind}.toml")


def head(rng: np.random.Generator, n_samples: int) -> np.ndarray:
    """Noise with the spectrum of EEG, half of it common to all channels, of unit variance: (channels, samples)."""
    white = rng.standard_normal((len(CHANNELS) + 1, n_samples))
    hz = np.fft.rfftfreq(n_samples, 1 / FS)
    coloured = np.fft.irfft(np.fft.rfft(white[1:] + white[0]) / np.maximum(hz, 1), n=n_samples)
    return coloured / coloured.std()


def write_eeg(data_dir: Path, n_people: int = 3, rest_s: float = 80, load_s: float = 30) -> None:
    folder = data_dir / "open" / "eeg_eegmat"
    folder.mkdir(parents=True)
    for person in range(n_people):
        rng = np.random.default_rng(person)
        for name, seconds in (("rest", rest_s), ("arith", load_s)):
            eeg = (500 * head(rng, round(seconds * FS))).astype(np.int16)
            np.savez(folder / f"S{person:02}_{name}.npz", eeg=eeg, scale_uV=0.02, fs=FS, channels=CHANNELS)


def write_heart(data_dir: Path, n_people: int = 2, seconds: int = 900) -> None:
    """Stress from the tenth minute on; the last person has no labels."""
    folder = data_dir / "open" / "wrist_stress_predict"
    folder.mkdir(parents=True)
    for person in range(n_people + 1):
        label = (np.arange(seconds) >= 600).astype(np.int8)[: seconds if person < n_people else 0]
        hr = (70 + 12 * (np.arange(seconds) >= 600) + np.random.default_rng(person).standard_normal(seconds)).astype(
            "<f4"
        )
        np.savez(
            folder / f"S{person:02}.npz",
            hr=hr,
            hr_t0=1000.0,
            hr_fs=1.0,
            ibi=np.full(50, 0.8, "<f4"),
            ibi_t=1300 + 0.8 * np.arange(50),
            label=label,
            label_t=1000 + np.arange(len(label)),
        )


def people(data_dir: Path, kind: str) -> list[Person]:
    return load_people(data_dir, config(kind))
