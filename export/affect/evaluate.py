"""Scores on a set that its user holds, under a split that has a name.

    python -m export.affect.evaluate --set wesad --data DIR --protocol wesad-loso-binary \
        [--axis arousal] [--reader kernel] [--trials] [--json]

Every run passes the leak detector, and once more with other tested windows, which may change nothing that is fitted.
With --trials it is also run on scrambled labels and on mere marks of blocks, ten runs in all, and must fail on them.
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

from device.dsp.windows import FloatArray
from device.errors import IsotoneError, RecordingError
from export.affect import linear, nonlinear
from export.affect.labelled import Windows, against_rest, windows_of
from export.affect.leaks import CHECKS, Finding, Fold, Plan, Step, examine, refuse_leaks
from export.affect.loaders import LOADERS
from export.affect.protocols import PROTOCOLS, Axis, Protocol
from export.affect.scores import interval
from export.affect.trials import TRIALS, Run, try_out, try_refit
from export.affect.trivial import CLOCK, balanced, baselines, commonest

Indices = NDArray[np.intp]
READERS: dict[str, Run] = {"linear": linear.read, "kernel": nonlinear.read}
"""What anything has to be ahead of, and what ships."""


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
    reader: str
    axis: Axis
    people: tuple[Row, ...]
    balanced_accuracy: float
    interval: tuple[float, float]
    """95 %, of the mean over people."""
    chance: float
    """Balanced accuracy of whoever always says the same."""
    clock: float
    """Balanced accuracy of whoever knows only the time since the session began, learned from the others."""
    coverage: float
    """Share of windows of which anything could be read."""
    checks: int
    """How many the leak detector made; those that found something stand in `findings`."""
    findings: tuple[str, ...]
    """What the leak detector has to say about the data."""


def evaluate(
    dataset: str, folder: Path, protocol: Protocol, axis: Axis, *, reader: str = "linear", trials: bool = False
) -> Report:
    """Read, check for leaks, train and score.

    Raises:
        RecordingError: the data are absent, torn, or have too few labels for the protocol.
        ConfigError: the protocol does not fit the data, or the run leaks.
    """
    windows = windows_of(resolve_name(LOADERS[dataset])(folder), protocol, axis)
    values = against_rest(windows.values, windows.person, windows.is_rest)
    readable = np.asarray(np.isfinite(values).any(axis=1))
    plan = _plan(windows, _folds(windows, readable, protocol), protocol)
    findings = _check(plan, READERS[reader], protocol.seed, trials=trials)
    refuse_leaks(findings)
    rows = _score(plan, READERS[reader], protocol)
    known = np.array([row.balanced_accuracy for row in rows])
    if not np.isfinite(known).any():
        raise RecordingError("Nobody who is tested has two classes.", "Name another --protocol or --axis.")
    tested = np.concatenate([fold.test for fold in plan.folds])
    trivial = baselines(plan.label[tested], plan.person[tested], plan.order_s[tested])
    return Report(
        protocol=protocol.id,
        dataset=dataset,
        reader=reader,
        axis=axis,
        people=tuple(rows),
        balanced_accuracy=float(np.nanmean(known)),
        interval=interval(known, protocol.seed),
        chance=1 / len(np.unique(windows.label[~windows.is_rest])),
        clock=trivial[CLOCK],
        coverage=float(readable[~windows.is_rest].mean()),
        checks=len(CHECKS) + (len(TRIALS) if trials else 1),
        findings=tuple(finding.sentence for finding in findings),
    )


def _check(plan: Plan, read: Run, seed: int, *, trials: bool) -> tuple[Finding, ...]:
    """The reader is tried only where the plan itself holds."""
    findings = examine(plan)
    if any(finding.is_refused for finding in findings):
        return findings
    tried = try_out(plan, read, seed) if trials else try_refit(plan, read, np.random.default_rng(seed))
    return (*findings, *tried)


def _folds(windows: Windows, readable: NDArray[np.bool_], protocol: Protocol) -> list[tuple[Indices, Indices]]:
    """Rows to train on and to test, of each fold that tests anybody."""
    scored = readable & ~windows.is_rest
    owner = windows.person if protocol.apart == "person" else windows.recording
    names = np.unique(owner[scored]).tolist()
    if len(names) < 2:
        what = {"person": "people", "recording": "recordings"}[protocol.apart]
        raise RecordingError(
            f"{len(names)} {what} have labels and signals that the box believes; a split needs two.", "Add recordings."
        )
    folds = []
    for split in protocol.folds(names, protocol.seed):
        train, test = (np.flatnonzero(scored & np.isin(owner, part)) for part in split)
        if len(np.unique(windows.label[train])) > 1:
            folds.append((train, test))
        elif protocol.apart == "person":
            raise RecordingError(f"Without {split.test[0]} only one class is left to train on.", "Add recordings.")
    if not folds:
        raise RecordingError("Nobody has two classes to train on.", "Name another --protocol or --axis.")
    return folds


def _plan(windows: Windows, folds: Sequence[tuple[Indices, Indices]], protocol: Protocol) -> Plan:
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
        apart=protocol.apart,
    )


def _score(plan: Plan, read: Run, protocol: Protocol) -> list[Row]:
    """A row for each person who was tested, in order of their names."""
    told, always = np.full(len(plan.label), np.nan), np.full(len(plan.label), np.nan)
    classes = np.unique(plan.label)
    for fold in plan.folds:
        told[fold.test] = classes[read(plan, fold).scores.argmax(axis=1)]
        always[fold.test] = commonest(plan.label[fold.train])
    tested = np.isfinite(told)
    return [
        _row(name, protocol, plan.label[own], told[own], always[own])
        for name in np.unique(plan.person[tested]).tolist()
        for own in [tested & (plan.person == name)]
    ]


def _row(name: str, protocol: Protocol, label: FloatArray, told: FloatArray, always: FloatArray) -> Row:
    return Row(
        protocol=protocol.id,
        person=name,
        n_windows=len(label),
        balanced_accuracy=balanced(told, label),
        accuracy=float((told == label).mean()),
        always_same=float((always == label).mean()),
    )


def lines(report: Report) -> list[str]:
    """A table for people: the protocol stands in every row, and what always saying the same would give."""
    head = f"{'protocol':<33}{'person':<8}{'windows':>8}{'balanced':>10}{'accuracy':>10}{'always the same':>17}"
    body = [
        f"{row.protocol:<33}{row.person:<8}{row.n_windows:>8}"
        f"{row.balanced_accuracy:>10.3f}{row.accuracy:>10.3f}{row.always_same:>17.3f}"
        for row in report.people
    ]
    low, high = report.interval
    mean = (
        f"{report.protocol}: mean balanced accuracy {report.balanced_accuracy:.3f} (95 % {low:.3f} to {high:.3f}), "
        f"always the same {report.chance:.3f}, the clock alone {report.clock:.3f}; "
        f"{report.coverage:.0%} of windows could be read."
    )
    source = PROTOCOLS[report.protocol]
    return [
        f"{report.dataset}, {report.axis}, {report.reader} reader, {report.protocol}: {source.title}.",
        f"Source: {source.source}. Looked up: {source.verified}",
        head,
        *body,
        mean,
        f"Leak check: {report.checks} checks, {len(report.findings)} findings.",
        *report.findings,
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="export.affect.evaluate", description=__doc__)
    parser.add_argument("--set", dest="dataset", choices=sorted(LOADERS), required=True)
    parser.add_argument("--data", type=Path, required=True, help="the set's folder, as it was unpacked")
    parser.add_argument("--protocol", choices=list(PROTOCOLS), required=True)
    parser.add_argument("--axis", choices=get_args(Axis), default="arousal", help="which rating, where a set has both")
    parser.add_argument("--reader", choices=list(READERS), default="linear", help="kernel: of the kind that ships")
    parser.add_argument("--trials", action="store_true", help="also run on data on which it must fail; ten runs more")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    try:
        protocol = PROTOCOLS[chosen.protocol]
        options = {"reader": chosen.reader, "trials": chosen.trials}
        report = evaluate(chosen.dataset, chosen.data, protocol, chosen.axis, **options)
    except IsotoneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(msgspec.json.encode(report).decode() if chosen.json else "\n".join(lines(report)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
