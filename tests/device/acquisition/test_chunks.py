from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from device.acquisition.chunks import Chunker


def time_ns(index: int) -> int:
    return index * 4_000_000


@given(st.lists(st.lists(st.integers(1, 60), max_size=40), max_size=8))
def test_no_sample_is_lost_or_moved_and_no_chunk_crosses_a_gap(batches: list[list[int]]) -> None:
    chunker, chunks, index = Chunker("eeg", ("Fz",), 250.0), [], -1
    fed: list[int] = []
    for steps in batches:
        numbers = index + np.cumsum(np.array([1 if step > 3 else step for step in steps], np.int64))
        index = int(numbers[-1]) if len(numbers) else index
        fed += numbers.tolist()
        chunks += chunker.push(numbers, numbers[:, None].astype(np.float32), time_ns)
    chunks += chunker.flush(time_ns)
    out = [(chunk.first_sample, np.frombuffer(chunk.data, "<f4")) for chunk in chunks]
    assert [first + row for first, rows in out for row in range(len(rows))] == fed
    assert [value for _, rows in out for value in rows.tolist()] == fed
    assert sum(chunk.n_lost for chunk in chunks) == (fed[-1] + 1 - len(fed) if fed else 0)
    assert all(len(rows) <= 25 for _, rows in out)
    assert all(chunk.t_ns == time_ns(chunk.first_sample) for chunk in chunks)


def test_an_unfinished_chunk_waits_and_is_flushed() -> None:
    chunker = Chunker("eeg", ("Fz", "Cz"), 250.0)
    assert chunker.push(np.arange(24), np.zeros((24, 2), np.float32), time_ns) == []
    (chunk,) = chunker.flush(time_ns)
    assert len(chunk.data) == 24 * 2 * 4
    assert chunker.next_index == 24
    assert chunker.flush(time_ns) == []
