from __future__ import annotations

import numpy as np
import pytest

from export.twin.likeness import accuracies_of, figures_of, simulated
from export.twin.reading import autocorrelation, edges, fit_source, followed, series_of
from export.twin.told import Told, held, judged_of
from hardware.twin.reading import PersonRow, Source

BLOCKS = np.tile(np.repeat([0.0, 1.0], 150), 8)


def row(gain: float, is_blind: bool = False) -> PersonRow:
    return PersonRow(-2.0 if gain else 0.5, gain, 1.0, 0.8, 1.0, is_blind)


@pytest.fixture(scope="module")
def made() -> Source:
    """A source of which everything is known: six people who are read, two who are not."""
    people = tuple(row(gain, gain == 0.0) for gain in (3.0, 4.0, 4.0, 4.0, 5.0, 5.0, 0.0, 0.0))
    return Source(0.1, 0.95, 8.0, 14.0, 4.0, 1.0, people)


@pytest.fixture(scope="module")
def told(made: Source) -> list[Told]:
    people = [Told(str(number), np.zeros(len(BLOCKS)), BLOCKS, 60.0) for number in range(len(made.people))]
    return simulated(people, made, 1)


def test_the_fit_finds_the_people_that_were_put_in(made: Source, told: list[Told]) -> None:
    found = fit_source(told, [])
    assert found.lag_s == pytest.approx(made.lag_s, abs=4)
    assert found.noise_s + found.smoothing_s == pytest.approx(made.noise_s + made.smoothing_s, rel=0.4)
    for one, other in zip(found.people, made.people, strict=True):
        assert one.gain == pytest.approx(other.gain, abs=1.0)
        assert one.known == 1.0
    assert [one.is_blind for one in found.people][:6] == [False] * 6


def test_a_fitted_twin_is_read_like_its_people(told: list[Told]) -> None:
    again = simulated(told, fit_source(told, []), 2)
    one, other = figures_of(told, ""), figures_of(again, "")
    for name in ("told_at_rest", "told_at_load", "accuracy", "sd_at_rest", "sd_at_load"):
        assert one[name] == pytest.approx(other[name], abs=0.12), name


def test_bouts_of_unknown_are_counted(told: list[Told]) -> None:
    holes = told[0].arousal.copy()
    holes[100:130] = holes[200:210] = np.nan
    found = series_of(told[0]._replace(arousal=holes), *edges(told))
    assert found.unknown_runs_s == (30.0, 10.0)
    assert found.known == pytest.approx(1 - 40 / (len(holes) - 70))
    assert not found.judged[100 - 70 : 130 - 70].any()


def test_nobody_is_judged_where_no_state_is_sure(told: list[Told]) -> None:
    unlabelled = told[0]._replace(label=np.full(len(BLOCKS), np.nan))
    said, label = judged_of(unlabelled)
    assert len(said) == len(label) == 0
    assert np.isnan(accuracies_of([unlabelled])[0])


def test_a_state_lasts_until_the_next_label() -> None:
    np.testing.assert_array_equal(held(np.array([np.nan, 1.0, np.nan, 0.0, np.nan])), [0.0, 1.0, 1.0, 0.0, 0.0])


def test_smoothed_noise_hardly_moves_in_a_second_and_is_forgotten_in_time() -> None:
    near, far = autocorrelation(np.array([1.0, 200.0]), 20.0, 5.0)
    assert near > 0.99
    assert far < 0.001


def test_what_is_followed_arrives() -> None:
    assert followed(np.concatenate((np.zeros(1), np.ones(100))), 8.0)[-1] == pytest.approx(1.0, abs=1e-4)
