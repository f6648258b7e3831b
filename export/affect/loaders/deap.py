"""DEAP: the EEG of 32 people who watched 40 music videos each and rated them.

Layout: data_preprocessed_python/sNN.dat, a Python 2 pickle {data: (40 trials, 40 channels, 8064), labels: (40, 4)} at
128 Hz; the first 3 s of a trial are baseline; channels 1 to 32 are EEG in uV in the order of Geneva, the last is skin
temperature; labels are valence, arousal, dominance, liking from 1 to 9. Source: Koelstra et al. 2012 (doi
10.1109/T-AFFC.2011.15) and the readers of EEGain and TorchEEG, which agree. No original file was at hand; the set's
wrist signals are left alone, because their units (skin conductance, pulse wave) could not be verified.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from device.dsp.windows import FloatArray
from export.affect.loaders.pickles import read_pickle
from export.affect.loaders.recording import Feed, Label, LabelledRecording, interleave, paths_in, wrong_layout

SFREQ_HZ = 128.0
BASELINE_S = 3.0
SCALE_TOP = 9.0
# fmt: off
CHANNELS = (
    "Fp1", "AF3", "F3", "F7", "FC5", "FC1", "C3", "T7", "CP5", "CP1", "P3", "P7", "PO3", "O1", "Oz", "Pz",
    "Fp2", "AF4", "Fz", "F4", "F8", "FC6", "FC2", "Cz", "C4", "T8", "CP6", "CP2", "P4", "P8", "PO4", "O2",
)
# fmt: on


def load(folder: Path) -> Iterator[LabelledRecording]:
    """A recording for each trial.

    Raises:
        RecordingError: a file is absent, torn, holds code or is laid out otherwise.
    """
    for path in paths_in(folder, "s[0-9][0-9].dat"):
        data, ratings = _read(path)
        end_s = data.shape[2] / SFREQ_HZ
        for number, (trial, (valence, arousal)) in enumerate(zip(data, ratings[:, :2].tolist(), strict=True), 1):
            yield LabelledRecording(
                person=path.stem,
                block=f"{number:02}",
                chunks=interleave([Feed("eeg", SFREQ_HZ, CHANNELS, trial.T)]),
                baseline_s=BASELINE_S,
                labels=(Label(BASELINE_S, end_s, valence, arousal, SCALE_TOP),),
            )


def _read(path: Path) -> tuple[FloatArray, FloatArray]:
    """EEG (trials, channels, samples) and ratings (trials, 4)."""
    content: Any = read_pickle(path)
    try:
        data, ratings = np.asarray(content["data"], float), np.asarray(content["labels"], float)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise wrong_layout(path, "data and labels are expected") from error
    if data.ndim != 3 or data.shape[1] < len(CHANNELS) or data.shape[2] <= BASELINE_S * SFREQ_HZ:
        raise wrong_layout(path, f"data has the shape {data.shape} instead of (40, 40, 8064)")
    if ratings.shape != (len(data), 4):
        raise wrong_layout(path, f"labels has the shape {ratings.shape} instead of ({len(data)}, 4)")
    if not ((ratings[:, :2] >= 1) & (ratings[:, :2] <= SCALE_TOP)).all():
        raise wrong_layout(path, "ratings lie outside 1 to 9")
    return data[:, : len(CHANNELS)], ratings
