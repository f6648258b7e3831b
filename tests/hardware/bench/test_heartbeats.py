"""The bench scores fairly, and ours come out as they should, on a tiny run without peers."""

from __future__ import annotations

import json

import numpy as np
import pytest

from hardware.bench import heartbeats

WHOLE = np.array([[0.0, 60.0]])


@pytest.fixture(autouse=True)
def _no_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = {"isotone": heartbeats._ours, "isotone without accelerometer": heartbeats._ours_alone}
    monkeypatch.setattr(heartbeats, "find_detectors", lambda: ours)


def test_all_beats_found_score_one_wherever_the_detector_marks_them() -> None:
    beats_s = np.arange(1.0, 59.0, 0.8)
    assert heartbeats.match(beats_s, beats_s, WHOLE) == 1
    assert heartbeats.match(beats_s, beats_s - 0.2, WHOLE) == 1


def test_misses_and_extras_cost() -> None:
    beats_s = np.arange(1.0, 59.0, 1.0)
    assert heartbeats.match(beats_s, beats_s[::2], WHOLE) == pytest.approx(2 / 3, abs=0.02)
    doubled = np.sort(np.concatenate((beats_s, beats_s + 0.5)))
    assert heartbeats.match(beats_s, doubled, WHOLE) == pytest.approx(2 / 3, abs=0.02)
    assert heartbeats.match(beats_s, np.zeros(0), WHOLE) == 0


def test_nobody_is_asked_for_beats_without_contact() -> None:
    beats_s = np.arange(1.0, 59.0, 1.0)
    found_s = beats_s[(beats_s < 20) | (beats_s > 30)]
    assert heartbeats.match(beats_s, found_s, np.array([[0.0, 20.0], [30.0, 60.0]])) == 1


def test_a_random_guess_scores_low() -> None:
    rng = np.random.default_rng(0)
    beats_s = np.arange(1.0, 59.0, 0.8)
    assert heartbeats.match(beats_s, np.sort(rng.uniform(0, 60, len(beats_s))), WHOLE) < 0.5


def test_ours_hold_their_numbers() -> None:
    scores = {(score.detector, score.snr_db): score for score in heartbeats.compare(range(100, 104), (20.0, 0.0), 60.0)}
    rest, motion = scores["isotone", 20.0], scores["isotone", 0.0]
    assert rest.f1 > 0.97
    assert rest.rmssd_told >= 0.75
    assert motion.f1 > 0.9
    assert motion.hr_error_bpm < 1.5
    assert motion.f1 > scores["isotone without accelerometer", 0.0].f1
    assert all(score.rmssd_off == 0 for score in (rest, motion) if score.n_rmssd)


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_prints_a_row_per_detector(
    as_json: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeats.compare, "__defaults__", ((20.0,), 30.0))
    assert heartbeats.main(["--seeds", "1", *(["--json"] if as_json else [])]) == 0
    rows = capsys.readouterr().out.splitlines()
    if as_json:
        assert [json.loads(row)["detector"] for row in rows] == ["isotone", "isotone without accelerometer"]
    else:
        assert len(rows) == 3
