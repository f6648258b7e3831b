"""K-EmoCon: CSV files per signal on one clock, ratings of five seconds each, two wristbands in one file."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.dsp.windows import samples_of
from device.errors import RecordingError
from export.affect.data import frames_of
from export.affect.loaders import kemocon

INIT_MS = 1_550_131_000_000
REST_S, DEBATE_S = 130, 40
RATES_HZ = {"BVP": 64, "EDA": 4, "TEMP": 4, "HR": 1}


def csv_of(header: str, rows: list[tuple]) -> str:
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n"


def write(folder: Path, pid: int = 1, serial: str = "A0") -> None:
    files = {
        "metadata/subjects.csv": csv_of(
            "pid,age,initTime,startTime,endTime",
            [(pid, 22, INIT_MS, INIT_MS + 1000 * REST_S, INIT_MS + 1000 * (REST_S + DEBATE_S))],
        ),
        f"emotion_annotations/self_annotations/P{pid}.self.csv": csv_of(
            "seconds,arousal,valence,cheerful", [(5, 2, 4, 1), (10, 3, 3, 1)]
        ),
    }
    times_ms = {key: INIT_MS + 1000 * np.arange(-3 * hz, (REST_S + DEBATE_S) * hz) / hz for key, hz in RATES_HZ.items()}
    for key, value in {"BVP": None, "EDA": 2.0, "TEMP": 33.0, "HR": 66.0}.items():
        values = np.cos(2 * np.pi * 1.1 * times_ms[key] / 1000) if value is None else np.full(len(times_ms[key]), value)
        if key in ("EDA", "HR"):
            # Nothing alive stands still: what does is taken for a band that hangs.
            values = values - 0.01 * np.sin(2 * np.pi * times_ms[key] / 17_000) ** 2
        rows = [(t, pid, v, serial) for t, v in zip(times_ms[key].tolist(), values.tolist(), strict=True)]
        files[f"e4_data/{pid}/E4_{key}.csv"] = csv_of("timestamp,pid,value,device_serial", rows)
    files[f"e4_data/{pid}/E4_IBI.csv"] = csv_of(
        "timestamp,pid,value,device_serial", [(INIT_MS + 500, pid, 0.9, serial)]
    )
    files[f"e4_data/{pid}/E4_ACC.csv"] = csv_of(
        "timestamp,pid,x,y,z,device_serial",
        [(INIT_MS + 31.25 * index, pid, 0, 0, 64, serial) for index in range(32 * REST_S)],
    )
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf-8")


def rows_of(recording: kemocon.LabelledRecording, kind: str) -> np.ndarray:
    return np.concatenate([samples_of(chunk) for chunk in recording.chunks if chunk.kind == kind])


def test_ratings_stand_on_the_clock_of_the_signals(tmp_path: Path) -> None:
    write(tmp_path)
    (found,) = kemocon.load(tmp_path)
    assert (found.person, found.baseline_s) == ("P01", 120)
    assert found.labels[0] == kemocon.Label(REST_S, REST_S + 5.0, 4, 2, 5)
    assert found.labels[1].begin_s == REST_S + 5


def test_signals_begin_at_the_session_and_have_the_boxs_units(tmp_path: Path) -> None:
    write(tmp_path)
    (found,) = kemocon.load(tmp_path)
    assert min(chunk.t_ns for chunk in found.chunks) == 0, "nothing of the time before"
    np.testing.assert_array_equal(rows_of(found, "motion")[0], [0, 0, 1])
    assert len(rows_of(found, "ppg")) == 64 * (REST_S + DEBATE_S)
    beats = rows_of(found, "heart")
    assert np.nanmax(beats[:, 0]) == 66
    assert np.nanmax(beats[:, 1]) == pytest.approx(900), "seconds became milliseconds"


def test_the_box_reads_it(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "e4_data/1/E4_IBI.csv").unlink()
    frames = frames_of(next(kemocon.load(tmp_path)).chunks)
    last = dict(zip(frames[-1].names, frames[-1].values, strict=True))
    assert last["hr_bpm.mean"] == pytest.approx(66, abs=1)
    assert last["eda_us.log_mean"] == pytest.approx(np.log(2), abs=0.01)


def test_lost_samples_are_a_gap_and_shift_nothing(tmp_path: Path) -> None:
    write(tmp_path)
    path = tmp_path / "e4_data/1/E4_EDA.csv"
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join(lines[:100] + lines[140:]) + "\n", "utf-8")
    eda = rows_of(next(kemocon.load(tmp_path)), "eda")
    assert len(eda) == 4 * (REST_S + DEBATE_S)
    assert 36 <= np.isnan(eda).sum() <= 40


def test_of_two_wristbands_in_a_file_the_persons_own_is_read(tmp_path: Path) -> None:
    write(tmp_path, pid=29, serial="A013E1")
    path = tmp_path / "e4_data/29/E4_TEMP.csv"
    alien = f"{INIT_MS + 60_000},29,20.0,A01A3A\n"
    path.write_text(path.read_text("utf-8") + alien, "utf-8")
    assert (rows_of(next(kemocon.load(tmp_path)), "temperature") == 33).all()


def test_who_lacks_a_signal_keeps_the_others(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "e4_data/1/E4_EDA.csv").unlink()
    assert {chunk.kind for chunk in next(kemocon.load(tmp_path)).chunks} == {"ppg", "motion", "temperature", "heart"}


@pytest.mark.parametrize(
    ("name", "old", "new", "match"),
    [
        ("metadata/subjects.csv", "1,22", "2,22", "person 1 is absent"),
        ("metadata/subjects.csv", "startTime", "begin", "numbers under pid, initTime"),
        ("metadata/subjects.csv", f"22,{INIT_MS}", f"22,{2 * INIT_MS}", "not in this order"),
        ("emotion_annotations/self_annotations/P1.self.csv", "5,2,4", "5,2,9", "outside 1 to 5"),
        ("emotion_annotations/self_annotations/P1.self.csv", "5,2,4", "5,x,4", "numbers under seconds"),
        ("e4_data/1/E4_BVP.csv", "value", "bvp", "numbers under timestamp, value"),
        ("e4_data/1/E4_TEMP.csv", "33.0", "nan", "not all are finite"),
    ],
)
def test_another_layout_is_refused_by_name(tmp_path: Path, name: str, old: str, new: str, match: str) -> None:
    write(tmp_path)
    path = tmp_path / name
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(RecordingError, match=match):
        list(kemocon.load(tmp_path))


@pytest.mark.parametrize("name", ["metadata/subjects.csv", "emotion_annotations/self_annotations/P1.self.csv"])
def test_absent_times_or_ratings_are_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(RecordingError, match="cannot be read"):
        list(kemocon.load(tmp_path))


@settings(max_examples=50)
@given(st.binary(max_size=120))
def test_any_table_is_read_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "E4_EDA.csv"
        path.write_bytes(content)
        with pytest.raises(RecordingError):
            kemocon._table(path, ("timestamp", "value"))
        path.write_bytes(b"timestamp,value\n" + content)
        try:
            assert kemocon._table(path, ("timestamp", "value")).shape[1] == 2
        except RecordingError as refusal:
            assert refusal.action
