"""Fixtures of the runtime's tests: a session configuration in folders of its own."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.config import SessionConfig
from device.files.models import MODELS_DIR

_count = itertools.count()


@pytest.fixture
def run_dir() -> Iterator[Path]:
    """A short path (sockets) that no other test has."""
    path = Path(tempfile.mkdtemp(prefix=f"iso{os.getpid()}-{next(_count)}-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def config(run_dir: Path, tmp_path: Path) -> SessionConfig:
    return SessionConfig(
        session_id="test",
        seed=7,
        minutes=1.0,
        run_dir=str(run_dir),
        session_dir=str(tmp_path / "session"),
        models_dir=str(MODELS_DIR),
    )
