"""How judgements follow what was asked."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from hardware.bench.plane import draw, follow, r2, trends

LEVELS = (-1.0, -0.5, 0.0, 0.5, 1.0)
ASKED = np.array([(v, a) for _ in range(8) for a in LEVELS for v in LEVELS])


def _noise(size: float) -> npt.NDArray[np.float64]:
    return np.random.default_rng(0).normal(0.0, size, ASKED.shape)


def test_judgements_that_are_the_wish_follow_it_wholly() -> None:
    found = follow(ASKED, ASKED)
    for axis in (found.valence, found.arousal):
        assert axis.r2 == pytest.approx(1.0)
        assert axis.r2_of_other == pytest.approx(0.0)
        assert axis.slope == pytest.approx(1.0)
        assert (axis.rising_lines, axis.all_rise) == (5, 1.0)
        assert axis.smallest_step == pytest.approx(0.5)
    assert found.quadrants == 1.0
    assert found.n_pieces == 200
    assert found.valence.means[0] == LEVELS
    assert [row[0] for row in found.arousal.means] == list(LEVELS)


def test_means_of_cells_follow_better_than_single_pieces() -> None:
    found = follow(ASKED, 0.5 * ASKED + _noise(0.4))
    assert found.valence.r2 > found.valence.r2_per_piece + 0.1
    low, high = found.valence.r2_interval
    assert low < found.valence.r2 < high


def test_a_switch_of_the_mode_is_no_dial() -> None:
    judged = np.column_stack((np.where(ASKED[:, 0] >= 0, 1.0, -1.0), ASKED[:, 1]))
    found = follow(ASKED, judged)
    assert found.valence.r2 == pytest.approx(0.75)
    assert found.valence.rising_lines == 0
    assert found.arousal.r2 == pytest.approx(1.0)


def test_a_step_back_is_named_where_it_is() -> None:
    judged = ASKED.copy()
    judged[(ASKED[:, 0] == 1.0) & (ASKED[:, 1] == -0.5), 0] = 0.2
    valence = follow(ASKED, judged).valence
    assert valence.rising_lines == 4
    assert valence.smallest_step == pytest.approx(-0.3)
    assert valence.smallest_step_at == "valence +0.5 to +1.0 at arousal -0.5"
    judged = ASKED.copy()
    judged[(ASKED[:, 0] == 0.5) & (ASKED[:, 1] == 0.0), 1] = -0.6
    assert follow(ASKED, judged).arousal.smallest_step_at == "arousal -0.5 to +0.0 at valence +0.5"


def test_steps_smaller_than_the_spread_rise_only_in_some_draws() -> None:
    found = follow(ASKED, 0.1 * ASKED + _noise(0.15))
    assert found.valence.all_rise < 0.5
    low, high = found.valence.smallest_step_interval
    assert low < 0 < high or high < 0


def test_wrong_quadrants_are_counted_off_the_axes_only() -> None:
    judged = ASKED.copy()
    judged[:, 0] = np.where(ASKED[:, 0] == 0, -1.0, np.abs(ASKED[:, 0]))
    assert follow(ASKED, judged).quadrants == 0.5


def test_what_does_not_move_explains_nothing() -> None:
    assert r2(ASKED[:, 0], np.zeros(len(ASKED))) == 0.0


def test_trends_hold_the_other_axis() -> None:
    values = np.column_stack((3 * ASKED[:, 0] + ASKED[:, 1], ASKED[:, 1]))
    found = trends(ASKED, values, ("mixed", "pure"))
    assert found["mixed"] == pytest.approx({"valence": 6.0, "arousal": 2.0})
    assert found["pure"] == pytest.approx({"valence": 0.0, "arousal": 2.0}, abs=1e-9)


def test_the_picture_is_drawn(tmp_path: Path) -> None:
    draw(tmp_path / "plane.png", {"cues": follow(ASKED, ASKED), "emopia": follow(ASKED, -ASKED)}, LEVELS)
    assert (tmp_path / "plane.png").stat().st_size > 5000
