"""What a channel looks like at all, over several data sets: the device refuses to read what is far from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from device.affect.novelty import Familiar, Normal
from device.dsp.windows import FloatArray
from export.affect.data import DATASETS, frames_of
from export.affect.settings import TrainingConfig


def fit_normal(data_dir: Path, config: TrainingConfig) -> Normal | None:
    """Mean, whitening and reach of the features of usable channels; every person and every data set weighs the same."""
    sets = [[rows for rows in _rows(data_dir, name, config) if len(rows)] for name in config.normal_datasets]
    if not sets:
        return None
    rows = np.concatenate([person for people in sets for person in people])
    weight = np.concatenate([np.full(len(p), 1 / len(p) / len(people)) for people in sets for p in people])
    weight /= weight.sum()
    mean = weight @ rows
    covariance = (weight[:, None] * (rows - mean)).T @ (rows - mean)
    values, vectors = np.linalg.eigh(covariance)
    whitening = vectors / np.sqrt(values)
    distance = Familiar(Normal(mean.tolist(), whitening.tolist(), np.inf)).distance(rows)
    order = np.argsort(distance)
    reach = float(distance[order][np.searchsorted(np.cumsum(weight[order]), config.normal_quantile)])
    return Normal(mean.tolist(), whitening.tolist(), reach)


def _rows(data_dir: Path, dataset: str, config: TrainingConfig) -> Iterator[FloatArray]:
    """Features of one person's usable channels, shape (windows * channels, features)."""
    folder = data_dir / "open" / dataset
    for segments in DATASETS[dataset](folder):
        rows = []
        for frame in (frame for chunks in segments for frame in frames_of(chunks)):
            columns = [
                [frame.names.index(f"{name}.{feature}") for feature in config.features] for name in frame.ch_names
            ]
            usable = np.array(frame.quality) >= config.quality_min
            rows.append(np.array(frame.values)[columns][usable])
        yield np.concatenate(rows)[:: config.train_step] if rows else np.zeros((0, len(config.features)))
