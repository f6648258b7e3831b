"""Protocols: nobody is on both sides of a split, labels are those of the source, and every row can be told by name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.affect.loaders.recording import Label
from export.affect.protocols import PROTOCOLS, split

NAMES = [f"S{number:02}" for number in range(1, 33)]


def rated(rating: float, scale_top: float) -> Label:
    return Label(0.0, 1.0, valence=rating, arousal=1.0, scale_top=scale_top)


def named(name: str) -> Label:
    return Label(0.0, 1.0, name=name)


@given(st.integers(2, 60), st.integers(2, 12), st.integers(0, 2**31))
def test_folds_are_disjoint_and_hold_everybody(n_people: int, n_folds: int, seed: int) -> None:
    folds = split(n_people, n_folds, seed)
    assert sorted(np.concatenate(folds).tolist()) == list(range(n_people))


PEOPLE_APART = sorted(name for name, row in PROTOCOLS.items() if row.apart == "person")


@given(st.sampled_from(PEOPLE_APART), st.integers(2, 40), st.integers(0, 2**31))
def test_nobody_is_trained_on_and_tested(name: str, n_people: int, seed: int) -> None:
    names = [f"S{number}" for number in range(n_people)]
    for fold in PROTOCOLS[name].folds(names, seed):
        assert fold.train
        assert fold.test
        assert not set(fold.train) & set(fold.test)
        assert set(fold.train) | set(fold.test) <= set(names)


@pytest.mark.parametrize("name", [name for name in PEOPLE_APART if name != "libeer-cross-subject"])
def test_everybody_is_tested_once(name: str) -> None:
    tested = [person for fold in PROTOCOLS[name].folds(NAMES, 7) for person in fold.test]
    assert sorted(tested) == NAMES


@given(st.integers(1, 4), st.integers(1, 40), st.integers(0, 2**31))
def test_known_people_are_tested_on_whole_trials_of_their_own(n_people: int, n_trials: int, seed: int) -> None:
    names = [f"s{person}/{trial:02}" for trial in range(n_trials) for person in range(n_people)]
    folds = PROTOCOLS["deap-subject-dependent-trialwise"].folds(names, seed)
    assert sorted(name for fold in folds for name in fold.test) == (sorted(names) if n_trials > 1 else [])
    for fold in folds:
        assert len({name.partition("/")[0] for name in (*fold.train, *fold.test)}) == 1
        assert fold.train
        assert not set(fold.train) & set(fold.test)


def test_of_32_people_libeer_tests_six_and_trains_on_twenty() -> None:
    row = PROTOCOLS["libeer-cross-subject"]
    (fold,) = row.folds(NAMES, row.seed)
    assert (len(fold.train), len(fold.test)) == (20, 6)
    assert row.folds(NAMES, row.seed) == [fold], "the same seed, the same people"


@pytest.mark.parametrize(
    ("name", "label", "expected"),
    [
        ("eegain-loso", rated(4.9, 9), 0),
        ("eegain-loso", rated(5.0, 9), 1),
        ("eegain-loso", rated(3, 5), 0),
        ("eegain-loso", rated(4, 5), 1),
        ("eegain-loso", named("neutral"), 1),
        ("libeer-cross-subject", rated(5.0, 9), None),
        ("libeer-cross-subject", rated(5.1, 9), 1),
        ("libeer-cross-subject", named("positive"), 2),
        ("loso", rated(3, 5), None),
        ("loso", rated(2, 5), 0),
        ("loso", named("stress"), 1),
        ("loso", named("amusement"), None),
        ("loso", Label(0.0, 1.0), None),
        ("wesad-loso-binary", named("amusement"), 0),
        ("wesad-loso-binary", named("meditation"), None),
        ("wesad-loso-binary", rated(9, 9), None),
        ("wesad-loso-3class", named("amusement"), 2),
        ("seed-3class-cross-subject", named("neutral"), 1),
        ("seed-3class-cross-subject", rated(2, 9), None),
        ("deap-subject-dependent-trialwise", rated(5, 9), None),
    ],
)
def test_labels_are_those_of_the_source(name: str, label: Label, expected: int | None) -> None:
    assert PROTOCOLS[name].label_of(label, "valence") == expected


def test_the_axis_chooses_the_rating() -> None:
    label = Label(0.0, 1.0, valence=8.0, arousal=2.0, scale_top=9.0)
    assert [PROTOCOLS["loso"].label_of(label, axis) for axis in ("valence", "arousal")] == [1, 0]


def test_every_row_says_where_it_comes_from() -> None:
    for name, row in PROTOCOLS.items():
        assert row.id == name
        assert row.source
        assert row.verified
