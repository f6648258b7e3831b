"""The rival answers turn by turn; the real one only where its package is installed."""

from __future__ import annotations

import io
import json

import pytest

from hardware.bench import rivals


def test_a_line_in_is_a_measurement_out(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(rivals, "open_rivals", lambda: {"b": lambda: (1, 2.0, 3.0), "a": lambda: (4, 5.0, 6.0)})
    monkeypatch.setattr("sys.stdin", io.StringIO("go\ngo\n"))
    rivals.main()
    ready, *answers = map(json.loads, capsys.readouterr().out.splitlines())
    assert ready == ["a", "b"]
    assert answers == [{"b": [1, 2.0, 3.0], "a": [4, 5.0, 6.0]}] * 2


def test_the_real_rival_has_the_architecture_it_is_said_to_have() -> None:
    pytest.importorskip("torch")
    pytest.importorskip("midigpt")
    tokens, wall_s, cpu_s = rivals.open_rivals()["architecture"]()
    assert tokens == rivals.SAMPLED
    assert 0 < cpu_s < 10 * wall_s
