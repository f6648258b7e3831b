"""Figures say what was asked and show what was missed."""

from __future__ import annotations

import pytest

from hardware.bench.figures import Figure, as_markdown, show

FIGURES = [
    Figure("speed", 4301.2, 1500, unit="tokens/s"),
    Figure("late bars", 1, 0, "at most", note="one"),
    Figure("share", 0.12345, 0.125, "at most", people={"a": 0.5}),
]


def test_limits_stand_beside_values_and_misses_stand_out() -> None:
    text = as_markdown("The title", "How it was measured.", FIGURES)
    assert text.startswith("# The title\n\nHow it was measured.\n\n| figure |")
    assert "| speed | 4301 tokens/s | at least 1500 | met |  |" in text
    assert "| late bars | 1 | at most 0 | **missed** | one |" in text
    assert "| share | 0.123 | at most 0.125 | met |  |" in text


def test_the_terminal_shows_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    show(FIGURES)
    told = capsys.readouterr().out
    assert "missed" in told
    assert "a 0.50" in told
