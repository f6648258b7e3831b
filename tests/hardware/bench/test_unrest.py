"""The bench of sessions that begin under load."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hardware.bench.people import Person, Told
from hardware.bench.unrest import SILENCE, brier, turn


def test_load_comes_first_in_a_recording_that_is_turned_round() -> None:
    person = Person("S00", (Path("rest"), Path("load")), np.array([0.0, 0.0, 0.0, 1.0]))
    assert turn(person).tolist() == [1, 0, 0, 0]


def test_who_says_nothing_scores_as_silence_and_who_is_sure_and_wrong_scores_worse() -> None:
    label = np.array([0.0, 0.0, 0.0, 1.0])
    assert brier(Told("S00", np.full(4, np.nan), label)) == pytest.approx(SILENCE)
    assert brier(Told("S00", label, label)) == 0
    assert brier(Told("S00", 1 - label, label)) == 1


def test_both_states_weigh_the_same_however_long_they_last() -> None:
    label = np.array([0.0, 0.0, 0.0, 1.0])
    assert brier(Told("S00", np.zeros(4), label)) == pytest.approx(0.5)
