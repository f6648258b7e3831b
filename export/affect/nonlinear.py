"""The kernel reading that ships, fitted to whatever features a set gives: one model for each class against the others.

Its settings are those of `eeg.toml`, turned from 56 features to any number; none was chosen on a set that is read here.
"""

from __future__ import annotations

import numpy as np

from device.dsp.windows import FloatArray
from export.affect.kernel import Kernel, fit_kernel, outputs_of
from export.affect.labelled import against_rest
from export.affect.leaks import Fold, Plan
from export.affect.trials import Outcome

CLIP = 5.0
CENTRES = 300
WINDOWS_PER_CENTRE = 4
WIDTH_FEATURES = 0.28
"""gamma times the number of features: squared distances grow with it."""
MASK_WEIGHT = 1.9
"""Distance of a missing feature; 5 for the seven of a missing site."""
INVERSE_PENALTY = 0.003
CLASS_WEIGHT = 50.0
"""Weight of all windows of one class in one person."""
SEED = 0


def read(plan: Plan, fold: Fold) -> Outcome:
    """Fit to the fold's training windows and score the tested ones; what is absent is told to the kernel as such."""
    is_rest = np.isin(np.arange(len(plan.person)), plan.rest)
    z = np.clip(against_rest(plan.values, plan.person, is_rest), -CLIP, CLIP)
    known = np.isfinite(z)
    rows = np.concatenate((np.where(known, z, 0.0), known), axis=1).astype(np.float32)
    classes = np.unique(plan.label)
    weight = _weight(plan, fold)
    scores = np.full((len(fold.test), len(classes)), -np.inf)
    learned: list[FloatArray] = []
    for column, one in enumerate(classes):
        is_class = plan.label[fold.train] == one
        if is_class.any():
            kernel = _fit(rows[fold.train], is_class.astype(float), weight)
            scores[:, column] = outputs_of(kernel, rows[fold.test])
            learned += [kernel.centres.ravel(), kernel.weight, np.array([kernel.bias])]
    return Outcome(np.concatenate(learned), scores)


def _fit(rows: np.ndarray, label: FloatArray, weight: FloatArray) -> Kernel:
    n_features = rows.shape[1] // 2
    return fit_kernel(
        rows,
        label,
        weight,
        n_sites=n_features,
        mask_weight=MASK_WEIGHT,
        n_centres=min(CENTRES, max(1, len(rows) // WINDOWS_PER_CENTRE)),
        width=WIDTH_FEATURES / n_features,
        inverse_penalty=INVERSE_PENALTY,
        seed=SEED,
    )


def _weight(plan: Plan, fold: Fold) -> FloatArray:
    """Every class of every person weighs the same."""
    keys = np.stack((np.unique(plan.person, return_inverse=True)[1], plan.label), axis=1)[fold.train]
    _, place, counts = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    return np.asarray(CLASS_WEIGHT / counts[place.ravel()])
