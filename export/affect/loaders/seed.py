"""SEED: the EEG of 15 people who watched 15 film clips each, on three days.

Layout: Preprocessed_EEG/<person>_<date>.mat with arrays <initials>_eeg1 to _eeg15, (62, n) at 200 Hz, and label.mat
with `label`: -1 negative, 0 neutral, 1 positive, the same for all. Channels follow the set's channel-order.xlsx.
Source: Zheng & Lu 2015 (doi 10.1109/TAMD.2015.2431497) and the readers of EEGain, TorchEEG and LibEER, which agree.
Not verified, for want of an original file: that values are uV. There is no rest: `baseline_s` is 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from device.dsp.windows import FloatArray
from export.affect.loaders.matlab import read_matlab
from export.affect.loaders.recording import Feed, Label, LabelledRecording, interleave, paths_in, wrong_layout

SFREQ_HZ = 200.0
NAMES = {-1: "negative", 0: "neutral", 1: "positive"}
# fmt: off
CHANNELS = (
    "Fp1", "Fpz", "Fp2", "AF3", "AF4", "F7", "F5", "F3", "F1", "Fz", "F2", "F4", "F6", "F8",
    "FT7", "FC5", "FC3", "FC1", "FCz", "FC2", "FC4", "FC6", "FT8", "T7", "C5", "C3", "C1", "Cz",
    "C2", "C4", "C6", "T8", "TP7", "CP5", "CP3", "CP1", "CPz", "CP2", "CP4", "CP6", "TP8", "P7",
    "P5", "P3", "P1", "Pz", "P2", "P4", "P6", "P8", "PO7", "PO5", "PO3", "POz", "PO4", "PO6",
    "PO8", "CB1", "O1", "Oz", "O2", "CB2",
)
# fmt: on


def load(folder: Path) -> Iterator[LabelledRecording]:
    """A recording for each clip of each day.

    Raises:
        RecordingError: a file is absent, torn or laid out otherwise.
    """
    labels = _labels(folder / "label.mat")
    for path in paths_in(folder, "[0-9]*_*.mat"):
        person, _, day = path.stem.partition("_")
        clips = _clips(path)
        for number, name in enumerate(labels, 1):
            rows = _rows(path, number, clips.get(number))
            yield LabelledRecording(
                person=f"P{int(person):02}",
                block=f"{day}-{number:02}",
                chunks=interleave([Feed("eeg", SFREQ_HZ, CHANNELS, rows.T)]),
                baseline_s=0.0,
                labels=(Label(0.0, rows.shape[1] / SFREQ_HZ, name=name),),
            )


def _labels(path: Path) -> list[str]:
    try:
        return [NAMES[int(value)] for value in np.atleast_1d(read_matlab(path)["label"])]
    except (KeyError, TypeError, ValueError) as error:
        raise wrong_layout(path, "label of -1, 0 and 1 is expected") from error


def _clips(path: Path) -> dict[int, Any]:
    """Arrays by the number of their clip: the letters before it are the person's initials and differ by file."""
    found = {re.fullmatch(r"\w+_eeg(\d+)", key): value for key, value in read_matlab(path).items()}
    return {int(match[1]): value for match, value in found.items() if match}


def _rows(path: Path, number: int, clip: Any) -> FloatArray:
    """Shape (channels, n)."""
    if not isinstance(clip, np.ndarray) or clip.ndim != 2 or len(clip) != len(CHANNELS) or clip.dtype.kind not in "fiu":
        raise wrong_layout(path, f"clip {number} is no array of (62, n)")
    return clip.astype(float)
