"""The plain reader: fitted to training alone, at home with absent features and absent classes."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="the plain reader comes with the extra `export`")

from export.affect.linear import read
from export.affect.trials import try_out
from tests.export.affect.test_trials import with_signal


def test_an_honest_reader_passes_its_trials() -> None:
    assert try_out(with_signal(), read, 0) == ()


def test_what_rises_with_the_class_is_read() -> None:
    plan = with_signal()
    outcome = read(plan, plan.folds[0])
    right = outcome.scores.argmax(axis=1) == plan.label[plan.folds[0].test]
    assert right.mean() > 0.6


def test_a_feature_nobody_has_changes_no_answer() -> None:
    plan = with_signal()
    absent = np.column_stack((plan.values, np.full(len(plan.label), np.nan)))
    told, without = (read(one, plan.folds[0]).scores for one in (plan._replace(values=absent), plan))
    np.testing.assert_allclose(told, without, atol=1e-3)


def test_a_class_that_training_lacks_is_never_answered() -> None:
    plan = with_signal(classes=3)
    fold = plan.folds[0]
    fold = fold._replace(train=fold.train[plan.label[fold.train] != 1])
    scores = read(plan, fold).scores
    assert scores.shape == (len(fold.test), 3)
    assert (scores[:, 1] == 0).all()
