"""The composer process is weighed from outside, with its model."""

from __future__ import annotations

from hardware.bench import memory


def test_the_process_and_its_model_have_a_weight() -> None:
    rss, model = memory.measure()
    assert 40 < rss.value < 400
    assert 1 < model.value < 50
    assert rss.unit == model.unit == "MB"
