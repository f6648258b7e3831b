"""The card says honestly which findings the virtual listener repeats."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from export.twin.findings import FINDINGS, NOT_REPRESENTED, Finding
from export.twin.validity import CARD, card, check, draw

QUICK = [finding for finding in FINDINGS if "x" not in finding.n]
"""Studies of one trial; the pooled ones take minutes."""


def test_every_study_of_one_trial_runs_and_gives_one_value_for_each_replication() -> None:
    results = check(QUICK, 6, (0,))
    for result in results:
        assert result.values.shape == (6,), result.finding.name
        assert np.all(np.isfinite(result.values)), result.finding.name


def test_the_same_seed_gives_the_same_replications_and_another_does_not() -> None:
    one, again = (check(QUICK[-6:-4], 4, (3,))[0].values for _ in range(2))
    np.testing.assert_array_equal(one, again)


def test_what_fails_is_told_as_failed(tmp_path: Path) -> None:
    def study(random: np.random.Generator, replications: int) -> np.ndarray:
        return random.normal(0.5, 0.1, replications)

    right = Finding("near", "nobody", "10", study, 0.5)
    wrong = Finding("far", "nobody", "10", study, 1.5)
    outside = Finding("outside", "nobody", "10", study, 0.0, (-0.2, 0.2))
    results = check([right, wrong, outside], 60, (0, 1))
    assert [result.holds for result in results] == [True, False, False]
    page = card(results, "command")
    assert "1 of 3 published findings hold; failed: far; outside" in page
    assert page.count("**FAILED**") == 2
    draw(results, tmp_path / "card.png")
    assert (tmp_path / "card.png").stat().st_size > 1000


def test_the_committed_card_lists_every_finding_and_what_is_not_represented() -> None:
    page = CARD.read_text("utf-8")
    for finding in FINDINGS:
        assert f"| {finding.name} | {finding.source} |" in page
    for name, *_ in NOT_REPRESENTED:
        assert name in page
