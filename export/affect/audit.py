"""Lays a training run open for the leak detector, from what the run really did, and tries what no claim can show."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from device.dsp.windows import FloatArray
from export.affect.crossval import CrossValidation, cross_validate, fold_without
from export.affect.data import LOAD, REST, Person
from export.affect.fit import Fitted
from export.affect.leaks import Finding, Fold, Plan, Step, examine
from export.affect.settings import TrainingConfig

CHANCE = 0.12
"""How far from one half a score on scrambled labels may lie: two standard errors of some twenty people."""
STRANGE_SD = 3.0
"""How far the tested people's signals are moved before a fold is fitted once more."""


def audit(people: Sequence[Person], config: TrainingConfig, found: CrossValidation) -> tuple[Finding, ...]:
    """Findings of the detector and of the trials."""
    declared = examine(plan_of(people, config, found))
    return (*declared, *try_refit(people, config, found), *_try_scrambled(people, config))


def plan_of(people: Sequence[Person], config: TrainingConfig, found: CrossValidation) -> Plan:
    """Every n-th window as in training: those that calibrate and those that are scored."""
    rows = []
    for person in people:
        item = found.folds[0].fitted.calibrate(person, config)
        known = np.union1d(item.baseline, item.after)[:: config.train_step]
        rows.append((person, known[np.isfinite(person.label[known]) | np.isin(known, item.baseline)], item.baseline))
    names = np.concatenate([np.full(len(known), person.name) for person, known, _ in rows])
    is_rest = np.concatenate([np.isin(known, baseline) for _, known, baseline in rows])
    end_s = np.concatenate([person.t_s[known] for person, known, _ in rows])
    recordings = [np.char.add(f"{person.name}-", person.segment[known].astype(str)) for person, known, _ in rows]
    label = np.concatenate([person.label[known] for person, known, _ in rows])
    return Plan(
        names,
        np.concatenate(recordings),
        end_s - np.concatenate([person.window_s[known] for person, known, _ in rows]),
        end_s,
        np.concatenate([session_s(person)[known] for person, known, _ in rows]),
        np.where(np.isfinite(label), label, REST),
        np.concatenate([person.values[known].reshape(len(known), -1) for person, known, _ in rows]),
        tuple(
            Fold(
                np.flatnonzero(np.isin(names, fold.fitted.seen) & ~is_rest),
                np.flatnonzero(np.isin(names, [person.name for person in fold.unseen]) & ~is_rest),
                (
                    Step("weights", np.flatnonzero(np.isin(names, fold.fitted.seen))),
                    Step("scaler", np.flatnonzero(np.isin(names, fold.fitted.seen))),
                    Step("calibration", np.flatnonzero(np.isin(names, fold.calibrated_on))),
                ),
            )
            for fold in found.folds
        ),
        np.flatnonzero(is_rest),
    )


def session_s(person: Person) -> np.ndarray:
    """Time since the person's session began: segments follow each other."""
    ends_s = [0.0, *(person.t_s[person.segment == number].max() for number in np.unique(person.segment))]
    return np.asarray(person.t_s + np.cumsum(ends_s)[person.segment])


def try_refit(people: Sequence[Person], config: TrainingConfig, found: CrossValidation) -> tuple[Finding, ...]:
    """Fit the first fold once more with other signals and labels in its tested people: nothing fitted may change."""
    first = found.folds[0]
    tested = {person.name for person in first.unseen}
    rng = np.random.default_rng(config.seed)
    changed = [_changed(person, rng) if person.name in tested else person for person in people]
    out = [index for index, person in enumerate(people) if person.name in tested]
    again = fold_without(changed, out, config, 0)
    pairs = zip(_numbers(first.fitted), _numbers(again.fitted), strict=True)
    if again.calibration == first.calibration and all(np.array_equal(*pair, equal_nan=True) for pair in pairs):
        return ()
    return (Finding("refit", "What the first fold fitted changes with those it tests."),)


def _changed(person: Person, rng: np.random.Generator) -> Person:
    spread = np.nan_to_num(np.nanstd(np.where(np.isfinite(person.values), person.values, np.nan), axis=0))
    moved = person.values + STRANGE_SD * spread * rng.standard_normal(person.values.shape)
    return person._replace(values=moved, label=_exchanged(person))


def _exchanged(person: Person) -> FloatArray:
    """Rest for load and load for rest; a mixed window stays so."""
    return LOAD + REST - person.label


def _numbers(fitted: Fitted) -> tuple[FloatArray, ...]:
    """Population and weights."""
    kernel = fitted.kernel
    return fitted.mean, fitted.sd, kernel.centres, kernel.weight, np.asarray(kernel.bias)


def _try_scrambled(people: Sequence[Person], config: TrainingConfig) -> tuple[Finding, ...]:
    """The whole run with rest and load exchanged in half of the people, once calibrated: nothing may be found."""
    rng = np.random.default_rng(config.seed)
    scrambled = []
    for person in people:
        is_calibration = person.t_s <= person.t_s[0] + config.baseline_s
        is_first = person.segment == person.segment[0]
        flipped = np.where(is_calibration & is_first, person.label, _exchanged(person))
        scrambled.append(person._replace(label=flipped) if rng.random() < 0.5 else person)
    quick = msgspec.structs.replace(
        config, inner_folds=2, evidence_s=config.evidence_s[:1], montages=dict([next(iter(config.montages.items()))])
    )
    score = cross_validate(scrambled, quick).reports[0].accuracy
    if abs(score - 0.5) <= CHANCE:
        return ()
    return (Finding("scrambled", f"On scrambled labels the run still scores {score:.2f}."),)
