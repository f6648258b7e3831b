"""What the box's own estimator tells, second by second, of people whom its models have not seen.

Recordings of one person are joined without a pause, so that it meets a change of state as in a session; each person is
read by the nets of the cross-validation that did not see them (`models_onnx/NAME/folds`), people of other data sets by
the models that ship.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.config import AffectConfig
from device.errors import RecordingError
from device.reading import read_affect
from device.recordings.files import load_recording
from device.recordings.offline import OfflineSession
from device.recordings.signals import Heart, Recording, Samples
from hardware.bench.people import eegmat_people, folds_of, stress_people
from hardware.twin.artefacts import ARTEFACTS

Floats = NDArray[np.float64]
REST_S = 60.0
SWAPPED_REST_S = 40.0
"""The calibration where load comes first: the tasks last a minute."""
EIGHT = ("Fp1", "Fp2", "C3", "C4", "T5", "T6", "O1", "O2")
FOREHEAD = EIGHT[:2]
CONTACT_LOSSES = ("loose", "motion", "muscle")
CONTACT_S, LOOSE_S = 30.0, 12.0
"""Mean time for which a badly fitting headset sits, and does not: assumed, not measured."""
BEGUN_S = 10
"""The first answers after the calibration stand on little evidence and are not judged."""
NBACK_SESSIONS_MIN_S = 300.0


class Told(NamedTuple):
    """One person in one session, a value per second from its start."""

    person: str
    arousal: Floats
    """As told; NaN where nothing was known."""
    label: Floats
    """0 rest, 1 load, NaN neither."""
    rest_s: float
    """What was taken for rest."""


class Task(NamedTuple):
    """A recording to read, and how."""

    person: str
    recording: Recording
    label: Floats
    affect: AffectConfig
    rest_s: float = REST_S


def read(task: Task) -> Told:
    """Let the estimator read a recording."""
    lines = read_affect(OfflineSession([task.recording]), calibrate_s=task.rest_s, affect=task.affect)
    arousal = np.array([line.arousal if line.known else np.nan for line in lines])
    label = np.full(len(arousal), np.nan)
    n_labels = min(len(label), len(task.label))
    label[:n_labels] = task.label[:n_labels]
    return Told(task.person, arousal, label, task.rest_s)


# -- EEG: rest and mental arithmetic (Zyma et al. 2019)


def eeg_tasks(data_dir: Path, ch_names: Sequence[str], load_first: bool = False) -> Iterator[Task]:
    """Everybody with these channels; `load_first` turns the order round, so that load is taken for rest."""
    unseen = _unseen(AffectConfig().eeg_models)
    for person in eegmat_people(data_dir):
        rest, load = (_channels(load_recording(path).eeg, ch_names) for path in person.paths)
        parts = [(load, 1.0), (rest, 0.0)] if load_first else [(rest, 0.0), (load, 1.0)]
        label = np.concatenate([np.full(int(len(part.data) // part.sfreq_hz), state) for part, state in parts])
        joined = rest._replace(data=np.concatenate([part.data for part, _ in parts]))
        affect = AffectConfig(eeg_models=unseen(person.name))
        yield Task(person.name, Recording(eeg=joined), label, affect, SWAPPED_REST_S if load_first else REST_S)


def contact_tasks(data_dir: Path, seed: int) -> Iterator[Task]:
    """The forehead alone, under a headset that comes loose now and then; the first minute it sits."""
    for number, task in enumerate(eeg_tasks(data_dir, FOREHEAD)):
        eeg = task.recording.eeg
        assert eeg is not None, "it was joined of EEG"
        spoilt = _spoil(eeg, np.random.default_rng((seed, number)))
        yield task._replace(recording=Recording(eeg=spoilt))


def _channels(eeg: Samples | None, ch_names: Sequence[str]) -> Samples:
    assert eeg is not None, "every file of the set holds EEG"
    return eeg._replace(data=eeg.data[:, [eeg.ch_names.index(name) for name in ch_names]], ch_names=tuple(ch_names))


def _spoil(eeg: Samples, random: np.random.Generator) -> Samples:
    data, at_s = eeg.data.astype(np.float64), REST_S + random.exponential(CONTACT_S)
    while at_s < eeg.end_s:
        length_s = 2.0 + random.exponential(LOOSE_S - 2.0)
        part = slice(round(at_s * eeg.sfreq_hz), round((at_s + length_s) * eeg.sfreq_hz))
        spoil = ARTEFACTS[CONTACT_LOSSES[int(random.integers(len(CONTACT_LOSSES)))]]
        if len(data[part]) > eeg.sfreq_hz:
            data[part] = spoil(data[part], eeg.sfreq_hz, random)
        at_s += length_s + random.exponential(CONTACT_S)
    return eeg._replace(data=data.astype(np.float32))


# -- wristbands: stress (Iqbal et al. 2022), n-back (Fekri Azgomi et al. 2023)


def stress_tasks(data_dir: Path, stress_first: bool = False) -> Iterator[Task]:
    """Everybody with labels; `stress_first` leaves out all before the first stress."""
    unseen = _unseen(AffectConfig().wrist_models)
    for person in stress_people(data_dir):
        recording, label = load_recording(person.paths[0]), person.label
        if stress_first:
            begin = int(np.flatnonzero(label == 1)[0])
            recording, label = _later(recording, float(begin)), label[begin:]
        yield Task(person.name, recording, label, AffectConfig(wrist_models=unseen(person.name)))


def nback_tasks(data_dir: Path) -> Iterator[Task]:
    """People of another laboratory at n-back with music, against the pauses between; no model knows any of them."""
    for path in sorted((data_dir / "open" / "wrist_nback_music").glob("*.npz")):
        with np.load(path) as file:
            start = min(float(file[name]) for name in file.files if name.endswith("_t0"))
            tags = np.sort(file["tags"]) - start
        label = np.zeros(round(tags[-1]) if len(tags) else 0)
        for begin, end in zip(tags[::2], tags[1::2], strict=False):
            if end - begin > NBACK_SESSIONS_MIN_S:
                label[round(begin) : round(end)] = 1.0
        if label.any():
            yield Task(path.stem, load_recording(path), label, AffectConfig())


def _later(recording: Recording, begin_s: float) -> Recording:
    """What comes after `begin_s`."""
    wrist = {
        kind: samples._replace(
            data=samples.data[max(0, round((begin_s - samples.start_s) * samples.sfreq_hz)) :],
            start_s=max(0.0, samples.start_s - begin_s),
        )
        for kind, samples in recording.wrist.items()
    }
    heart = recording.heart
    if heart:
        late = heart.time_s >= begin_s
        heart = Heart(heart.time_s[late] - begin_s, heart.hr_bpm[late], heart.rr_ms[late])
    return recording._replace(wrist=wrist, heart=heart)


def _unseen(models: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """For a person, of each model the net that has not seen them."""
    folds = [(model, folds_of(model)) for model in models]
    return lambda person: tuple(unseen.get(person, model) for model, unseen in folds)


SOURCES: dict[str, Callable[[Path, int], Iterator[Task]]] = {
    "eeg": lambda data, _: eeg_tasks(data, EIGHT),
    "forehead": contact_tasks,
    "wrist": lambda data, _: stress_tasks(data),
    "wrist elsewhere": lambda data, _: nback_tasks(data),
    "eeg, load first": lambda data, _: eeg_tasks(data, EIGHT, load_first=True),
    "forehead, load first": lambda data, _: eeg_tasks(data, FOREHEAD, load_first=True),
    "wrist, stress first": lambda data, _: stress_tasks(data, stress_first=True),
}


def read_all(tasks: Iterator[Task], say: Callable[[str], None]) -> list[Told]:
    """Everybody who can be read; whose recording is too short for the calibration is named and left out."""
    told = []
    for task in tasks:
        try:
            told.append(read(task))
        except RecordingError as error:
            say(f"{task.person} is left out: {error.sentence}")
    return told


def judged_of(told: Told) -> tuple[Floats, Floats]:
    """Answers and labels of the seconds that have both."""
    begin = round(told.rest_s) + BEGUN_S
    said, label = told.arousal[begin:], told.label[begin:]
    judged = np.isfinite(said) & np.isfinite(label)
    return said[judged], label[judged]


def held(label: Floats) -> Floats:
    """The label, where there is none the one before it; rest before the first."""
    place = np.maximum.accumulate(np.where(np.isfinite(label), np.arange(len(label)), -1))
    return np.where(place >= 0, label[place], 0.0)
