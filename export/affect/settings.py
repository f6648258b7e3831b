"""What a training run is told: one toml per model, beside this file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from device.config import Config, load


class TrainingConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model and its protocol."""

    name: str
    version: str
    kind: Literal["eeg", "wrist"]
    dataset: Annotated[str, msgspec.Meta(pattern=r"^\w+$")]
    """Folder below open/; no other part of the data may be named."""
    purpose: str
    data_credit: str
    """Data, authors, licence, as card.md prints it."""
    limits: tuple[str, ...]
    """What the model cannot do, a sentence each."""
    run_file: Literal["model.onnx", "model.tflite"]
    """What the box runs by default."""
    ch_names: tuple[str, ...]
    montages: dict[str, tuple[str, ...]]
    """Sets of channels that are scored apart."""
    features: tuple[str, ...]
    regions: dict[str, tuple[str, ...]]
    baselines_s: tuple[float, ...]
    """Lengths of rest to score with; the first is what the box has and what the shipped model is trained with."""
    settling_s: float
    """Start of a recording that is left out: a sensor just put on."""
    train_step: int
    """Every n-th frame is trained on: neighbours overlap."""
    mean_weight_s: float
    sd_weight_s: float
    clip: float
    smoothing_s: float
    hidden: int
    dropout: float
    weight_decay: float
    learning_rate: float
    epochs: int
    keep_channel: float
    """Chance of a channel to stay, in the half of the windows whose channels are thinned."""
    folds: int
    inner_folds: int
    seed: int


def load_config(path: Path) -> TrainingConfig:
    return load(path, TrainingConfig)
