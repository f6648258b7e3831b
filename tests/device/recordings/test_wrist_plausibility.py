from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from device.errors import RecordingError
from device.recordings.files import load_recording
from device.recordings.wrist_plausibility import refuse_implausible_wrist
from tests.device.recordings.people import wrist_signals, write_band


def look_at(path: Path, **changes: object) -> None:
    refuse_implausible_wrist(load_recording(write_band(path, **changes)), "a.npz", is_timed=False)


def test_a_real_looking_band_is_believed(tmp_path: Path) -> None:
    look_at(tmp_path / "a.npz")


SIGNALS = wrist_signals()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"ibi": SIGNALS["ibi"] * 1000}, "are in seconds"),
        ({"hr": SIGNALS["hr"] / 60}, "heart rate of 1.2"),
        ({"hr": SIGNALS["hr"] * 2}, "one of them is wrong"),
        ({"temp": SIGNALS["temp"] + 273}, "not in degrees Celsius"),
        ({"temp": SIGNALS["temp"] * 1.8 + 32}, "not in degrees Celsius"),
        ({"eda": SIGNALS["eda"] * 1e-6}, "not in microsiemens"),
        ({"eda": SIGNALS["eda"] * 1e3}, "not in microsiemens"),
        ({"acc_scale": 1.0}, "gravity alone"),
        ({"bvp_fs": 128.0}, "a rate is wrong"),
        ({"eda_fs": 2.0}, "a rate is wrong"),
    ],
)
def test_wrong_units_and_rates_are_named(tmp_path: Path, changes: dict[str, object], why: str) -> None:
    with pytest.raises(RecordingError, match=why) as caught:
        look_at(tmp_path / "a.npz", **changes)
    assert caught.value.sentence.startswith("a.npz: ")


@pytest.mark.parametrize(("value", "why"), [(np.nan, "only NaN"), (1.0, "constant")])
def test_nothing_but_one_value_is_refused(tmp_path: Path, value: float, why: str) -> None:
    np.savez(tmp_path / "a.npz", eda=np.full(400, value), eda_t0=0.0, eda_fs=4.0)
    with pytest.raises(RecordingError, match=why):
        refuse_implausible_wrist(load_recording(tmp_path / "a.npz"), "a.npz", is_timed=False)


def test_a_band_that_was_lost_in_a_session_is_no_wrong_rate(tmp_path: Path) -> None:
    recording = load_recording(write_band(tmp_path / "a.npz", eda=SIGNALS["eda"][:100]))
    refuse_implausible_wrist(recording, "a session", is_timed=True)
    with pytest.raises(RecordingError, match="a rate is wrong"):
        refuse_implausible_wrist(recording, "a.npz", is_timed=False)


def test_a_heart_may_be_steady_for_half_a_minute(tmp_path: Path) -> None:
    for seconds, refused in ((30, False), (90, True)):
        np.savez(tmp_path / "a.npz", hr=np.full(seconds, 72.0), hr_t0=0.0, hr_fs=1.0)
        recording = load_recording(tmp_path / "a.npz")
        if refused:
            with pytest.raises(RecordingError, match="constant"):
                refuse_implausible_wrist(recording, "a.npz", is_timed=False)
        else:
            refuse_implausible_wrist(recording, "a.npz", is_timed=False)
