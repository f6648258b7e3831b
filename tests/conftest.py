"""Fixtures every room shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.cases import cases

# Machines differ and are shared: a slow example is no failure.
settings.register_profile("isotone", deadline=None, max_examples=cases(100))
settings.load_profile("isotone")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The recordings and scores that lie beside the checkout; tests that need them skip without."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("ISOTONE_DATA", default))
    if not (folder / "open").is_dir():
        pytest.skip(f"needs the data folder (ISOTONE_DATA, or {default.name} beside the checkout)")
    return folder
