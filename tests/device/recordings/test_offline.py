from __future__ import annotations

import numpy as np
import pytest

from device.messages import SampleChunk
from device.recordings.offline import GAP_S, SECOND_NS, OfflineSession
from device.recordings.signals import Heart, Recording, Samples

S = SECOND_NS


def eeg_of(seconds: float, first_uv: float = 0.0, fs: float = 10.0, start_s: float = 0.0) -> Recording:
    """Samples that hold their own index, counted from `first_uv`."""
    data = first_uv + np.arange(round(seconds * fs), dtype=np.float32)[:, None]
    return Recording(eeg=Samples(data, fs, ("Fp1",), start_s))


def heart_of(times_s: list[float]) -> Recording:
    time_s = np.array(times_s)
    return Recording(heart=Heart(time_s, np.full(len(time_s), 70, np.float32), np.full(len(time_s), 850, np.float32)))


def second_of(session: OfflineSession, second: int) -> list[SampleChunk]:
    return [chunk for span in session.spans(second) for chunk in session.chunks(span)]


def values_of(chunk: SampleChunk) -> list[float]:
    return np.frombuffer(chunk.data, "<f4").tolist()


def test_each_second_brings_its_own_samples_and_no_later_one() -> None:
    session = OfflineSession([eeg_of(3.0)])
    for second in (1, 2, 3):
        (chunk,) = second_of(session, second)
        assert values_of(chunk) == list(range(10 * (second - 1), 10 * second))
        assert (chunk.t_ns, chunk.first_sample) == ((second - 1) * S, 10 * (second - 1))
        assert session.clock_ns(second) == second * S
    assert second_of(session, 4) == []


def test_no_sample_is_lost_or_doubled_whatever_the_rate() -> None:
    session = OfflineSession([eeg_of(7.3, fs=62.7), eeg_of(5.1, first_uv=1000, fs=62.7)])
    heard = [value for second in range(1, 14) for chunk in second_of(session, second) for value in values_of(chunk)]
    assert heard == [*range(round(7.3 * 62.7)), *range(1000, 1000 + round(5.1 * 62.7))]


def test_a_recording_begins_behind_a_gap_of_the_clock_and_not_of_the_session() -> None:
    session = OfflineSession([eeg_of(2.5), eeg_of(2.5, first_uv=100)])
    assert session.duration_s == 5.0
    first, second = second_of(session, 3)
    assert values_of(first) == [20, 21, 22, 23, 24]
    assert values_of(second) == [100, 101, 102, 103, 104]
    assert second.t_ns == round(2.5 * S) + GAP_S * S
    assert second.first_sample == 25 + GAP_S * 10
    assert session.clock_ns(2) == 2 * S
    assert session.clock_ns(3) == (3 + GAP_S) * S
    assert [span.begins for span in session.spans(3)] == [False, True]


def test_the_line_at_a_boundary_belongs_to_the_recording_before() -> None:
    session = OfflineSession([eeg_of(2.0), eeg_of(2.0)])
    assert session.clock_ns(2) == 2 * S
    assert [span.begins for span in session.spans(2)] == [False]
    assert [span.begins for span in session.spans(3)] == [True]


def test_eeg_and_wrist_run_side_by_side_and_share_every_gap() -> None:
    session = OfflineSession([eeg_of(2.0), heart_of([0.5, 1.5, 2.5, 3.5]), eeg_of(2.0)])
    assert session.sources == ["eeg", "wrist"]
    beats = [chunk for second in range(1, 5) for chunk in second_of(session, second) if chunk.kind == "heart"]
    times_ns = [t_ns for chunk in beats for t_ns in chunk.times_ns]
    assert times_ns == [S // 2, 3 * S // 2, (5 * S) // 2 + GAP_S * S, (7 * S) // 2 + GAP_S * S]


def test_signals_of_one_band_keep_their_own_starts() -> None:
    late = Samples(np.ones((8, 1), np.float32), 4.0, ("eda_us",), 1.5)
    session = OfflineSession([heart_of([0.5, 2.5])._replace(wrist={"eda": late})])
    assert [chunk.kind for chunk in second_of(session, 1)] == ["heart"]
    (eda,) = second_of(session, 2)
    assert (eda.t_ns, eda.source, len(values_of(eda))) == (3 * S // 2, "wrist", 2)


def test_lost_samples_part_chunks() -> None:
    recording = eeg_of(1.0)
    assert recording.eeg is not None
    recording.eeg.data[3:5] = np.nan
    chunks = second_of(OfflineSession([recording]), 1)
    assert [(chunk.first_sample, len(values_of(chunk))) for chunk in chunks] == [(0, 3), (5, 5)]
    assert chunks[1].t_ns == pytest.approx(S // 2)
