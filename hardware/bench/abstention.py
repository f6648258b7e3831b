"""Does it say that it does not know? Clean rest first, then a signal from which nothing can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.reading import read_affect
from device.recordings.files import load_recording
from device.recordings.offline import OfflineSession
from device.recordings.signals import Recording, Samples
from hardware.bench.figures import Figure
from hardware.twin.artefacts import ARTEFACTS
from hardware.twin.brain import MONTAGE, SFREQ_HZ, Brain
from hardware.twin.mood import Mood
from hardware.twin.profiles import PROFILES

REST_S, SPOILT_S, WINDOW_S = 70, 40, 4
"""The lines at the seam, whose window holds both, are not judged."""
CLEAN_MAX, SPOILT_MIN = 3.0, 98.0

FloatArray = NDArray[np.float64]


def clean_heads(data_dir: Path | None, count: int) -> Iterator[FloatArray]:
    """Clean EEG (n, 8) in uV: recorded where the data are at hand, else of the virtual patient."""
    paths = sorted((data_dir / "open" / "eeg_eegmat").glob("*_rest.npz"))[:count] if data_dir else []
    for path in paths:
        eeg = load_recording(path).eeg
        assert eeg is not None, "every file of the set holds EEG"
        chosen = [eeg.ch_names.index(name) for name in MONTAGE]
        yield eeg.data[: (REST_S + SPOILT_S) * SFREQ_HZ, chosen].astype(np.float64)
    for seed in range(0 if paths else count):
        profile = PROFILES["guest"]
        yield Brain(seed, profile, Mood(seed, profile)).samples(0, (REST_S + SPOILT_S) * SFREQ_HZ)


def share_silent(eeg: FloatArray) -> float:
    """Share of the seconds after the seam at which nothing was said."""
    samples = Samples(eeg.astype(np.float32), float(SFREQ_HZ), MONTAGE)
    lines = list(read_affect(OfflineSession([Recording(eeg=samples)]), calibrate_s=60.0, window_s=float(WINDOW_S)))
    return float(np.mean([not line.known for line in lines[REST_S + WINDOW_S + 1 :]]))


def bench_abstention(data_dir: Path | None, count: int, progress: Callable[[str], None]) -> list[Figure]:
    """Clean signals and every artefact on several heads."""
    heads = list(clean_heads(data_dir, count))
    progress("abstention: clean")
    clean = [share_silent(eeg) for eeg in heads]
    figures = [Figure("says nothing: clean EEG", 100 * float(np.mean(clean)), CLEAN_MAX, "at most", "%")]
    for name in ARTEFACTS:
        progress(f"abstention: {name}")
        silent = 100 * float(np.mean(_spoilt(heads, name)))
        figures.append(Figure(f"says nothing: {name}", silent, SPOILT_MIN, unit="%"))
    return figures


def _spoilt(heads: Sequence[FloatArray], name: str) -> list[float]:
    shares = []
    for number, eeg in enumerate(heads):
        rng = np.random.default_rng((number, len(name)))
        seam = REST_S * SFREQ_HZ
        spoilt = ARTEFACTS[name](eeg[seam:], float(SFREQ_HZ), rng)
        shares.append(share_silent(np.concatenate((eeg[:seam], spoilt))))
    return shares
