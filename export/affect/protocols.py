"""Splits with a name: who is tested, on what windows, against which labels; so that tables of different hands line up.

A score without these says nothing: on one data set they alone move the same net from 0.57 to 0.69.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from export.affect.loaders.recording import Label

Axis = Literal["arousal", "valence"]
FOLDS = 9
TRIAL_FOLDS = 10
SHARE = 0.2
"""The share of people whom LibEER tests, and again of those by whom it chooses a model."""
EEGAIN_LOW = {9.0: 4.5, 5.0: 3.0}
"""Top of a scale -> highest rating that is low."""
REST_OR_LOAD = {"baseline": 0, "stress": 1, "negative": 0, "positive": 1}
FILM_CLASSES = {"negative": 0, "neutral": 1, "positive": 2}


class Split(NamedTuple):
    """Names of people or of recordings; what is in neither takes no part."""

    train: tuple[str, ...]
    test: tuple[str, ...]


class Protocol(NamedTuple):
    """How a score comes about; the box's own windows are 4 s of EEG and 60 s of a wristband."""

    id: str
    title: str
    window_s: float | None
    """None: whatever the box reads."""
    hop_s: float
    label_of: Callable[[Label, Axis], int | None]
    """Class from 0 on, or None where a label takes no part."""
    folds: Callable[[Sequence[str], int], list[Split]]
    """(names, seed) -> folds."""
    seed: int
    source: str
    verified: str
    """What of the source was looked up, and what was not."""
    apart: Literal["person", "recording"] = "person"
    """What the names of a fold are: people, or recordings as `person/block` where people are known."""


def split(n_people: int, n_folds: int, seed: int) -> list[NDArray[np.intp]]:
    """Indices of the people left out in each fold: disjoint, and together everybody."""
    return np.array_split(np.random.default_rng(seed).permutation(n_people), n_folds)


def person_folds(names: Sequence[str], seed: int) -> list[Split]:
    """Nine folds of people, or as many as there are people."""
    parts = split(len(names), min(FOLDS, len(names)), seed)
    return [_leave_out(names, [names[index] for index in part.tolist()]) for part in parts]


def each_person(names: Sequence[str], seed: int) -> list[Split]:
    del seed  # nothing is drawn
    return [_leave_out(names, [name]) for name in names]


def train_validate_test(names: Sequence[str], seed: int) -> list[Split]:
    """One draw as LibEER makes it; who is there to choose a model by takes no part, since nothing is chosen here."""
    order = list(range(len(names)))
    random.Random(seed).shuffle(order)
    share = int(SHARE * len(names))
    tested, trained = order[: max(1, share)], order[max(1, share) + share :]
    return [Split(tuple(names[index] for index in trained), tuple(names[index] for index in tested))]


def trials_of_each_person(names: Sequence[str], seed: int) -> list[Split]:
    """Ten folds of whole trials within each person, or as many as there are trials; one trial cannot be split."""
    found: list[Split] = []
    for person in dict.fromkeys(name.partition("/")[0] for name in names):
        own = [name for name in names if name.partition("/")[0] == person]
        parts = split(len(own), min(TRIAL_FOLDS, len(own)), seed) if len(own) > 1 else []
        found.extend(_leave_out(own, [own[index] for index in part.tolist()]) for part in parts)
    return found


def _leave_out(names: Sequence[str], out: Sequence[str]) -> Split:
    return Split(tuple(name for name in names if name not in out), tuple(out))


def by_middle(label: Label, axis: Axis) -> int | None:
    """Rest or load by name, else above or below the middle of the scale; on it, neither."""
    if label.name is not None:
        return REST_OR_LOAD.get(label.name)
    rating = getattr(label, axis)
    if rating is None or label.scale_top is None:
        return None
    middle = (1 + label.scale_top) / 2
    return None if rating == middle else int(rating > middle)


def films_or_middle(label: Label, axis: Axis) -> int | None:
    """Three classes of films, else as `by_middle`."""
    return FILM_CLASSES.get(label.name) if label.name is not None else by_middle(label, axis)


def films(label: Label, axis: Axis) -> int | None:
    """Three classes of films; ratings take no part."""
    del axis
    return FILM_CLASSES.get(label.name or "")


def films_or_eegain(label: Label, axis: Axis) -> int | None:
    """Three classes of films, else whole ratings up to EEGain's bound are low."""
    if label.name is not None:
        return FILM_CLASSES.get(label.name)
    rating = getattr(label, axis)
    if rating is None or label.scale_top not in EEGAIN_LOW:
        return None
    return int(int(rating) > EEGAIN_LOW[label.scale_top])


def stress_or_not(label: Label, axis: Axis) -> int | None:
    """Baseline and amusement together are no stress; meditation takes no part."""
    del axis
    return {"baseline": 0, "amusement": 0, "stress": 1}.get(label.name or "")


def three_states(label: Label, axis: Axis) -> int | None:
    del axis
    return {"baseline": 0, "stress": 1, "amusement": 2}.get(label.name or "")


WESAD_SOURCE = "Schmidt et al. 2018, doi 10.1145/3242969.3242985"
WESAD_VERIFIED = (
    "split by person, classes and windows of 60 s, in public readers of the set; not verified: the paper's own text, "
    "by which amusement counts as no stress and windows move by 0.25 s. Here they move by 5 s, and the first 5 min of "
    "the baseline (at most half of it) are a person's rest and not scored."
)
PROTOCOLS: dict[str, Protocol] = {
    row.id: row
    for row in (
        Protocol(
            id="person-kfold",
            title="nine folds of people; rest against load, or ratings split at the middle of the scale",
            window_s=None,
            hop_s=4.0,
            label_of=by_middle,
            folds=person_folds,
            seed=20261123,
            source="Isotone: what ships is scored so, with folds and seed of its configuration",
            verified="our own",
        ),
        Protocol(
            id="loso",
            title="each person left out once; labels as in person-kfold",
            window_s=None,
            hop_s=4.0,
            label_of=by_middle,
            folds=each_person,
            seed=0,
            source="common practice",
            verified="our own",
        ),
        Protocol(
            id="eegain-loso",
            title="each person left out once, windows of 4 s side by side; ratings up to 4.5 of 9 or 3 of 5 are low",
            window_s=4.0,
            hop_s=4.0,
            label_of=films_or_eegain,
            folds=each_person,
            seed=2025,
            source="EEGain, github.com/EmotionLab/EEGain at 05242a6, arXiv 2505.18175",
            verified="split, windows, bounds of DEAP and DREAMER and the classes of SEED, in its README and readers; "
            "its filters, 128 Hz and choice of an epoch on a fifth of the training people are not repeated. Of a DEAP "
            "trial one window fewer is scored: the second after its 3 s of rest belongs to the window of rest.",
        ),
        Protocol(
            id="libeer-cross-subject",
            title="one draw of people, 60:20:20; ratings split at the middle, which takes no part, or three classes",
            window_s=None,
            hop_s=4.0,
            label_of=films_or_middle,
            folds=train_validate_test,
            seed=2024,
            source="LibEER, github.com/XJTU-EEG/LibEER, arXiv 2410.09767",
            verified="shares and the way of drawing, in copies of its split.py and setting.py; not verified: the seed, "
            "bounds of 5, and that nothing else is drawn before; its windows of 1 s are 4 s here.",
        ),
        Protocol(
            id="seed-3class-cross-subject",
            title="each person left out once, all days; negative, neutral and positive films",
            window_s=None,
            hop_s=4.0,
            label_of=films,
            folds=each_person,
            seed=0,
            source="LibEER, leave-one-out preset of SEED in its setting.py; Zheng & Lu 2015 for the classes",
            verified="classes and the split by person; LibEER takes the first day alone, here all three are taken; "
            "windows differ between papers from 1 s on.",
        ),
        Protocol(
            id="deap-subject-dependent-trialwise",
            title="in each person ten folds of whole trials; ratings split at the middle, which takes no part",
            window_s=None,
            hop_s=4.0,
            label_of=by_middle,
            folds=trials_of_each_person,
            seed=0,
            source="common practice on DEAP, in its form without leaks",
            verified="our own form: papers draw differently and many split windows, not trials. It says how well known "
            "people are read and nothing of new ones; personal rest is taken from all trials.",
            apart="recording",
        ),
        Protocol(
            id="wesad-loso-binary",
            title="each person left out once, windows of 60 s; stress against baseline and amusement",
            window_s=60.0,
            hop_s=5.0,
            label_of=stress_or_not,
            folds=each_person,
            seed=0,
            source=WESAD_SOURCE,
            verified=WESAD_VERIFIED,
        ),
        Protocol(
            id="wesad-loso-3class",
            title="each person left out once, windows of 60 s; baseline, stress, amusement",
            window_s=60.0,
            hop_s=5.0,
            label_of=three_states,
            folds=each_person,
            seed=0,
            source=WESAD_SOURCE,
            verified=WESAD_VERIFIED,
        ),
    )
}
