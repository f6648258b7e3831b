"""Reads one kind of features with its model: own baseline, channels pooled by region, a small net, a logit.

Pooling by region is what makes one model serve any montage: a region is the mean of whatever usable electrodes lie in
it, a region without one is 0 and says so in its mask.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from device.affect.baseline import Baseline, Population
from device.affect.runtimes import FloatRows, open_runtime
from device.dsp.windows import FloatArray
from device.errors import ModelError
from device.messages import FeatureFrame
from device.models import ModelFolder

USABLE_QUALITY = 0.5


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What card.toml tells the runtime under `[settings]`."""

    kind: str
    """Of the frames it reads: `eeg` or `heart`."""
    file: str
    """The file that is run by default."""
    features: list[str]
    regions: dict[str, list[str]]
    """Region -> channels that lie in it, by all their names."""
    population_mean: list[list[float]]
    """Resting mean in training, shape (regions, features)."""
    population_sd: list[list[float]]
    mean_weight_s: float
    sd_weight_s: float
    clip: float
    """Greatest |z| that the net has seen."""
    temperature: float
    """Divides the smoothed logit so that it is a calibrated log-odds."""
    smoothing_s: float
    """Time constant of the evidence the temperature was fitted for."""


class Layout(NamedTuple):
    """Where a frame's channels and features stand in the model's input."""

    columns: NDArray[np.intp]
    """Index into a frame's values, shape (channels, features)."""
    channels: NDArray[np.intp]
    """Index into a frame's quality, shape (channels,)."""
    regions: NDArray[np.intp]
    """Region of each channel."""


class Reader:
    """A model and how to feed it; holds nothing about a listener.

    Raises:
        ModelError: the folder, its card or its file cannot be used.
    """

    def __init__(self, models_dir: Path, name: str) -> None:
        folder = ModelFolder(models_dir, name)
        try:
            self.settings = msgspec.convert(folder.card.settings, Settings)
        except msgspec.ValidationError as error:
            raise ModelError(f"Model {name}: its settings cannot be used: {error}.", "Reinstall the models.") from error
        self._runtime = open_runtime(folder.path(self.settings.file))

    def layout(self, names: Sequence[str], ch_names: Sequence[str]) -> Layout:
        """Channels of a source that have a place in the model; may be none."""
        return lay_out(self.settings.features, self.settings.regions, names, ch_names)

    def baseline(self, layout: Layout, wanted_s: float) -> Baseline:
        mean, sd = np.array(self.settings.population_mean), np.array(self.settings.population_sd)
        weights = self.settings.mean_weight_s, self.settings.sd_weight_s
        return Baseline(Population(mean[layout.regions], sd[layout.regions], *weights), wanted_s)

    def logit(self, z: FloatArray, usable: NDArray[np.bool_], layout: Layout) -> float:
        """Raw logit of load or stress from the z-scores (channels, features) of the usable channels."""
        row = pool(z[None], usable[None], layout.regions, len(self.settings.regions), self.settings.clip)
        return float(self._runtime.run(row)[0, 0])


def lay_out(
    features: Sequence[str], regions: dict[str, list[str]], names: Sequence[str], ch_names: Sequence[str]
) -> Layout:
    """Find each channel's region (names compare without case) and each feature's column."""
    region_of = {name.upper(): index for index, members in enumerate(regions.values()) for name in members}
    position = {name: index for index, name in enumerate(names)}
    placed = [index for index, channel in enumerate(ch_names) if channel.upper() in region_of]
    columns = [[position[f"{ch_names[index]}.{feature}"] for feature in features] for index in placed]
    return Layout(
        np.array(columns, np.intp).reshape(len(placed), len(features)),
        np.array(placed, np.intp),
        np.array([region_of[ch_names[index].upper()] for index in placed], np.intp),
    )


def pool(z: FloatArray, usable: NDArray[np.bool_], regions: NDArray[np.intp], n_regions: int, clip: float) -> FloatRows:
    """Model input, shape (n, regions * features + regions): the mean of each region's usable channels, and its mask.

    `z` has shape (n, channels, features), `usable` (n, channels). A feature that is not known counts as resting.
    """
    member = (regions[:, None] == np.arange(n_regions)).astype(np.float64)
    weight = usable[:, :, None] * member
    count = weight.sum(axis=1)
    bounded = np.clip(np.nan_to_num(z, nan=0.0), -clip, clip)
    mean = np.einsum("ncr,ncf->nrf", weight, bounded) / np.maximum(count, 1.0)[..., None]
    return np.concatenate((mean.reshape(len(z), -1), count > 0), axis=1).astype(np.float32)


def values_of(frame: FeatureFrame, layout: Layout) -> tuple[FloatArray, NDArray[np.bool_]]:
    """A frame's features (channels, features) and which channels are usable."""
    values = np.array(frame.values)[layout.columns]
    usable = np.array(frame.quality)[layout.channels] >= USABLE_QUALITY
    return values, usable & np.isfinite(values).any(axis=1)
