from __future__ import annotations

import os
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from device.affect.fusion import LOGIT_MAX
from export.twin.reading import main
from export.twin.told import SOURCES, read

DATA = os.environ.get("ISOTONE_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="recordings are needed: set ISOTONE_DATA to the data folder")


def test_a_folder_without_recordings_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path)]) == 8
    assert "Name the data folder" in capsys.readouterr().err


@needs_data
@pytest.mark.parametrize("source", ["eeg", "forehead", "eeg, load first"])
def test_people_are_read_by_nets_that_have_not_seen_them(source: str) -> None:
    task = next(islice(SOURCES[source](Path(DATA or ""), 1), 1))
    assert all("/folds/" in model for model in task.affect.eeg_models)
    told = read(task)
    assert np.isnan(told.arousal[: int(told.rest_s) - 1]).all()
    assert set(told.label[np.isfinite(told.label)].tolist()) == {0.0, 1.0}
    assert np.nanmax(np.abs(told.arousal)) <= np.tanh(LOGIT_MAX / 2) + 1e-9
    if source == "eeg, load first":
        assert told.label[0] == 1.0


@needs_data
def test_a_loose_headset_says_less() -> None:
    tasks = [next(SOURCES[name](Path(DATA or ""), 1)) for name in ("eeg", "forehead")]
    clean, loose = (np.isfinite(read(task).arousal[70:]).mean() for task in tasks)
    assert loose < clean
