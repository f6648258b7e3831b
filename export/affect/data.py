"""Open recordings through the box's own feature stage: labelled frames per person.

Only `open/` below the data folder is ever opened: nothing that ships may be trained on the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.affect.reader import lay_out, values_of
from device.config import SessionConfig
from device.dsp.features import Features
from device.dsp.windows import FloatArray
from device.errors import RecordingError
from device.messages import FeatureFrame, SampleChunk
from export.affect.settings import TrainingConfig
from export.affect.wrist import label_of, read_chunks, read_labels

REST, LOAD = 0.0, 1.0
CHUNK_SAMPLES = 250


class Person(NamedTuple):
    """All frames of one person in time order; rest comes first, from which a baseline of any length is taken."""

    name: str
    values: FloatArray
    """Shape (frames, channels, features)."""
    usable: NDArray[np.bool_]
    """Shape (frames, channels)."""
    ch_names: tuple[str, ...]
    member: FloatArray
    """1 where a channel lies in a site, shape (channels, sites)."""
    label: FloatArray
    """REST, LOAD, or NaN where a window holds both."""
    t_s: FloatArray
    window_s: FloatArray
    """Shape (frames,)."""
    segment: NDArray[np.intp]
    """Number of the unbroken stretch a frame belongs to."""


def load_people(data_dir: Path, config: TrainingConfig) -> list[Person]:
    """Everybody in the open part of the config's data set.

    Raises:
        RecordingError: the folder holds no such data.
    """
    folder = data_dir / "open" / config.dataset
    people = [person for person in LOADERS[config.kind](folder, config) if person is not None]
    if not people:
        raise RecordingError(f"{folder} holds no recordings.", "Name the data folder with --data.")
    return people


def _load_eeg(folder: Path, config: TrainingConfig) -> Iterator[Person]:
    for path in sorted(folder.glob("*_rest.npz")):
        name = path.name.partition("_")[0]
        tasks = [(path, REST), (folder / f"{name}_arith.npz", LOAD)]
        frames = [frames_of(eeg_chunks(path, config.ch_names)) for path, _ in tasks]
        labels = [np.full(len(part), label) for part, (_, label) in zip(frames, tasks, strict=True)]
        yield _person(name, frames, labels, config)


def eeg_chunks(path: Path, ch_names: tuple[str, ...]) -> Iterator[SampleChunk]:
    """An npz of the data folder (eeg int16 x scale_uV, channels, fs) as the box would receive it."""
    with np.load(path, allow_pickle=False) as file:
        present = file["channels"].tolist()
        rows = file["eeg"][[present.index(name) for name in ch_names]].T * float(file["scale_uV"])
        sfreq_hz = float(file["fs"])
    return chunks_of(rows, sfreq_hz, ch_names)


def chunks_of(rows: FloatArray, sfreq_hz: float, ch_names: tuple[str, ...]) -> Iterator[SampleChunk]:
    """EEG (n, channels) in uV as the box would receive it."""
    for first in range(0, len(rows), CHUNK_SAMPLES):
        yield SampleChunk(
            t_ns=round(first / sfreq_hz * 1e9),
            source="eeg",
            kind="eeg",
            sfreq_hz=sfreq_hz,
            ch_names=ch_names,
            first_sample=first,
            data=rows[first : first + CHUNK_SAMPLES].astype("<f4").tobytes(),
        )


def _load_wrist(folder: Path, config: TrainingConfig) -> Iterator[Person | None]:
    """People without labels are None."""
    for path in sorted(folder.glob("S*.npz")):
        labels = read_labels(path)
        if labels is None:
            yield None
            continue
        frames = frames_of(read_chunks(path, config.signals, config.settling_s))
        yield _person(path.stem, [frames], [np.array([label_of(frame, labels) for frame in frames])], config)


def frames_of(chunks: Iterable[SampleChunk]) -> list[FeatureFrame]:
    stage = Features(SessionConfig(session_id="export", run_dir="", session_dir="", models_dir=""))
    return [frame for chunk in chunks for frame in stage.step(chunk, chunk.t_ns)]


def _person(name: str, segments: list[list[FeatureFrame]], labels: list[FloatArray], config: TrainingConfig) -> Person:
    frames = [frame for segment in segments for frame in segment]
    layout = lay_out(config.features, site_lists(config), frames[0].names, frames[0].ch_names)
    pairs = [values_of(frame, layout, config.quality_min) for frame in frames]
    return Person(
        name,
        np.array([values for values, _ in pairs]),
        np.array([usable for _, usable in pairs]),
        layout.names,
        layout.member,
        np.concatenate(labels),
        np.array([frame.t_ns for frame in frames]) / 1e9,
        np.array([frame.window_s for frame in frames]),
        np.repeat(np.arange(len(segments)), [len(segment) for segment in segments]),
    )


def site_lists(config: TrainingConfig) -> dict[str, list[str]]:
    return {site: list(members) for site, members in config.sites.items()}


def _eegmat(folder: Path) -> Iterator[list[Iterator[SampleChunk]]]:
    for path in sorted(folder.glob("*_rest.npz")):
        with np.load(path, allow_pickle=False) as file:
            ch_names = tuple(file["channels"].tolist())
        yield [eeg_chunks(part, ch_names) for part in (path, path.with_name(path.name.replace("rest", "arith")))]


def _muse_rounds(folder: Path) -> Iterator[list[Iterator[SampleChunk]]]:
    """One person a file; its rounds lie behind each other."""
    for path in sorted(folder.glob("U*_s1.npz")):
        with np.load(path, allow_pickle=False) as file:
            rows, ch_names = file["eeg"].T * float(file["scale_uV"]), tuple(file["channels"].tolist())
            ends, sfreq_hz = np.cumsum(file["lengths"])[:-1], float(file["fs"])
        yield [chunks_of(part, sfreq_hz, ch_names) for part in np.split(rows, ends)]


DATASETS: dict[str, Callable[[Path], Iterator[list[Iterator[SampleChunk]]]]] = {
    "eeg_eegmat": _eegmat,
    "eeg_muse_seqlearn": _muse_rounds,
}
"""EEG sets as unbroken stretches per person, without labels."""

LOADERS: dict[str, Callable[[Path, TrainingConfig], Iterator[Person | None]]] = {
    "eeg": _load_eeg,
    "wrist": _load_wrist,
}
