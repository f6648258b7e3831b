"""Cases are those that hypothesis says it made, and a property that does not hold ends the search."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from hardware.bench import cases
from hardware.simulation.workers import Workers


def test_rounds_are_searched_until_there_are_as_many_cases_as_wanted() -> None:
    found = cases.search_all(1_000, 3, ("tests/device/audio/safety/test_headphones.py",), Workers())
    assert not found.broken
    assert found.cases.total() >= 1_000
    assert len(found.cases) == 2
    assert all(name.startswith("tests/device/audio/safety/test_headphones.py::test_") for name in found.cases)


def test_a_property_that_does_not_hold_ends_the_search_and_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_sum.py").write_text(
        textwrap.dedent("""
            from hypothesis import given, strategies as st

            @given(st.integers(0, 100))
            def test_small(number):
                assert number < 90
        """)
    )
    monkeypatch.setattr(cases, "ROOT", tmp_path)
    found = cases.search_all(1_000_000, 0, ("tests/test_sum.py",), Workers())
    assert "assert 90 < 90" in found.broken
