"""The picture of several virtual listeners side by side."""

from __future__ import annotations

from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from device.config import SessionConfig
from device.files.models import MODELS_DIR
from device.sessions.history import History
from device.sessions.reader import SessionReader
from hardware.bench.listeners import main, relive
from tests.device.sessions.synthetic import make_session


@pytest.fixture
def session(tmp_path: Path) -> Path:
    folder = tmp_path / "session"
    config = SessionConfig(
        session_id="session",
        listener="opposite",
        run_dir=str(tmp_path),
        session_dir=str(folder),
        models_dir=str(MODELS_DIR),
    )
    return make_session(folder, config)


def test_what_was_felt_is_lived_again_the_same_each_time(session: Path) -> None:
    history = History(SessionReader(session))
    life, again = relive(history, 5), relive(history, 5)
    np.testing.assert_array_equal(life.arousal, again.arousal)
    assert len(life.seconds) == len(life.arousal) == len(life.is_worn) == int(history.duration_s)
    assert not np.array_equal(life.arousal, relive(history, 6).arousal)


def test_a_picture_and_a_row_for_each_session(
    session: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(session), str(session), "--out", str(tmp_path / "both.png")]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].startswith("| listener |")
    assert [row.startswith("| `opposite` |") for row in rows[2:]] == [True, True]
    assert len(matplotlib.image.imread(tmp_path / "both.png").shape) == 3
