"""DREAMER: the EEG of 23 people who watched 18 film clips each and rated them.

Layout: DREAMER.mat, a struct DREAMER.Data{person} with EEG.baseline{clip} and EEG.stimuli{clip}, each (n, 14) at 128 Hz
of an Emotiv EPOC, and ScoreValence, ScoreArousal (18,) from 1 to 5. A neutral clip of 61 s comes before each film clip
as its baseline. Source: Katsigiannis & Ramzan 2018 (doi 10.1109/JBHI.2017.2688239) and the readers of EEGain and
TorchEEG, which agree. Not verified, for want of an original file: that values are uV on the headset's usual offset of
about 4200 uV. An offset changes neither band powers nor quality.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from device.dsp.windows import FloatArray
from export.affect.loaders.matlab import read_matlab
from export.affect.loaders.recording import Feed, Label, LabelledRecording, interleave, wrong_layout

SFREQ_HZ = 128.0
SCALE_TOP = 5.0
CHANNELS = ("AF3", "F7", "F3", "FC5", "T7", "P7", "O1", "O2", "P8", "T8", "FC6", "F4", "F8", "AF4")


def load(folder: Path) -> Iterator[LabelledRecording]:
    """A recording for each clip: its neutral clip, then the clip.

    Raises:
        RecordingError: the file is absent, torn or laid out otherwise.
    """
    path = folder / "DREAMER.mat"
    try:
        people = np.atleast_1d(read_matlab(path)["DREAMER"].Data)
    except (KeyError, AttributeError) as error:
        raise wrong_layout(path, "DREAMER.Data is expected") from error
    for number, person in enumerate(people, 1):
        yield from _clips(path, f"P{number:02}", person)


def _clips(path: Path, name: str, person: Any) -> Iterator[LabelledRecording]:
    try:
        parts = [np.atleast_1d(cells) for cells in (person.EEG.baseline, person.EEG.stimuli)]
        ratings = [np.atleast_1d(scores).astype(float) for scores in (person.ScoreValence, person.ScoreArousal)]
        clips = list(zip(*parts, *ratings, strict=True))
    except (AttributeError, TypeError, ValueError) as error:
        raise wrong_layout(path, f"{name} lacks EEG or scores of some clips") from error
    for number, (baseline, clip, valence, arousal) in enumerate(clips, 1):
        rest, rows = _rows(path, name, baseline), _rows(path, name, clip)
        rest_s, end_s = len(rest) / SFREQ_HZ, (len(rest) + len(rows)) / SFREQ_HZ
        yield LabelledRecording(
            person=name,
            block=f"{number:02}",
            chunks=interleave([Feed("eeg", SFREQ_HZ, CHANNELS, np.concatenate((rest, rows)))]),
            baseline_s=rest_s,
            labels=(Label(rest_s, end_s, float(valence), float(arousal), SCALE_TOP),),
        )


def _rows(path: Path, name: str, cell: Any) -> FloatArray:
    try:
        rows = np.asarray(cell, float)
    except (TypeError, ValueError) as error:
        raise wrong_layout(path, f"the EEG of {name} is no array of numbers") from error
    if rows.ndim != 2 or rows.shape[1] != len(CHANNELS):
        raise wrong_layout(path, f"the EEG of {name} has the shape {rows.shape} instead of (n, 14)")
    return rows
