"""How well people are read whom the nets have not seen: recordings through the box's own code, second by second.

For people of the open part each net of the cross-validation (`models_onnx/NAME/folds`) reads those it was not trained
on; for all others the model that ships does.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from device.config import AffectConfig
from device.files.models import MODELS_DIR
from device.reading import open_recordings, read_affect
from export.affect.scores import Scored, balanced_accuracy, calibration_error, interval, selective_accuracy
from hardware.bench.figures import Figure

FloatArray = NDArray[np.float64]


class Protocol(NamedTuple):
    """What is asked of one kind of recording."""

    name: str
    calibrate_s: float
    window_s: float
    source: str
    ch_names: tuple[str, ...] = ()


class Person(NamedTuple):
    """One person's recordings in order, and what each second was: 0 rest, 1 load, NaN neither or unknown."""

    name: str
    paths: tuple[Path, ...]
    label: FloatArray


class Told(NamedTuple):
    """P(load) at the seconds whose whole window is of one label; NaN where the box said that it does not know."""

    name: str
    probability: FloatArray
    label: FloatArray

    @property
    def known(self) -> Scored:
        known = np.isfinite(self.probability)
        return Scored(self.name, self.probability[known], self.label[known])


def folds_of(model: str) -> dict[str, str]:
    """Person -> the net, as a model name, that has not seen them."""
    unseen: dict[str, str] = {}
    for folder in sorted((MODELS_DIR / model / "folds").glob("*")):
        card = tomllib.loads((folder / "card.toml").read_text("utf-8"))
        unseen |= dict.fromkeys(card["unseen"], f"{model}/folds/{folder.name}")
    return unseen


def read_person(person: Person, protocol: Protocol, affect: AffectConfig) -> Told:
    """The judge takes only lines after the calibration whose window holds one label."""
    session = open_recordings(person.paths, sources=(protocol.source,), ch_names=protocol.ch_names)
    lines = list(read_affect(session, calibrate_s=protocol.calibrate_s, window_s=protocol.window_s, affect=affect))
    probability = np.array([(1 + line.arousal) / 2 if line.known else np.nan for line in lines])
    label = pure_labels(person.label[: len(lines)], round(protocol.window_s))
    label[: round(protocol.calibrate_s + protocol.window_s)] = np.nan
    judged = np.isfinite(label)
    return Told(person.name, probability[: len(label)][judged], label[judged])


def pure_labels(label: FloatArray, window_s: int) -> FloatArray:
    """Label of the window that ends with each second, NaN where it is mixed."""
    padded = np.concatenate((np.full(window_s - 1, np.nan), label))
    windows = np.lib.stride_tricks.sliding_window_view(padded, window_s)
    return np.where((windows == windows[:, :1]).all(axis=1), windows[:, -1], np.nan)


def judge(told: Sequence[Told], protocol: Protocol, asked: dict[str, float]) -> list[Figure]:
    """Accuracy, worst person, honesty and how often nothing was said, each beside what is asked."""
    scored = [item.known for item in told if len(item.known.value)]
    people = {item.name: balanced_accuracy(item.value - 0.5, item.label) for item in scored}
    values = np.array(list(people.values()))
    low, high = interval(values, 0)
    silent = float(np.mean(np.concatenate([np.isnan(item.probability) for item in told])))
    gain = 100 * (selective_accuracy(scored, 0.8) - selective_accuracy(scored, 1.0))
    figures = {
        "accuracy": Figure(
            protocol.name,
            float(np.nanmean(values)),
            asked.get("accuracy", 0.5),
            note=f"{len(values)} people, 95 % {low:.2f}-{high:.2f}",
            people=people,
        ),
        "worst": Figure(f"{protocol.name}: worst person", float(np.nanmin(values)), asked.get("worst", 0.5)),
        "error": Figure(f"{protocol.name}: calibration error", calibration_error(scored), 0.05, "at most"),
        "gain": Figure(f"{protocol.name}: surest 80 % better by", gain, 5.0, unit="points"),
        "silent": Figure(f"{protocol.name}: says nothing on clean signals", 100 * silent, 3.0, "at most", "%"),
    }
    wanted = ("accuracy", "error", "gain", "silent", *(("worst",) if "worst" in asked else ()))
    return [figures[name] for name in wanted]


def eegmat_people(data_dir: Path) -> list[Person]:
    """Rest and then serial subtraction (Zyma et al. 2019)."""
    folder = data_dir / "open" / "eeg_eegmat"
    people = []
    for rest in sorted(folder.glob("*_rest.npz")):
        paths = (rest, rest.with_name(rest.name.replace("rest", "arith")))
        seconds = [_eeg_seconds(path) for path in paths]
        label = np.concatenate([np.full(n, float(index)) for index, n in enumerate(seconds)])
        people.append(Person(rest.name.partition("_")[0], paths, label))
    return people


def _eeg_seconds(path: Path) -> int:
    with np.load(path) as file:
        signal = file["eeg"] if "eeg" in file else file["eeg_uV"]
        return int(signal.shape[1] // float(file["fs"]))


def stress_people(data_dir: Path) -> list[Person]:
    """Stroop, interview and hyperventilation among rest (Iqbal et al. 2022); whoever has no labels is left out."""
    people = []
    for path in sorted((data_dir / "open" / "wrist_stress_predict").glob("S*.npz")):
        with np.load(path) as file:
            if not len(file["label"]):
                continue
            starts = [float(file[name]) for name in file.files if name.endswith("_t0")]
            second = np.round(file["label_t"] - min(starts)).astype(int)
            label = np.full(second.max() + 1, np.nan)
            label[second[second >= 0]] = file["label"][second >= 0]
        people.append(Person(path.stem, (path,), label))
    return people


def eyes_people(data_dir: Path) -> list[Person]:
    """Eyes closed and then open at Fp1 and Fp2 (Innopolis); for measuring only, nothing is trained on it."""
    folder = data_dir / "restricted" / "eeg_openbci_innopolis"
    people = []
    for name in sorted({path.name.partition("_")[0] for path in folder.glob("S*_eyes_*.npz")}):
        closed, opened = (sorted(folder.glob(f"{name}_*_eyes_{state}_*.npz")) for state in ("closed", "open"))
        if closed and opened:
            parts = [np.full(_eeg_seconds(path), float(path in opened)) for path in (*closed, *opened)]
            people.append(Person(name, (*closed, *opened), np.concatenate(parts)))
    return people


def bench_people(
    people: Sequence[Person],
    protocol: Protocol,
    model: str,
    asked: dict[str, float],
    progress: Callable[[str], None],
) -> list[Figure]:
    """Read everybody with a net that has not seen them."""
    unseen, told = folds_of(model), []
    for person in people:
        progress(f"{protocol.name}: {person.name}")
        name = unseen.get(person.name, model)
        affect = AffectConfig(eeg_models=(name,)) if protocol.source == "eeg" else AffectConfig(wrist_models=(name,))
        told.append(read_person(person, protocol, msgspec.structs.replace(affect, rest_probability=1.0)))
    return judge(told, protocol, asked)
