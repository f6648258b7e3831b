"""Chunks come as a device would have sent them: second by second, nothing lost, nothing moved."""

from __future__ import annotations

from pathlib import Path
from pkgutil import resolve_name

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.dsp.windows import samples_of
from device.errors import RecordingError
from export.affect.loaders import LOADERS
from export.affect.loaders.recording import Feed, beat_chunks, interleave, paths_in


@given(st.integers(1, 400), st.sampled_from([1.0, 4.0, 32.0, 64.0]), st.floats(0, 3))
def test_cutting_into_seconds_loses_and_moves_nothing(n_samples: int, sfreq_hz: float, begin_s: float) -> None:
    rows = np.arange(n_samples, dtype=float)[:, None]
    chunks = interleave([Feed("eda", sfreq_hz, ("eda",), rows, begin_s)])
    np.testing.assert_array_equal(np.concatenate([samples_of(chunk) for chunk in chunks]), rows)
    for chunk in chunks:
        assert chunk.t_ns == pytest.approx((begin_s + chunk.first_sample / sfreq_hz) * 1e9, abs=1)
        assert len(samples_of(chunk)) <= sfreq_hz


def test_within_a_second_signals_keep_their_order() -> None:
    feeds = [Feed("eda", 4.0, ("eda",), np.zeros((8, 1))), Feed("ppg", 64.0, ("ppg",), np.zeros((128, 1)))]
    beats = tuple(beat_chunks(np.array([1.5, 0.5]), np.array([60.0, 61]), np.array([np.nan, 990])))
    found = [(chunk.kind, chunk.t_ns // 10**9) for chunk in interleave(feeds, beats)]
    assert found == [("eda", 0), ("ppg", 0), ("heart", 0), ("eda", 1), ("ppg", 1), ("heart", 1)]


@given(st.lists(st.floats(0, 100), max_size=60))
def test_beats_come_in_order_and_all_of_them(times: list[float]) -> None:
    times_s = np.array(times)
    chunks = list(beat_chunks(times_s, times_s, times_s))
    told = [t_ns for chunk in chunks for t_ns in chunk.times_ns]
    assert told == sorted(np.round(times_s * 1e9).astype(int).tolist())
    assert len({chunk.t_ns // 10**9 for chunk in chunks}) == len(chunks), "a chunk for each second that has any"
    assert all(len(samples_of(chunk)) == len(chunk.times_ns) for chunk in chunks)


def test_numbers_in_names_are_numbers(tmp_path: Path) -> None:
    for name in ("S10.dat", "S2.dat"):
        (tmp_path / name).touch()
    assert [path.name for path in paths_in(tmp_path, "S*.dat")] == ["S2.dat", "S10.dat"]


@pytest.mark.parametrize("name", sorted(LOADERS))
def test_every_set_in_the_table_loads_or_refuses(tmp_path: Path, name: str) -> None:
    with pytest.raises(RecordingError):
        list(resolve_name(LOADERS[name])(tmp_path))
