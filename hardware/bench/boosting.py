"""Gradient boosting at work, in an interpreter of its own that has scikit-learn.

    PEERS_PYTHON -P hardware/bench/boosting.py < cases.json > answers.json

A case has `values` (pieces by features, null where unknown), `is_ours` and `groups`: no group is judged by a model that
has seen a part of it. The answer is balanced accuracy and, per feature, what of it is lost when it is shuffled.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

import numpy as np

FOLDS = 20
"""Up to so many songs are each left out alone; more are left out together, with the pieces of ours beside them."""
SHUFFLES = 3
SEED = 0


def judge(case: dict[str, Any]) -> tuple[float, list[float]]:
    """Balanced accuracy out of fold, and what each feature is worth to it."""
    values = np.array(case["values"], float)
    is_ours = np.array(case["is_ours"])
    groups = np.unique(case["groups"], return_inverse=True)[1]
    selection = importlib.import_module("sklearn.model_selection")
    folds = selection.GroupKFold(min(FOLDS, len(np.unique(groups))), shuffle=True, random_state=SEED)
    found = np.zeros(len(values), bool)
    shuffled = np.zeros((values.shape[1] * SHUFFLES, len(values)), bool)
    for seen, unseen in folds.split(values, is_ours, groups):
        model = _fitted(values[seen], is_ours[seen])
        found[unseen] = model.predict(values[unseen])
        mixed = _mixed(values, unseen)
        shuffled[:, unseen] = model.predict(mixed.reshape(-1, values.shape[1])).reshape(-1, len(unseen))
    accuracy = _balanced(found, is_ours)
    losses = np.array([accuracy - _balanced(turn, is_ours) for turn in shuffled])
    return accuracy, losses.reshape(-1, SHUFFLES).mean(axis=1).tolist()


def _mixed(values: Any, unseen: Any) -> Any:
    """The unseen rows again and again, each time with one feature drawn from all pieces."""
    rng = np.random.default_rng(SEED)
    mixed = np.repeat(values[None, unseen], values.shape[1] * SHUFFLES, axis=0)
    for turn, rows in enumerate(mixed):
        feature = turn // SHUFFLES
        rows[:, feature] = rng.choice(values[:, feature], len(unseen))
    return mixed


def _fitted(values: Any, is_ours: Any) -> Any:
    ensemble = importlib.import_module("sklearn.ensemble")
    model = ensemble.HistGradientBoostingClassifier(
        max_iter=80, max_leaf_nodes=8, min_samples_leaf=5, class_weight="balanced", random_state=SEED
    )
    return model.fit(values, is_ours)


def _balanced(found: Any, is_ours: Any) -> float:
    return float((found[is_ours].mean() + (~found[~is_ours]).mean()) / 2)


def main() -> None:
    cases = json.load(sys.stdin)
    print(json.dumps({name: judge(case) for name, case in cases.items()}))


if __name__ == "__main__":
    main()
