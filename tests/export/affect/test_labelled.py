"""Windows of labelled recordings: pure, after the rest, no denser than asked, and believed only where the box would."""

from __future__ import annotations

import numpy as np
import pytest

from device.errors import ConfigError, RecordingError
from export.affect.labelled import against_rest, windows_of
from export.affect.loaders.recording import Feed, Label, LabelledRecording, interleave
from export.affect.protocols import PROTOCOLS
from tests.export.affect.people import CHANNELS, FS, head

LOSO = PROTOCOLS["loso"]


def recording(
    labels: tuple[Label, ...], seconds: float = 20, baseline_s: float = 8, flat: str = "", person: str = "A"
) -> LabelledRecording:
    rows = 10 * head(np.random.default_rng(len(labels)), round(seconds * FS)).T
    if flat:
        rows[:, CHANNELS.index(flat)] = 0
    chunks = interleave([Feed("eeg", float(FS), tuple(CHANNELS), rows)])
    return LabelledRecording(person, "1", chunks, baseline_s, labels)


STRESS = (Label(8, 20, name="stress"),)


def test_rest_ends_where_scoring_begins() -> None:
    found = windows_of([recording(STRESS)], LOSO, "arousal")
    assert found.end_s[found.is_rest].max() == 8
    assert found.begin_s[~found.is_rest].tolist() == [8, 12, 16], "side by side"
    assert (found.label[~found.is_rest] == 1).all()


def test_a_rest_shorter_than_a_window_gives_one_window() -> None:
    found = windows_of([recording(STRESS, baseline_s=3)], LOSO, "arousal")
    assert found.end_s[found.is_rest].tolist() == [4]
    assert found.begin_s[~found.is_rest].min() >= 8, "the label begins there"
    labelled = windows_of([recording((Label(3, 20, name="stress"),), baseline_s=3)], LOSO, "arousal")
    assert labelled.begin_s[~labelled.is_rest].min() == 4, "no second is rest and scored"


def test_windows_of_two_labels_take_no_part() -> None:
    labels = (Label(8, 14, name="baseline"), Label(14, 20, name="stress"))
    found = windows_of([recording(labels)], LOSO, "arousal")
    assert found.begin_s[~found.is_rest].tolist() == [8, 16]
    assert found.label[~found.is_rest].tolist() == [0, 1]


def test_sessions_of_a_person_follow_each_other() -> None:
    found = windows_of([recording(STRESS), recording(STRESS), recording(STRESS, person="B")], LOSO, "arousal")
    assert found.order_s[found.person == "A"].max() == 40
    assert found.order_s[found.person == "B"].max() == 20


def test_a_flat_channel_is_not_believed() -> None:
    found = windows_of([recording(STRESS, flat="C3")], LOSO, "arousal")
    lost = np.isnan(found.values).all(axis=0)
    assert lost.sum() == found.values.shape[1] // len(CHANNELS)


def test_rest_of_a_person_becomes_nought_and_one() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(5, 3, (40, 2))
    values[:20] += 100
    person = np.repeat(["A", "B"], 20)
    found = against_rest(values, person, np.ones(40, bool))
    for name in ("A", "B"):
        np.testing.assert_allclose(found[person == name].mean(axis=0), 0, atol=1e-9)
        np.testing.assert_allclose(found[person == name].std(axis=0), 1)
    restless = against_rest(values, person, person == "B")
    assert np.isnan(restless[person == "A"]).all(), "nothing can be said of who has no rest"
    assert np.array_equal(against_rest(values, person, np.zeros(40, bool)), values), "a set without rest"


def test_labels_the_protocol_does_not_know_are_refused() -> None:
    with pytest.raises(RecordingError, match="No window has a label that loso asks for"):
        windows_of([recording((Label(8, 20, name="meditation"),))], LOSO, "arousal")
    with pytest.raises(RecordingError, match="No window has a label"):
        windows_of([recording(STRESS, seconds=3)], LOSO, "arousal")


def test_windows_the_box_does_not_read_are_refused() -> None:
    with pytest.raises(ConfigError, match="windows of 60 s; the box reads 4 s of eeg"):
        windows_of([recording(STRESS)], PROTOCOLS["wesad-loso-binary"], "arousal")
