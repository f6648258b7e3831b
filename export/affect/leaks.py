"""Finds out whether a score could have come about without skill: every training run passes through here.

Of 101 papers on one data set 87 % had such an error, worth up to 46 points (arXiv 2508.02417). A run is laid open as a
`Plan`: who is in which fold, and what each fitted step saw. What the plan claims is held against the values themselves,
so that a person under two names or a copied recording is found too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.dsp.windows import FloatArray
from device.errors import ConfigError

Index = NDArray[np.intp]
StepKind = Literal[
    "weights", "scaler", "feature choice", "alignment", "calibration", "early stopping", "hyper-parameters"
]
CLOCK_MAX = 0.76
"""Balanced accuracy of time alone beyond which the order of tasks could be what is read."""
PROPERTY_MAX = 0.9
ALIKE_ROWS_MIN = 5
"""Rows that two recordings must share to be the same: single windows of dull signals may coincide."""
ALIKE_SHARE = 0.5


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
    """On the recording's own time axis."""
    end_s: FloatArray
    order_s: FloatArray
    """Time since the person's session began."""
    label: FloatArray
    """0 or 1."""
    values: FloatArray
    """Features before any normalisation, shape (n, features)."""
    folds: tuple[Fold, ...]
    rest: Index
    """Windows that a listener's own calibration was made of."""


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
    for number, fold in enumerate(plan.folds):
        both = np.intersect1d(plan.person[fold.train], plan.person[fold.test])
        if len(both):
            yield Finding("person", f"Fold {number} trains and tests on {_names(both)}.")


def _check_overlap(plan: Plan) -> Iterator[Finding]:
    """Windows that share seconds of a recording are in part the same window."""
    for number, fold in enumerate(plan.folds):
        for recording in np.intersect1d(plan.recording[fold.train], plan.recording[fold.test]):
            train, test = (rows[plan.recording[rows] == recording] for rows in (fold.train, fold.test))
            begins = np.sort(plan.begin_s[train])
            ends = np.sort(plan.end_s[train])
            # More windows begun before this one ends than ended before it begins: one is running.
            running = np.searchsorted(begins, plan.end_s[test], "left") > np.searchsorted(
                ends, plan.begin_s[test], "right"
            )
            kind = "overlap" if running.any() else "block"
            yield Finding(kind, f"Fold {number} parts recording {recording} between training and test.")


def _check_steps(plan: Plan) -> Iterator[Finding]:
    for number, fold in enumerate(plan.folds):
        tested = np.unique(plan.person[fold.test])
        for step in fold.steps:
            seen = np.intersect1d(plan.person[step.saw], tested)
            if len(seen):
                yield Finding(step.kind, f"The {step.kind} of fold {number} saw {_names(seen)}, who are tested there.")


def _check_normalisation(plan: Plan) -> Iterator[Finding]:
    """Where a recording holds one label, centring each recording takes the label away or gives it away."""
    if _is_one_label_each(plan) and any(step.per_recording for fold in plan.folds for step in fold.steps):
        yield Finding("normalisation", "Each recording is normalised for itself, and each recording has one label.")


def _check_rest(plan: Plan) -> Iterator[Finding]:
    """A calibration may see rest, and none of what is scored."""
    if (plan.label[plan.rest] > 0).any():
        yield Finding("rest", f"The rest of {_names(plan.person[plan.rest][plan.label[plan.rest] > 0])} holds load.")
    scored = np.unique(np.concatenate([fold.test for fold in plan.folds]))
    for recording in np.intersect1d(plan.recording[plan.rest], plan.recording[scored]):
        rest, test = (rows[plan.recording[rows] == recording] for rows in (plan.rest, scored))
        if plan.begin_s[test].min() < plan.end_s[rest].max() - 1e-6 and np.isin(test, rest).any():
            yield Finding("rest overlap", f"Windows of {recording} calibrate and are scored.")


def _check_twins(plan: Plan) -> Iterator[Finding]:
    """The same values under two names, whatever their gain and offset: people, copies, augmented windows."""
    seen: dict[bytes, set[int]] = {}
    digest = _digests(plan)
    for row, key in enumerate(digest):
        seen.setdefault(key, set()).add(row)
    shared: dict[tuple[str, str], int] = {}
    for rows in seen.values():
        for pair in {tuple(sorted((plan.person[a], plan.person[b]))) for a in rows for b in rows if a < b}:
            shared[pair] = shared.get(pair, 0) + 1
    sizes = {name: int((plan.person == name).sum()) for name in np.unique(plan.person)}
    for (one, other), count in shared.items():
        if one != other and count >= max(ALIKE_ROWS_MIN, ALIKE_SHARE * min(sizes[one], sizes[other])):
            yield Finding("twins", f"{one} and {other} are the same recordings under two names.")
    for number, fold in enumerate(plan.folds):
        train = {digest[row] for row in fold.train.tolist()}
        copies = sum(digest[row] in train for row in fold.test.tolist())
        if copies >= ALIKE_ROWS_MIN:
            yield Finding("copies", f"Fold {number} tests on {copies} windows that it was trained on.")


def _digests(plan: Plan) -> list[bytes]:
    """Of each window, after its recording's features were centred and scaled: gain and offset do not hide a copy."""
    rounded = np.zeros_like(plan.values, dtype=np.int32)
    for recording in np.unique(plan.recording):
        rows = plan.recording == recording
        values = np.nan_to_num(plan.values[rows])
        spread = values.std(axis=0)
        scaled = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
        rounded[rows] = np.round(100 * scaled).astype(np.int32)
    return [row.tobytes() for row in rounded]


def _check_clock(plan: Plan) -> Iterator[Finding]:
    """What time alone tells may be what a drifting signal tells."""
    scored = np.concatenate([fold.test for fold in plan.folds])
    accuracy = best_threshold(plan.order_s[scored], plan.label[scored])
    if accuracy > CLOCK_MAX:
        sentence = f"The order of tasks was the same for all: the clock alone reads {accuracy:.0%}."
        yield Finding("clock", sentence, is_refused=False)


def _check_recordings(plan: Plan) -> Iterator[Finding]:
    """Whatever was done to one file and not to the other tells the label."""
    if not _is_one_label_each(plan):
        return
    yield Finding("recording", "Each recording has one label: what was done to a file can be read.", is_refused=False)
    recordings, first, counts = np.unique(plan.recording, return_index=True, return_counts=True)
    accuracy = best_threshold(counts.astype(float), plan.label[first])
    if len(recordings) > 2 and accuracy > PROPERTY_MAX:
        sentence = f"The length of a recording alone reads {accuracy:.0%}."
        yield Finding("property", sentence, is_refused=False)


def _is_one_label_each(plan: Plan) -> bool:
    labels = [np.unique(plan.label[plan.recording == name]) for name in np.unique(plan.recording)]
    return len(labels) > 1 and all(len(label) == 1 for label in labels)


def best_threshold(value: FloatArray, label: FloatArray) -> float:
    """Balanced accuracy of the best single threshold, in whichever direction."""
    cuts = np.quantile(value, np.linspace(0, 1, 101))
    above = np.array([(value[label > 0] > cut).mean() - (value[label == 0] > cut).mean() for cut in cuts])
    return 0.5 + float(np.abs(above).max()) / 2


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
    _check_clock,
    _check_recordings,
)
