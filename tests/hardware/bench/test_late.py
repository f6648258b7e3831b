"""What a child came to becomes figures; a child that dies is an error with its words."""

from __future__ import annotations

import pytest

from hardware.bench import late
from hardware.bench.player import Outcome
from hardware.bench.quota import Quota


def test_late_bars_and_the_curve_become_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []

    def run(quota: Quota, work: str, amount: int, progress: object, where: str = "") -> Outcome:
        asked.append((work, amount))
        return Outcome(400, 2, 1, 1200.0, [0.1] * 400, [0.5] * 399 + [-0.25], [0.01] * 200)

    monkeypatch.setattr(late, "run", run)
    figures = {figure.name: figure for figure in late.measure(print, quick=True)}
    assert asked[:2] == [("starts", 200), ("play", 1200)]
    assert len(asked) == 6
    assert not figures["late bars in 200 starts"].is_met
    assert figures["least time to spare in 20 min of play"].value == -0.25
    assert figures["share of a bar used at 1/16 of a processor, 99.9 %"].value == pytest.approx(0.1)
    assert "2 late" in figures["share of a bar used at 1/16 of a processor, 99.9 %"].note


def test_a_real_child_is_followed_to_its_end() -> None:
    told: list[str] = []
    outcome = late.run(Quota((), 4.0), "starts", 2, told.append)
    assert (outcome.bars, outcome.late) == (4, 0)
    assert told[-1] == "starts, 2 of 2, 0 late"


def test_a_child_that_dies_is_not_taken_for_music() -> None:
    with pytest.raises(late.PlayerDiedError, match="KeyError"):
        late.run(Quota(()), "nonsense", 2, print)
