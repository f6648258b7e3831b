"""A card after a power cut holds what was flushed, some of what was not, and nothing else."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from deploy.imaging.write_log import FLUSH, HEADER, SECTOR, Replay

N_SECTORS = 8
steps = st.lists(st.one_of(st.none(), st.integers(0, N_SECTORS - 1)), max_size=12)
"""Writes of one sector each, by its place, and flushes between them."""


def logged(folder: Path, steps: list[int | None]) -> tuple[Path, Path]:
    card, log = folder / "card", folder / "log"
    card.write_bytes(bytes(N_SECTORS * SECTOR))
    text = bytes(SECTOR)
    for number, sector in enumerate(steps):
        header = HEADER.pack(sector or 0, sector is not None, FLUSH * (sector is None), 0)
        text += header.ljust(SECTOR, b"\0") + (bytes([number + 1]) * SECTOR if sector is not None else b"")
    log.write_bytes(text)
    return card, log


@given(steps, st.integers(0, 12), st.integers(0, 99))
def test_what_was_flushed_is_never_lost_and_a_cut_is_undone(steps: list[int | None], at: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        card, log = logged(Path(folder), steps)
        replay = Replay(card, log)
        replay.advance(at)
        whole = card.read_bytes()
        done = steps[:at]
        flushed = max((number for number, sector in enumerate(done) if sector is None), default=0)
        replay.cut(seed, at)
        after = card.read_bytes()
        for sector in range(N_SECTORS):
            written = [number + 1 for number, place in enumerate(steps[: at + 1]) if place == sector]
            safe = max([number for number in written if number <= flushed], default=0)
            assert after[sector * SECTOR] in {safe, *[number for number in written if number > flushed]}
        replay.undo()
        assert card.read_bytes() == whole
        replay.close()


@given(st.binary(max_size=3000))
def test_a_torn_log_ends_where_it_is_torn(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        card, log = logged(Path(folder), [1, None])
        log.write_bytes(log.read_bytes() + data[:SECTOR])
        replay = Replay(card, log)
        assert len(replay.writes) >= 2
        replay.close()
