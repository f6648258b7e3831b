from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from device.errors import RecordingError
from device.messages import SampleChunk
from device.recordings.session_log import load_session
from tests.device.recordings.recordings import eeg_chunk, heart_chunk, write_segment, write_session

CHUNK_NS = 100_000_000


def whole_run(n_chunks: int) -> list[SampleChunk]:
    return [eeg_chunk(n * 25, 5 * CHUNK_NS + n * CHUNK_NS) for n in range(n_chunks)]


def test_samples_come_back_over_segments(tmp_path: Path) -> None:
    recording = load_session(write_session(tmp_path / "s", whole_run(20), n_segments=3))
    assert recording.eeg is not None
    assert recording.eeg.data[:, 1].tolist() == list(range(500))
    assert recording.notes == ()


def test_lost_samples_are_nan(tmp_path: Path) -> None:
    chunks = [*whole_run(2), eeg_chunk(60, 8 * CHUNK_NS, n_lost=10)]
    eeg = load_session(write_session(tmp_path / "s", chunks)).eeg
    assert eeg is not None
    assert np.flatnonzero(np.isnan(eeg.data[:, 0])).tolist() == list(range(50, 60))
    assert eeg.data[60, 0] == 60


def test_a_counter_that_begins_anew_is_placed_by_time(tmp_path: Path) -> None:
    chunks = [*whole_run(2), eeg_chunk(0, 5 * CHUNK_NS + 1_000_000_000)]
    eeg = load_session(write_session(tmp_path / "s", chunks)).eeg
    assert eeg is not None
    assert eeg.data[250, 0] == 0
    assert np.isnan(eeg.data[50:250]).all()


def test_a_mad_counter_does_not_ask_for_the_memory(tmp_path: Path) -> None:
    chunks = [*whole_run(2), eeg_chunk(10**15, 8 * CHUNK_NS)]
    eeg = load_session(write_session(tmp_path / "s", chunks)).eeg
    assert eeg is not None
    assert len(eeg.data) == 50 + 3600 * 250 + 25


def test_many_gaps_do_not_ask_for_the_memory(tmp_path: Path) -> None:
    """Each of an hour, as long as a gap may be: together more than is held."""
    chunks = [eeg_chunk(n * 3600 * 250, n * CHUNK_NS) for n in range(80)]
    with pytest.raises(RecordingError, match="which is the limit"):
        load_session(write_session(tmp_path / "s", chunks))


def test_heart_and_eeg_share_one_time_axis(tmp_path: Path) -> None:
    chunks = [heart_chunk(0, (0, 100)), *whole_run(3), heart_chunk(2, (2 * 10**9,))]
    recording = load_session(write_session(tmp_path / "s", chunks))
    assert recording.heart is not None
    assert recording.eeg is not None
    assert recording.heart.time_s == pytest.approx([0, 1e-7, 2.0])
    assert recording.heart.rr_ms.tolist() == [850, 850, 852]
    assert np.isnan(recording.eeg.data[:125]).all()
    assert recording.eeg.data[125, 0] == 0


def test_every_signal_of_a_band_comes_back(tmp_path: Path) -> None:
    eda = [
        msgspec.structs.replace(
            eeg_chunk(n * 4, 10**9 + n * 10**9, n=4, source="band"), kind="eda", sfreq_hz=4.0, ch_names=("eda_us", "x")
        )
        for n in range(3)
    ]
    wrist = load_session(write_session(tmp_path / "s", [heart_chunk(0, (0,)), *eda])).wrist
    assert list(wrist) == ["eda"]
    assert wrist["eda"].sfreq_hz == 4.0
    assert np.isnan(wrist["eda"].data[:4]).all()
    assert wrist["eda"].data[4:, 0].tolist() == list(range(12))


def test_the_source_with_most_samples_is_taken(tmp_path: Path) -> None:
    chunks = [eeg_chunk(0, 0, source="old"), *whole_run(3)]
    eeg = load_session(write_session(tmp_path / "s", chunks)).eeg
    assert eeg is not None
    assert np.count_nonzero(~np.isnan(eeg.data[:, 0])) == 75


def test_a_torn_tail_is_said_and_the_rest_played(tmp_path: Path) -> None:
    folder = write_session(tmp_path / "s", whole_run(60))
    log = folder / "log-0000.mcap"
    log.write_bytes(log.read_bytes()[: log.stat().st_size // 3])
    recording = load_session(folder)
    assert recording.eeg is not None
    assert 0 < len(recording.eeg.data) < 1500
    assert "log-0000.mcap: it ends early" in recording.notes[0]


def test_a_log_without_samples_is_refused(tmp_path: Path) -> None:
    tmp_path.joinpath("s").mkdir()
    write_segment(tmp_path / "s" / "log-0000.mcap", [("health/audio", b"\x80")])
    with pytest.raises(RecordingError, match="no whole sample"):
        load_session(tmp_path / "s")


@given(place=st.floats(0, 0.999), mask=st.integers(1, 255), cut=st.floats(0, 1))
@example(place=0.5697401630486459, mask=128, cut=1.0)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_damage_never_crashes_and_never_alters_a_sample(tmp_path: Path, place: float, mask: int, cut: float) -> None:
    folder = tmp_path / "s"
    log = folder / "log-0000.mcap"
    if not folder.is_dir():
        write_session(folder, whole_run(20))
        (tmp_path / "whole").write_bytes(log.read_bytes())
    data = bytearray((tmp_path / "whole").read_bytes())
    data[int(place * len(data))] ^= mask
    log.write_bytes(data[: round(cut * len(data))])
    try:
        eeg = load_session(folder).eeg
    except RecordingError:
        return
    assert eeg is not None
    values = eeg.data[~np.isnan(eeg.data[:, 0]), 0]
    assert (np.diff(values) > 0).all()
    assert set(values.tolist()) <= set(range(500))
