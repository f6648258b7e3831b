"""Reads one set of signals with its model: own baseline, channels pooled by site, a small kernel net, a log-odds.

Pooling by site is what makes one model serve any montage: a site is the mean of whatever usable electrodes lie in
it, a site without one is 0 and says so in its mask. A wristband's sites are single features.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from device.affect.baseline import Population
from device.affect.novelty import Familiar, Normal
from device.affect.runtimes import FloatRows, open_runtime
from device.dsp.windows import FloatArray
from device.errors import ModelError
from device.files.models import MEND, ModelFolder
from device.messages import FeatureFrame

KNOWN_ZERO_S = 1e9
"""Weight in seconds of a zero that is known: no listener's own rest counts against it."""


class Calibration(msgspec.Struct, frozen=True):
    """Maps a mean net output x over `evidence_s` to P = floor + (ceiling - floor) * sigmoid(slope * x + shift).

    Floor and ceiling are apart because the errors are: a listener whose load looks like rest is common, one whose rest
    looks like load is rare. They hold what no amount of evidence from one listener can tell.
    """

    evidence_s: float
    slope: float
    shift: float
    floor: float
    ceiling: float


class MontageCalibration(msgspec.Struct, frozen=True):
    """Calibrations, for rising lengths of evidence, of windows in which just these sites were usable."""

    sites: list[str]
    curves: list[Calibration]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What card.toml tells the runtime under `[settings]`."""

    kind: str
    """Kind of the frames it reads: `eeg` or `wrist`."""
    file: str
    """The file that is run by default."""
    needs: list[str] = []
    """Channels without which it says nothing; none: any channel will do."""
    quality_min: float = 0.5
    """Least quality of a channel that is read. A wristband's features are unknown anyway where they cannot be right."""
    needs_rest: bool = True
    """Whether it reads against the listener's own rest; else against the people in training alone."""
    features: list[str]
    """Features of each channel; empty: the sites are features themselves, by their full names."""
    sites: dict[str, list[str]]
    """Site -> channels that lie in it, by all their names; a midline channel lies in two."""
    changes: list[str] = []
    """Sites that tell a change already: zero is the people in training's, only the spread is the listener's own. The
    minutes after a band was put on, in which rest is taken, are the steepest of all."""
    population_mean: list[list[float]]
    """Resting mean in training, shape (sites, features)."""
    population_sd: list[list[float]]
    mean_weight_s: float
    sd_weight_s: float
    clip: float
    """Greatest |z| that the net has seen."""
    smoothing_s: float
    """Time constant of the evidence."""
    calibration: list[MontageCalibration]
    """Fewer electrodes say less: the montage nearest to the sites at hand is believed."""
    normal: Normal | None = None
    """What a channel's features look like at all; beyond it nothing is read."""


class Layout(NamedTuple):
    """The places of a frame's channels and features in the model's input."""

    names: tuple[str, ...]
    """Names of the channels that are read."""
    columns: NDArray[np.intp]
    """Index into a frame's values, shape (channels, features)."""
    channels: NDArray[np.intp]
    """Index into a frame's quality, shape (channels,)."""
    member: FloatArray
    """1 where a channel lies in a site, shape (channels, sites)."""


class Reading(NamedTuple):
    output: float
    """Output of the net, above 0 for load or stress; NaN where nothing was usable."""
    present: NDArray[np.bool_]
    """Which sites it rests on, shape (sites,)."""


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
        self.name = name
        self._runtime = open_runtime(folder.path(self.settings.file))
        try:
            self._montages = [np.isin(list(self.settings.sites), item.sites) for item in self.settings.calibration]
            self._familiar = Familiar(self.settings.normal) if self.settings.normal else None
            self._try()
        except Exception as error:  # the runtimes' errors have no common base
            raise ModelError(f"Model {name}: its settings and its net do not fit: {error}.", MEND) from error

    def _try(self) -> None:
        """Read once what nobody felt: what does not fit together shows now, and not in a session."""
        features, sites = self.settings.features, self.settings.sites
        ch_names = [names[0] for names in sites.values()] if features else [site.rpartition(".")[0] for site in sites]
        names = [f"{name}.{feature}" for name in ch_names for feature in features] if features else list(sites)
        layout = self.layout(names, ch_names)
        z, usable = np.zeros((len(layout.names), len(features) or 1)), np.ones(len(layout.names), bool)
        self.find_strange(z, usable)
        reading = self.read(z, usable, layout)
        odds = self.log_odds(reading.output, self.settings.smoothing_s, reading.present)
        if not math.isfinite(odds) or self.population(layout).mean.shape != z.shape:
            raise ValueError("it reads no number")

    def layout(self, names: Sequence[str], ch_names: Sequence[str]) -> Layout:
        """The channels of a source that have a place in the model; there may be none."""
        return lay_out(self.settings.features, self.settings.sites, names, ch_names)

    def population(self, layout: Layout) -> Population:
        """Rest of the people in training at these channels."""
        settings = self.settings
        mean, sd = (at_channels(np.array(rows), layout) for rows in (settings.population_mean, settings.population_sd))
        weight_s = mean_weights(settings.sites, settings.changes, settings.mean_weight_s)
        return Population(mean, sd, at_channels(weight_s, layout), settings.sd_weight_s)

    def find_strange(self, values: FloatArray, usable: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which usable channels show nothing the model can know, shape (channels,)."""
        strange = usable & (self._familiar.is_strange(values) if self._familiar else False)
        return np.asarray(strange)

    def read(self, z: FloatArray, usable: NDArray[np.bool_], layout: Layout) -> Reading:
        """The net's word on z-scores (channels, features) of the usable channels."""
        present = usable @ layout.member > 0
        if not present.any():
            return Reading(math.nan, present)
        row = pool(z[None], usable[None], layout.member, self.settings.clip)
        return Reading(float(self._runtime.run(row)[0, 0]), present)

    def log_odds(self, mean: float, evidence_s: float, present: NDArray[np.bool_]) -> float:
        """What a mean net output over so many seconds from these sites is worth as log-odds of load or stress."""
        montage = int(np.argmax([_likeness(present, sites) for sites in self._montages]))
        curve = calibration_at(self.settings.calibration[montage].curves, evidence_s)
        probability = probability_of(np.array([mean]), curve)[0]
        return math.log(probability / (1 - probability))


def open_readers(models_dir: Path, names: Sequence[str], *, is_rested: bool) -> list[Reader]:
    """The models that fit a session in which the listener rests at the start, or does not.

    Raises:
        ModelError: a model cannot be used.
    """
    readers = [Reader(models_dir, name) for name in names]
    return [reader for reader in readers if reader.settings.needs_rest == is_rested]


def _likeness(present: NDArray[np.bool_], sites: NDArray[np.bool_]) -> float:
    """Sites that two montages share, of all that either has (Jaccard)."""
    return float((present & sites).sum() / max(1, int((present | sites).sum())))


def calibration_at(calibrations: Sequence[Calibration], evidence_s: float) -> Calibration:
    """The calibration for a length of evidence: straight lines between the known ones, on a logarithmic axis."""
    known = np.log([item.evidence_s for item in calibrations])
    at = math.log(max(evidence_s, 1e-3))
    fields = ([getattr(item, name) for item in calibrations] for name in ("slope", "shift", "floor", "ceiling"))
    return Calibration(evidence_s, *(float(np.interp(at, known, field)) for field in fields))


def probability_of(mean: FloatArray, by: Calibration) -> FloatArray:
    """P(load or stress) of mean net outputs."""
    certainty = 0.5 * (1 + np.tanh((by.slope * mean + by.shift) / 2))
    probability: FloatArray = by.floor + (by.ceiling - by.floor) * certainty
    return probability


def lay_out(
    features: Sequence[str], sites: dict[str, list[str]], names: Sequence[str], ch_names: Sequence[str]
) -> Layout:
    """Find each channel's sites (names compare without case) and each feature's column."""
    position = {name: index for index, name in enumerate(names)}
    if not features:
        found = [site for site in sites if site in position and site.rpartition(".")[0] in ch_names]
        return Layout(
            tuple(found),
            np.array([[position[site]] for site in found], np.intp).reshape(len(found), 1),
            np.array([ch_names.index(site.rpartition(".")[0]) for site in found], np.intp),
            np.array([[site == name for name in sites] for site in found], float).reshape(len(found), len(sites)),
        )
    members = [{name.upper() for name in site} for site in sites.values()]
    placed = [index for index, name in enumerate(ch_names) if any(name.upper() in site for site in members)]
    columns = [[position[f"{ch_names[index]}.{feature}"] for feature in features] for index in placed]
    inside = [[ch_names[index].upper() in site for site in members] for index in placed]
    return Layout(
        tuple(ch_names[index] for index in placed),
        np.array(columns, np.intp).reshape(len(placed), len(features)),
        np.array(placed, np.intp),
        np.array(inside, float).reshape(len(placed), len(sites)),
    )


def mean_weights(sites: Iterable[str], changes: Sequence[str], mean_weight_s: float) -> FloatArray:
    """How many seconds the resting mean of the people in training is worth, shape (sites, 1)."""
    return np.array([[KNOWN_ZERO_S if site in changes else mean_weight_s] for site in sites])


def at_channels(rows: FloatArray, layout: Layout) -> FloatArray:
    """What is known per site, shape (sites, features), at the channels: the mean over each one's sites."""
    weight = layout.member / layout.member.sum(axis=1, keepdims=True)
    return np.asarray(weight @ rows)


def pool(z: FloatArray, usable: NDArray[np.bool_], member: FloatArray, clip: float) -> FloatRows:
    """Model input, shape (n, sites * features + sites): the mean of each site's usable channels, and its mask.

    `z` has shape (n, channels, features), `usable` (n, channels), `member` (channels, sites). A feature that is not
    known counts as resting.
    """
    weight = usable[:, :, None] * member
    count = weight.sum(axis=1)
    bounded = np.clip(np.nan_to_num(z, nan=0.0), -clip, clip)
    mean = np.einsum("ncs,ncf->nsf", weight, bounded) / np.maximum(count, 1.0)[..., None]
    return np.concatenate((mean.reshape(len(z), -1), count > 0), axis=1).astype(np.float32)


def values_of(frame: FeatureFrame, layout: Layout, quality_min: float) -> tuple[FloatArray, NDArray[np.bool_]]:
    """A frame's features (channels, features) and which channels are usable."""
    values = np.array(frame.values)[layout.columns]
    usable = np.array(frame.quality)[layout.channels] >= quality_min
    return values, usable & np.isfinite(values).any(axis=1)
