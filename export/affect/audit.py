"""Lays a training run open for the leak detector, from what the run really did, and tries it on scrambled labels."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from export.affect.crossval import CrossValidation, cross_validate
from export.affect.data import LOAD, REST, Person
from export.affect.leaks import Finding, Fold, Plan, Step, examine
from export.affect.settings import TrainingConfig

CHANCE = 0.12
"""How far from one half a score on scrambled labels may lie: two standard errors of some twenty people."""


def audit(people: Sequence[Person], config: TrainingConfig, found: CrossValidation) -> tuple[Finding, ...]:
    """Findings of the detector and of the trial."""
    return (*examine(plan_of(people, config, found)), *_try_scrambled(people, config))


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


def _try_scrambled(people: Sequence[Person], config: TrainingConfig) -> tuple[Finding, ...]:
    """The whole run with rest and load exchanged in half of the people, once calibrated: nothing may be found."""
    rng = np.random.default_rng(config.seed)
    scrambled = []
    for person in people:
        label = np.where(person.label == LOAD, REST, np.where(person.label == REST, LOAD, np.nan))
        is_calibration = person.t_s <= person.t_s[0] + config.baseline_s
        is_first = person.segment == person.segment[0]
        flipped = np.where(is_calibration & is_first, person.label, label)
        scrambled.append(person._replace(label=flipped) if rng.random() < 0.5 else person)
    quick = msgspec.structs.replace(
        config, inner_folds=2, evidence_s=config.evidence_s[:1], montages=dict([next(iter(config.montages.items()))])
    )
    score = cross_validate(scrambled, quick).reports[0].accuracy
    if abs(score - 0.5) <= CHANCE:
        return ()
    return (Finding("scrambled", f"On scrambled labels the run still scores {score:.2f}."),)
