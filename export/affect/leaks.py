"""Finds out whether a score could have come about without skill: every training run passes through here.

Of 101 papers on one data set 87 % had such an error, worth up to 46 points (arXiv 2508.02417). A run is laid open as a
`Plan`: who is in which fold, and what each fitted step saw. What the plan claims is held against the values themselves,
so that a person under two names or a copied recording is found too. What no claim can show, `trials` tries out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.dsp.windows import FloatArray
from device.errors import ConfigError
from export.affect.giveaways import (
    best_threshold,
    clock_features,
    coded_features,
    is_one_label_each,
    telling_properties,
)
from export.affect.twins import alike_recordings, copied_windows, scaled

Index = NDArray[np.intp]
StepKind = Literal[
    "weights", "scaler", "feature choice", "alignment", "calibration", "early stopping", "hyper-parameters"
]
CLOCK_MAX = 0.76
"""Balanced accuracy of time alone beyond which the order of tasks could be what is read."""
TOUCH_S = 1e-6
"""Windows that merely touch share nothing."""
COPIES_MIN = 5
"""Windows: single ones of dull signals may coincide."""
COPIES_SHARE = 0.02
"""This share of the tested windows may lie near a trained one by chance."""
NO_PROPERTIES: Mapping[str, FloatArray] = MappingProxyType({})


class Step(NamedTuple):
    """Something that was fitted or chosen in a fold, and the samples it saw."""

    kind: StepKind
    saw: Index
    per_recording: bool = False
    """A normalisation that was fitted to each recording for itself."""


class Fold(NamedTuple):
    train: Index
    test: Index
    steps: tuple[Step, ...]


class Plan(NamedTuple):
    """All windows of a run and what was done with them; every array has a row per window."""

    person: NDArray[np.str_]
    recording: NDArray[np.str_]
    begin_s: FloatArray
    """Its place on the recording's own time axis."""
    end_s: FloatArray
    order_s: FloatArray
    """Time since the person's session began."""
    label: FloatArray
    """0 for rest, then 1 or further classes."""
    values: FloatArray
    """Features before any normalisation, shape (n, features)."""
    folds: tuple[Fold, ...]
    rest: Index
    """Windows that a listener's own calibration was made of."""
    properties: Mapping[str, FloatArray] = NO_PROPERTIES
    """Facts of the file each window came from, such as its gain or offset: what no reading should rest on."""
    apart: Literal["person", "recording"] = "person"
    """What may not be on both sides of a fold; `recording` where a protocol tests on known people."""


class Finding(NamedTuple):
    """`is_refused`: the run is worth nothing; else only the data's collector could mend it, and the card says so."""

    kind: str
    sentence: str
    is_refused: bool = True


Check = Callable[[Plan], Iterator[Finding]]


def examine(plan: Plan) -> tuple[Finding, ...]:
    """Everything that is wrong, the worst first."""
    found = [finding for check in CHECKS for finding in check(plan)]
    return tuple(sorted(found, key=lambda finding: not finding.is_refused))


def refuse_leaks(findings: Sequence[Finding]) -> None:
    """Raises ConfigError where a score could not be believed."""
    leaks = [finding for finding in findings if finding.is_refused]
    if leaks:
        raise ConfigError(
            f"This training run leaks: {' '.join(finding.sentence for finding in leaks)}",
            "Mend the split or the step; nothing was written.",
        )


def _check_people(plan: Plan) -> Iterator[Finding]:
    for number, fold in enumerate(plan.folds if plan.apart == "person" else ()):
        both = np.intersect1d(plan.person[fold.train], plan.person[fold.test])
        if len(both):
            yield Finding("person", f"Fold {number} trains and tests on {_names(both)}.")


def _check_overlap(plan: Plan) -> Iterator[Finding]:
    """Windows that share seconds of a recording are in part the same window."""
    for number, fold in enumerate(plan.folds):
        for recording in np.intersect1d(plan.recording[fold.train], plan.recording[fold.test]):
            train, test = (rows[plan.recording[rows] == recording] for rows in (fold.train, fold.test))
            kind = "overlap" if _running(plan, train, test).any() else "block"
            yield Finding(kind, f"Fold {number} parts recording {recording} between training and test.")


def _check_steps(plan: Plan) -> Iterator[Finding]:
    """Whatever is fitted or chosen may see nothing of who is tested, a calibration's rest included."""
    owner = plan.person if plan.apart == "person" else plan.recording
    for number, fold in enumerate(plan.folds):
        tested = np.unique(owner[fold.test])
        for step in fold.steps:
            seen = np.intersect1d(owner[step.saw], tested)
            if len(seen):
                yield Finding(step.kind, f"The {step.kind} of fold {number} saw {_names(seen)}, tested there.")


def _check_normalisation(plan: Plan) -> Iterator[Finding]:
    """Centring each recording takes the label away, or gives it away, where a recording holds one label."""
    beside = np.setdiff1d(np.arange(len(plan.label)), plan.rest)
    if is_one_label_each(plan.recording[beside], plan.label[beside]) and any(
        step.per_recording for fold in plan.folds for step in fold.steps
    ):
        yield Finding("normalisation", "Each recording is normalised for itself, and each recording has one label.")


def _check_rest(plan: Plan) -> Iterator[Finding]:
    """A calibration may see rest, and none of what is scored."""
    if (plan.label[plan.rest] > 0).any():
        yield Finding("rest", f"The rest of {_names(plan.person[plan.rest][plan.label[plan.rest] > 0])} holds load.")
    scored = np.unique(np.concatenate([fold.test for fold in plan.folds]))
    for recording in np.intersect1d(plan.recording[plan.rest], plan.recording[scored]):
        rest, test = (rows[plan.recording[rows] == recording] for rows in (plan.rest, scored))
        if _running(plan, rest, test).any():
            yield Finding("rest overlap", f"Seconds of {recording} calibrate and are scored.")


def _running(plan: Plan, rows: Index, others: Index) -> NDArray[np.bool_]:
    """Whether any of `rows` shares seconds with each of `others`, all of one recording."""
    begins, ends = np.sort(plan.begin_s[rows]), np.sort(plan.end_s[rows])
    # More windows begun before this one ends than ended before it begins: one is running.
    begun = np.searchsorted(begins, plan.end_s[others] - TOUCH_S, "left")
    return np.asarray(begun > np.searchsorted(ends, plan.begin_s[others] + TOUCH_S, "right"))


def _check_twins(plan: Plan) -> Iterator[Finding]:
    """A recording under two names, or in both parts of a fold under another name than its own."""
    owner = {name: plan.person[plan.recording == name][0] for name in np.unique(plan.recording).tolist()}
    for one, other in alike_recordings(_in_time(plan), plan.recording):
        if owner[one] != owner[other]:
            yield Finding("twins", f"{owner[one]} and {owner[other]} are one: {one} and {other} run alike.")
        elif any(_is_parted(plan, fold, one, other) for fold in plan.folds):
            yield Finding("duplicate", f"Recording {other} is {one} again, and a fold parts them.")


def _in_time(plan: Plan) -> FloatArray:
    """Values with the windows of each recording in order of time, at the places that recording has."""
    ordered = np.empty_like(plan.values)
    ordered[np.argsort(plan.recording, kind="stable")] = plan.values[np.lexsort((plan.begin_s, plan.recording))]
    return ordered


def _is_parted(plan: Plan, fold: Fold, one: str, other: str) -> bool:
    train, test = set(plan.recording[fold.train].tolist()), set(plan.recording[fold.test].tolist())
    return (one in train and other in test) or (other in train and one in test)


def _check_copies(plan: Plan) -> Iterator[Finding]:
    """Windows of the test in training, as they are or with each recording's gain and offset taken away."""
    each = np.empty_like(plan.values)
    for recording in np.unique(plan.recording):
        rows = plan.recording == recording
        each[rows] = scaled(plan.values[rows])
    for number, fold in enumerate(plan.folds):
        found = [copied_windows(values, fold.train, fold.test) for values in (scaled(plan.values), each)]
        exact, near = (max(pair) for pair in zip(*found, strict=True))
        if exact >= COPIES_MIN or near >= max(COPIES_MIN, COPIES_SHARE * len(fold.test)):
            yield Finding("copies", f"Fold {number} tests on {max(exact, near)} windows that it was trained on.")


def _check_clock(plan: Plan) -> Iterator[Finding]:
    """What time alone tells may be what a drifting signal tells."""
    scored = np.concatenate([fold.test for fold in plan.folds])
    accuracy = best_threshold(plan.order_s[scored], plan.label[scored])
    if accuracy <= CLOCK_MAX:
        return
    sentence = f"The order of tasks was the same for all: the clock alone reads {accuracy:.0%}."
    yield Finding("clock", sentence, is_refused=False)
    for feature in clock_features(plan.values, plan.recording, plan.order_s).tolist():
        yield Finding("clock feature", f"Feature {feature} is no more than a clock, and the clock tells the label.")


def _check_recordings(plan: Plan) -> Iterator[Finding]:
    """Whatever was done to one file and not to the other tells the label."""
    beside = np.setdiff1d(np.arange(len(plan.label)), plan.rest)
    recording, label, values = plan.recording[beside], plan.label[beside], plan.values[beside]
    if not is_one_label_each(recording, label):
        return
    yield Finding("recording", "Each recording has one label: what was done to a file can be read.", is_refused=False)
    _, place, counts = np.unique(recording, return_inverse=True, return_counts=True)
    measured = {name: property_[beside] for name, property_ in plan.properties.items()}
    for name, accuracy in telling_properties({"length": counts[place].astype(float)} | measured, recording, label):
        yield Finding("property", f"The {name} of a recording alone reads {accuracy:.0%}.", is_refused=False)
    marks = {f"{feature}": values[:, feature] for feature in coded_features(values, recording).tolist()}
    for name, accuracy in telling_properties(marks, recording, label):
        yield Finding("coded", f"Feature {name} stands still in each recording and reads {accuracy:.0%} of them.")


def _names(people: NDArray[np.str_]) -> str:
    names = np.unique(people).tolist()
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


CHECKS: tuple[Check, ...] = (
    _check_people,
    _check_overlap,
    _check_steps,
    _check_normalisation,
    _check_rest,
    _check_twins,
    _check_copies,
    _check_clock,
    _check_recordings,
)
