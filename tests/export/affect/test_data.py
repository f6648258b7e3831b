"""Loaders: frames come from the box's own stage, with a label only where the whole window has it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from device.errors import RecordingError
from export.affect.data import LOAD, REST, load_people
from tests.export.affect.people import config, people, write_eeg, write_heart


def test_eeg_people_rest_first_and_then_work(tmp_path: Path) -> None:
    write_eeg(tmp_path)
    found = people(tmp_path, "eeg")
    assert [person.name for person in found] == ["S00", "S01", "S02"]
    person = found[0]
    assert person.values.shape == (len(person.label), 8, 7)
    assert person.label[0] == REST
    assert person.label[-1] == LOAD
    assert (np.diff(person.label) >= 0).all()
    assert np.isfinite(person.values).all()
    assert person.usable.mean() > 0.9
    assert (person.label == REST).sum() == 4 * (80 - 4) + 1


def test_heart_people_have_labels_only_where_a_window_is_pure(tmp_path: Path) -> None:
    write_heart(tmp_path)
    found = people(tmp_path, "heart")
    assert [person.name for person in found] == ["S00", "S01"], "one person has no labels"
    person = found[0]
    mixed = (person.t_s > 601) & (person.t_s < 659)
    assert np.isnan(person.label[mixed]).all()
    assert (person.label[person.t_s > 661] == LOAD).all()
    assert person.t_s[0] >= config("heart").settling_s
    late, early = person.t_s > 700, (person.t_s > 300) & (person.t_s < 500)
    assert person.values[late, 0, 0].mean() - person.values[early, 0, 0].mean() == pytest.approx(12, abs=0.5)


def test_a_folder_without_recordings_is_said(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="holds no recordings"):
        load_people(tmp_path, config("eeg"))


def test_nothing_outside_open_is_read(tmp_path: Path) -> None:
    write_eeg(tmp_path / "restricted_twin", n_people=1)
    (tmp_path / "restricted_twin" / "open").rename(tmp_path / "restricted")
    with pytest.raises(RecordingError):
        load_people(tmp_path, config("eeg"))
