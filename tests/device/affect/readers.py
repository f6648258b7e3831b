"""Readers without a model's file: what they think of a z-score is plain, so a test knows what must come out."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from device.affect.reader import Calibration, MontageCalibration, Reader, Settings
from device.affect.runtimes import FloatRows

HEART = "made-up-heart"
RESTING_BPM, RESTING_SD_BPM = 70.0, 8.0


class Above:
    """A net that says how far the first number lies above a threshold."""

    backend = "made up"

    def run(self, row: FloatRows) -> FloatRows:
        return row[:, :1] - 1.5


class HeartReader(Reader):
    """Reads load from a mean heart rate more than 1.5 of the listener's own resting deviations above rest."""

    def __init__(self, name: str = HEART) -> None:
        site = "hr_bpm.mean"
        curve = Calibration(evidence_s=60.0, slope=1.0, shift=0.0, floor=0.02, ceiling=0.98)
        self.name = name
        self.settings = Settings(
            kind="wrist",
            file="",
            features=[],
            sites={site: []},
            population_mean=[[RESTING_BPM]],
            population_sd=[[RESTING_SD_BPM]],
            mean_weight_s=2.0,
            sd_weight_s=20.0,
            clip=5.0,
            smoothing_s=10.0,
            calibration=[MontageCalibration(sites=[site], curves=[curve])],
        )
        self._runtime = Above()
        self._montages = [np.array([True])]
        self._familiar = None


def open_reader(models_dir: Path, name: str) -> Reader:
    """The made-up one by its name, any other from its folder."""
    return HeartReader() if name == HEART else Reader(models_dir, name)
