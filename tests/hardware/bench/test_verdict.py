"""The bench of verdicts draws listeners as it says, and reports shares with what chance leaves open."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from device.trials.table import blocks_in
from hardware.bench import verdict
from hardware.bench.blocks import Listener, as_csv, blocks_of


def test_listeners_have_the_effect_and_the_scatter_that_they_are_given() -> None:
    blocks = [row for seed in range(40) for row in blocks_of(Listener(d=0.8), np.random.default_rng(seed))]
    counts = Counter(row.condition for row in blocks)
    assert counts["adaptive"] == len(blocks) / 2
    means = {name: np.mean([row.outcome for row in blocks if row.condition == name]) for name in counts}
    assert means["adaptive"] - means["static"] == pytest.approx(0.8, abs=0.1)
    assert blocks_in(as_csv(blocks[:20]), "t") == blocks[:20]


@pytest.mark.parametrize("name", verdict.WITHOUT)
def test_every_shape_can_be_judged(name: str) -> None:
    for found in verdict.verdicts(verdict.WITHOUT[name], 2, 0):
        assert 0 < found.p <= 1


def test_a_report_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict, "WITHOUT", {"two pairs a session": Listener(times=2, sessions=3)})
    monkeypatch.setattr(verdict, "SESSIONS", (3,))
    monkeypatch.setattr(verdict, "EFFECTS", (0.0, 0.8))
    monkeypatch.setattr(verdict, "PAIRS_TRIED", (2,))
    monkeypatch.setattr(verdict, "PLANNED", 2)
    result = CliRunner().invoke(verdict.main, ["--listeners", "10", "--seed", "3", "--out", str(tmp_path / "r.md")])
    assert result.exit_code == 0, result.output
    text = (tmp_path / "r.md").read_text("utf-8")
    assert "--listeners 10 --seed 3" in text
    assert "no effect: two pairs a session" in text
    assert "| 2 | 4 |" in text
