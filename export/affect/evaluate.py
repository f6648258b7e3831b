"""Scores on a set that its user holds, under a split that has a name.

    python -m export.affect.evaluate --set wesad --data DIR --protocol wesad-loso-binary [--axis arousal] [--json]

A plain logistic regression on the box's own features, each person against their own rest: not what ships, but what
anything that ships has to be ahead of on the same split.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from pkgutil import resolve_name
from typing import get_args

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from device.dsp.windows import FloatArray
from device.errors import IsotoneError, RecordingError
from export.affect.labelled import Windows, against_rest, windows_of
from export.affect.leaks import Fold, Plan, Step, examine, refuse_leaks
from export.affect.loaders import LOADERS
from export.affect.protocols import PROTOCOLS, Axis, Protocol
from export.affect.scores import interval

Indices = NDArray[np.intp]
INVERSE_PENALTY = 0.1


class Row(msgspec.Struct, frozen=True):
    """One person under one protocol; shares from 0 to 1."""

    protocol: str
    person: str
    n_windows: int
    balanced_accuracy: float
    """NaN where the person has one class only."""
    accuracy: float
    always_same: float
    """Accuracy of the class that is most frequent in training."""


class Report(msgspec.Struct, frozen=True):
    protocol: str
    dataset: str
    axis: Axis
    people: tuple[Row, ...]
    balanced_accuracy: float
    interval: tuple[float, float]
    """95 %, of the mean over people."""
    chance: float
    """Balanced accuracy of whoever always says the same."""
    coverage: float
    """Share of windows of which anything could be read."""
    findings: tuple[str, ...]
    """What the leak detector has to say about the data."""


def evaluate(dataset: str, folder: Path, protocol: Protocol, axis: Axis) -> Report:
    """Read, check for leaks, train and score.

    Raises:
        RecordingError: the data are absent, torn, or have too few labels for the protocol.
        ConfigError: the protocol does not fit the data, or the run leaks.
    """
    windows = windows_of(resolve_name(LOADERS[dataset])(folder), protocol, axis)
    values = against_rest(windows)
    readable = np.asarray(np.isfinite(values).any(axis=1))
    folds = _folds(windows, readable, protocol)
    findings = examine(_plan(windows, folds))
    refuse_leaks(findings)
    rows = [row for train, test in folds for row in _score(windows, values, train, test, protocol)]
    known = np.array([row.balanced_accuracy for row in rows])
    if not np.isfinite(known).any():
        raise RecordingError("Nobody who is tested has two classes.", "Name another --protocol or --axis.")
    return Report(
        protocol=protocol.id,
        dataset=dataset,
        axis=axis,
        people=tuple(sorted(rows, key=lambda row: row.person)),
        balanced_accuracy=float(np.nanmean(known)),
        interval=interval(known, protocol.seed),
        chance=1 / len(np.unique(windows.label[~windows.is_rest])),
        coverage=float(readable[~windows.is_rest].mean()),
        findings=tuple(finding.sentence for finding in findings),
    )


def _folds(windows: Windows, readable: NDArray[np.bool_], protocol: Protocol) -> list[tuple[Indices, Indices]]:
    """Rows to train on and to test, of each fold that tests anybody."""
    scored = readable & ~windows.is_rest
    names = np.unique(windows.person[scored]).tolist()
    if len(names) < 2:
        raise RecordingError(f"{len(names)} people have labels and signals; a split needs two.", "Add recordings.")
    folds = []
    for split in protocol.folds(names, protocol.seed):
        train, test = (np.flatnonzero(scored & np.isin(windows.person, part)) for part in split)
        if len(np.unique(windows.label[train])) < 2:
            raise RecordingError(f"Without {split.test[0]} only one class is left to train on.", "Add recordings.")
        folds.append((train, test))
    return folds


def _plan(windows: Windows, folds: Sequence[tuple[Indices, Indices]]) -> Plan:
    """The run as the leak detector wants to see it."""
    return Plan(
        windows.person,
        windows.recording,
        windows.begin_s,
        windows.end_s,
        windows.order_s,
        np.maximum(windows.label, 0).astype(float),
        windows.values,
        tuple(Fold(train, test, (Step("weights", train), Step("scaler", train))) for train, test in folds),
        np.flatnonzero(windows.is_rest),
    )


def _score(windows: Windows, values: FloatArray, train: Indices, test: Indices, protocol: Protocol) -> list[Row]:
    model = _model().fit(values[train], windows.label[train])
    most_frequent = int(np.bincount(windows.label[train]).argmax())
    rows = []
    for name in np.unique(windows.person[test]).tolist():
        own = test[windows.person[test] == name]
        label, told = windows.label[own], model.predict(values[own])
        rows.append(
            Row(
                protocol=protocol.id,
                person=name,
                n_windows=len(own),
                balanced_accuracy=mean_recall(told, label),
                accuracy=float((told == label).mean()),
                always_same=float((label == most_frequent).mean()),
            )
        )
    return rows


def _model() -> Pipeline:
    """What is absent becomes the mean of training."""
    return make_pipeline(
        SimpleImputer(keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=INVERSE_PENALTY, class_weight="balanced", max_iter=5000),
    )


def mean_recall(told: NDArray[np.intp], label: NDArray[np.intp]) -> float:
    """Balanced accuracy over the classes that are there; NaN where there is one only."""
    classes = np.unique(label)
    return float(np.mean([(told[label == each] == each).mean() for each in classes])) if len(classes) > 1 else np.nan


def lines(report: Report) -> list[str]:
    """A table for people: the protocol stands in every row, and what always saying the same would give."""
    head = f"{'protocol':<22}{'person':<8}{'windows':>8}{'balanced':>10}{'accuracy':>10}{'always the same':>17}"
    body = [
        f"{row.protocol:<22}{row.person:<8}{row.n_windows:>8}"
        f"{row.balanced_accuracy:>10.3f}{row.accuracy:>10.3f}{row.always_same:>17.3f}"
        for row in report.people
    ]
    low, high = report.interval
    mean = (
        f"{report.protocol}: mean balanced accuracy {report.balanced_accuracy:.3f} (95 % {low:.3f} to {high:.3f}), "
        f"always the same {report.chance:.3f}; {report.coverage:.0%} of windows could be read."
    )
    source = PROTOCOLS[report.protocol]
    return [
        f"{report.dataset}, {report.axis}, {report.protocol}: {source.title}.",
        f"Source: {source.source}. Looked up: {source.verified}",
        head,
        *body,
        mean,
        *report.findings,
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="export.affect.evaluate", description=__doc__)
    parser.add_argument("--set", dest="dataset", choices=sorted(LOADERS), required=True)
    parser.add_argument("--data", type=Path, required=True, help="the set's folder, as it was unpacked")
    parser.add_argument("--protocol", choices=list(PROTOCOLS), required=True)
    parser.add_argument("--axis", choices=get_args(Axis), default="arousal", help="which rating, where a set has both")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    try:
        report = evaluate(chosen.dataset, chosen.data, PROTOCOLS[chosen.protocol], chosen.axis)
    except IsotoneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(msgspec.json.encode(report).decode() if chosen.json else "\n".join(lines(report)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
