"""What a training run is told: one toml per model, beside this file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from device.config import Config, load
from device.errors import ConfigError
from device.messages import SignalKind
from export.affect.protocols import PROTOCOLS

Dataset = Annotated[str, msgspec.Meta(pattern=r"^\w+$")]


class TrainingConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model and its protocol."""

    name: str
    version: str
    kind: Literal["eeg", "wrist"]
    dataset: Dataset
    """Folder below open/; no other part of the data may be named."""
    protocol: str
    """A row of `protocols.PROTOCOLS`."""
    purpose: str
    data_credit: str
    """Data, authors, licence, as card.md prints it."""
    limits: tuple[str, ...]
    """What the model cannot do, a sentence each."""
    run_file: Literal["model.onnx", "model.tflite"]
    """What the box runs by default."""
    quality_min: float = 0.5
    """The least quality of a channel that is read."""
    needs: tuple[str, ...] = ()
    """Channels without which it says nothing."""
    signals: tuple[SignalKind, ...] = ()
    """What of a wristband is fed."""
    ch_names: tuple[str, ...]
    """Channels that are read from the recordings; of a wristband the features."""
    montages: dict[str, tuple[str, ...]]
    """Sets of channels that are scored apart, the whole one first; training thins channels to these and others."""
    features: tuple[str, ...]
    """Features of each channel; empty where the sites are features by their full names."""
    sites: dict[str, tuple[str, ...]]
    changes: tuple[str, ...] = ()
    """Sites that tell a change already, which is not held against the person's own resting mean."""
    baseline_s: float
    """Rest at the start; 0: read against the people in training alone."""
    settling_s: float
    """Start of a recording that is left out: a sensor just put on."""
    evidence_s: tuple[float, ...]
    """Lengths of evidence that are calibrated; the first is one window."""
    smoothing_s: float
    train_step: int
    """Every n-th frame is trained on: neighbours overlap."""
    mean_weight_s: float
    sd_weight_s: float
    clip: float
    centres: int
    """Centres of the kernel net; 0 for a linear one."""
    width: float
    """gamma of the kernel exp(-gamma d^2)."""
    inverse_penalty: float
    """C of the logistic regression on the kernel's features."""
    mask_weight: float
    """How far apart in the kernel's space are two windows that differ in one missing site."""
    copies: int
    """Copies of every window in training; all but the first have lost channels at random."""
    normal_datasets: tuple[Dataset, ...] = ()
    """Whose channels define what a signal looks like at all."""
    normal_quantile: float = 0.999
    folds: int
    inner_folds: int
    seed: int


def load_config(path: Path) -> TrainingConfig:
    """Read one model's configuration.

    Raises:
        ConfigError: as `load`, or the protocol is no row of the table.
    """
    config = load(path, TrainingConfig)
    if config.protocol not in PROTOCOLS:
        raise ConfigError(f"{path}: there is no protocol {config.protocol!r}.", f"Name one of {', '.join(PROTOCOLS)}.")
    return config
