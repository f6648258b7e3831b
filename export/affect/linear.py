"""The plain reader: a logistic regression on the box's features, each person against their own rest.

Not what ships, but what anything that ships has to be ahead of on the same split.
"""

from __future__ import annotations

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from export.affect.labelled import against_rest
from export.affect.leaks import Fold, Plan
from export.affect.trials import Outcome

INVERSE_PENALTY = 0.1


def read(plan: Plan, fold: Fold) -> Outcome:
    """Fit to the fold's training windows and score the tested ones; what is absent becomes the mean of training."""
    is_rest = np.isin(np.arange(len(plan.person)), plan.rest)
    values = against_rest(plan.values, plan.person, is_rest)
    imputer, scaler = SimpleImputer(keep_empty_features=True), StandardScaler()
    regression = LogisticRegression(C=INVERSE_PENALTY, class_weight="balanced", max_iter=5000)
    model = make_pipeline(imputer, scaler, regression).fit(values[fold.train], plan.label[fold.train])
    classes = np.unique(plan.label)
    scores = np.zeros((len(fold.test), len(classes)))
    scores[:, np.searchsorted(classes, regression.classes_)] = model.predict_proba(values[fold.test])
    learned = (imputer.statistics_, scaler.mean_, scaler.scale_, regression.coef_.ravel(), regression.intercept_)
    return Outcome(np.concatenate(learned), scores)
