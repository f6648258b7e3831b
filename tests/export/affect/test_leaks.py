"""The leak detector: every seeded leak is found by name, and clean runs raise no alarm."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from device.errors import ConfigError
from export.affect.leaks import Fold, Plan, Step, examine, refuse_leaks

WINDOW_S, HOP_S = 4.0, 1.0
KINDS = ("weights", "scaler", "feature choice", "alignment", "calibration", "early stopping", "hyper-parameters")


def clean(seed: int = 0, n_people: int = 9, n_folds: int = 3, n_blocks: int = 4) -> Plan:
    """Blocks of rest and load in an order of their own, rest first to calibrate; people are split, nothing else."""
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(n_people):
        order = rng.permutation(np.arange(n_blocks) % 2)
        at_s = 0.0
        for block, label in enumerate([0, *order.tolist()]):
            length = int(rng.integers(20, 40))
            rows += [(f"P{person}", f"P{person}", at_s + HOP_S * k, label, block == 0) for k in range(length)]
            at_s += length * HOP_S + WINDOW_S
    person, recording, begin_s, label, is_rest = (np.array(column) for column in zip(*rows, strict=True))
    values = rng.standard_normal((len(rows), 6)) + rng.standard_normal(6)
    folds = []
    for out in np.array_split(rng.permutation(n_people), n_folds):
        test = np.isin(person, [f"P{index}" for index in out]) & ~is_rest
        train = np.flatnonzero(~np.isin(person, [f"P{index}" for index in out]) & ~is_rest)
        steps = tuple(Step(kind, train) for kind in KINDS)
        folds.append(Fold(train, np.flatnonzero(test), steps))
    return Plan(
        person,
        recording,
        begin_s,
        begin_s + WINDOW_S,
        begin_s,
        label.astype(float),
        values,
        tuple(folds),
        np.flatnonzero(is_rest),
    )


def with_fold(plan: Plan, **change: object) -> Plan:
    return plan._replace(folds=(plan.folds[0]._replace(**change), *plan.folds[1:]))


def windows_shuffled(plan: Plan) -> Plan:
    rng = np.random.default_rng(1)
    everything = rng.permutation(np.concatenate([plan.folds[0].train, plan.folds[0].test]))
    half = len(everything) // 2
    return with_fold(plan, train=everything[:half], test=everything[half:], steps=())


def blocks_split(plan: Plan) -> Plan:
    """Early blocks of everybody train, late ones test; there is a pause between."""
    scored = np.concatenate([plan.folds[0].train, plan.folds[0].test])
    middle = np.median(plan.begin_s[scored])
    early, late = (scored[plan.end_s[scored] < middle], scored[plan.begin_s[scored] > middle + 10])
    return with_fold(plan, train=early, test=late, steps=())


def same_person(plan: Plan) -> Plan:
    """Two recordings of one person, one on each side."""
    fold = plan.folds[0]
    person = plan.person.copy()
    person[np.isin(np.arange(len(person)), fold.test)] = plan.person[fold.train[0]]
    return plan._replace(person=person)


def two_names(plan: Plan) -> Plan:
    """A tested person's values are a trained person's, at another gain and offset."""
    fold = plan.folds[0]
    one, other = plan.person[fold.train[0]], plan.person[fold.test[0]]
    a, b = np.flatnonzero(plan.person == one), np.flatnonzero(plan.person == other)
    n = min(len(a), len(b))
    keep = np.ones(len(plan.person), bool)
    keep[a[n:]] = keep[b[n:]] = False
    values = plan.values.copy()
    values[b[:n]] = 3 * values[a[:n]] + 10
    kept = np.flatnonzero(keep)
    where = np.full(len(keep), -1)
    where[kept] = np.arange(len(kept))

    def moved(rows: np.ndarray) -> np.ndarray:
        return where[rows][where[rows] >= 0]

    folds = tuple(Fold(moved(fold.train), moved(fold.test), ()) for fold in plan.folds)
    columns = [np.asarray(column)[keep] for column in plan[:6]]
    return Plan(*columns, values[keep], folds, moved(plan.rest))


def step_saw_all(kind: str) -> Callable[[Plan], Plan]:
    def seed(plan: Plan) -> Plan:
        fold = plan.folds[0]
        return with_fold(plan, steps=(Step(kind, np.concatenate([fold.train, fold.test])),))  # type: ignore[arg-type]

    return seed


def one_label_each(plan: Plan) -> Plan:
    """A file for rest and a file for load, as many public sets have."""
    recording = np.char.add(np.char.add(plan.recording, "-"), plan.label.astype(int).astype(str))
    return plan._replace(recording=recording)


def normalised_each(plan: Plan) -> Plan:
    plan = one_label_each(plan)
    return with_fold(plan, steps=(Step("scaler", plan.folds[0].train, per_recording=True),))


def lengths_tell(plan: Plan) -> Plan:
    plan = one_label_each(plan)
    keep = np.ones(len(plan.person), bool)
    for name in np.unique(plan.recording[plan.label > 0]):
        keep[np.flatnonzero(plan.recording == name)[10:]] = False
    where = np.cumsum(keep) - 1
    folds = tuple(Fold(where[f.train[keep[f.train]]], where[f.test[keep[f.test]]], ()) for f in plan.folds)
    columns = [np.asarray(column)[keep] for column in plan[:7]]
    return Plan(*columns, folds, where[plan.rest[keep[plan.rest]]])


def rest_holds_load(plan: Plan) -> Plan:
    loaded = plan.folds[0].test[plan.label[plan.folds[0].test] > 0][:20]
    return plan._replace(rest=np.concatenate([plan.rest, loaded]))


def rest_is_scored(plan: Plan) -> Plan:
    return with_fold(plan, test=np.concatenate([plan.folds[0].test, plan.rest[plan.person[plan.rest] == "P0"]]))


def clock_tells(plan: Plan) -> Plan:
    return plan._replace(order_s=plan.label * 1000 + plan.begin_s)


def copies_augmented(plan: Plan) -> Plan:
    """Windows of the test, under a trained person's name."""
    fold = plan.folds[0]
    values = plan.values.copy()
    values[fold.train[:30]] = values[fold.test[:30]]
    recording = plan.recording.copy()
    recording[fold.train[:30]] = "made"
    recording[fold.test[:30]] = "source"
    return plan._replace(values=values, recording=recording)


def noisy(plan: Plan, seeded: Callable[[Plan], Plan], noise: float) -> Plan:
    """A little noise over copies must not hide them."""
    rng = np.random.default_rng(1)
    plan = seeded(plan)
    return plan._replace(values=plan.values + noise * rng.standard_normal(plan.values.shape))


def duplicated(plan: Plan) -> Plan:
    """A known person's recording twice, on both sides, where the protocol tests on known people."""
    fold = plan.folds[0]
    recording = np.char.add(
        np.char.add(plan.recording, "-"), (np.cumsum(np.diff(plan.label, prepend=0) != 0)).astype(str)
    )
    train = fold.train[recording[fold.train] == recording[fold.train[0]]]
    names, counts = np.unique(recording[fold.test], return_counts=True)
    test = np.flatnonzero(recording == names[counts.argmax()])
    values, person = plan.values.copy(), plan.person.copy()
    n = min(len(train), len(test))
    values[test[:n]] = values[train[:n]] + 0.1 * np.random.default_rng(2).standard_normal((n, values.shape[1]))
    person[test] = person[train[0]]
    return plan._replace(person=person, recording=recording, values=values, apart="recording")


def rest_seen(plan: Plan) -> Plan:
    """The population's mean was taken over everybody's rest, the tested people's too."""
    return with_fold(plan, steps=(Step("scaler", plan.rest),))


def rest_reaches_in(plan: Plan) -> Plan:
    """What is scored begins before the calibration has ended, though no window is in both."""
    is_scored = ~np.isin(np.arange(len(plan.person)), plan.rest)
    begin_s = plan.begin_s - 6 * is_scored
    return plan._replace(begin_s=begin_s, end_s=begin_s + WINDOW_S)


def file_marks(plan: Plan, spread: float) -> Plan:
    """A feature that holds the file's offset, which differs between rest and load."""
    plan = one_label_each(plan)
    _, place = np.unique(plan.recording, return_inverse=True)
    mark = 10 * plan.label + spread * np.random.default_rng(3).random(place.max() + 1)[place]
    return plan._replace(values=np.column_stack((plan.values, mark)))


def trial_marks(plan: Plan) -> Plan:
    """The plan of `file_marks` in a set whose trials each begin with a little rest."""
    plan = file_marks(plan, 1.0)
    loads = np.unique(plan.recording[plan.label > 0])
    first = np.array([np.flatnonzero(plan.recording == name)[0] for name in loads])
    label = plan.label.copy()
    label[first] = 0
    outside = [np.setdiff1d(rows, first) for fold in plan.folds for rows in (fold.train, fold.test)]
    folds = tuple(Fold(train, test, ()) for train, test in zip(outside[::2], outside[1::2], strict=True))
    gap = np.where(np.isin(np.arange(len(label)), first), -2 * WINDOW_S, 0.0)
    moved = plan._replace(begin_s=plan.begin_s + gap, end_s=plan.end_s + gap)
    return moved._replace(label=label, folds=folds, rest=np.concatenate((plan.rest, first)))


def offsets_tell(plan: Plan) -> Plan:
    """Files of load lie at another offset; no feature shows it, but it was measured."""
    plan = one_label_each(plan)
    return plan._replace(properties={"offset": 3 * plan.label + np.random.default_rng(4).random(len(plan.label))})


def clock_is_feature(plan: Plan) -> Plan:
    """A drift that all recordings share, and tasks whose order they share."""
    plan = clock_tells(plan)
    return plan._replace(values=np.column_stack((plan.values, 0.01 * plan.order_s)))


SEEDED = {
    "same person under two names, with noise": (lambda plan: noisy(plan, two_names, 0.1), "twins"),
    "augmented copies, with noise": (lambda plan: noisy(plan, copies_augmented, 0.01), "copies"),
    "duplicated recording": (duplicated, "duplicate"),
    "scaler saw the tested people's rest": (rest_seen, "scaler"),
    "rest reaches into what is scored": (rest_reaches_in, "rest overlap"),
    "a file's mark is a feature": (lambda plan: file_marks(plan, 1.0), "coded"),
    "a trial's mark is a feature, after some rest": (trial_marks, "coded"),
    "offsets tell": (offsets_tell, "property"),
    "a clock is a feature": (clock_is_feature, "clock feature"),
    "windows shuffled": (windows_shuffled, "overlap"),
    "blocks split": (blocks_split, "block"),
    "same person on both sides": (same_person, "person"),
    "same person under two names": (two_names, "twins"),
    "copied recording": (two_names, "copies"),
    **{f"{kind} saw the test": (step_saw_all(kind), kind) for kind in KINDS},
    "normalised per recording": (normalised_each, "normalisation"),
    "rest holds load": (rest_holds_load, "rest"),
    "rest is scored": (rest_is_scored, "rest overlap"),
    "augmented copies": (copies_augmented, "copies"),
    "the clock tells": (clock_tells, "clock"),
    "one label a recording": (one_label_each, "recording"),
    "lengths tell": (lengths_tell, "property"),
}
WARNED = {"clock", "recording", "property"}


@pytest.mark.parametrize("name", SEEDED)
@pytest.mark.parametrize("seed", range(3))
def test_every_seeded_leak_is_found_by_name(name: str, seed: int) -> None:
    sow, kind = SEEDED[name]
    found = examine(sow(clean(seed)))
    assert kind in {finding.kind for finding in found}
    assert all(finding.is_refused != (finding.kind in WARNED) for finding in found)
    assert all(finding.sentence.endswith(".") for finding in found)


@pytest.mark.parametrize("seed", range(100))
def test_a_clean_run_raises_no_alarm(seed: int) -> None:
    rng = np.random.default_rng((seed, 1))
    n_people = int(rng.integers(6, 14))
    plan = clean(seed, n_people, int(rng.integers(2, min(n_people, 6))), int(rng.integers(6, 12)))
    assert examine(plan) == ()


def test_a_leak_is_refused_in_words_and_a_warning_is_not() -> None:
    with pytest.raises(ConfigError, match=r"Fold 0 trains and tests on P\d"):
        refuse_leaks(examine(same_person(clean())))
    refuse_leaks(examine(one_label_each(clean())))


def test_there_are_enough_kinds() -> None:
    assert len({kind for _, kind in SEEDED.values()}) >= 14


def test_known_people_may_be_tested_where_the_protocol_says_so() -> None:
    """Early recordings of everybody train, late ones test: no leak there, and one where people are split."""
    plan = clean()
    is_late = plan.begin_s > np.median(plan.begin_s)
    recording = np.where(is_late, np.char.add(plan.recording, "-late"), plan.recording)
    scored = np.setdiff1d(np.arange(len(plan.person)), plan.rest)
    fold = Fold(scored[~is_late[scored]], scored[is_late[scored]], (Step("weights", scored[~is_late[scored]]),))
    known = plan._replace(recording=recording, folds=(fold,), apart="recording")
    assert examine(known) == ()
    assert {finding.kind for finding in examine(known._replace(apart="person"))} == {"person", "weights"}


def test_flat_windows_are_no_copies() -> None:
    plan = clean()
    values = plan.values.copy()
    values[::7] = 0.0
    values[::11] = np.nan
    assert examine(plan._replace(values=values)) == ()
