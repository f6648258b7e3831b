"""What the boot loader and RAUC agree upon: which slot starts, and how often it may try."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.slots.boot_block import BLOCK_BYTES, SECTOR_BYTES, TRIAL_TRIES, TRIES, BootBlock, parse, read, render, write

states = st.builds(
    BootBlock,
    order=st.sampled_from([("a", "b"), ("b", "a")]),
    a_left=st.integers(0, 16),
    b_left=st.integers(0, 16),
)


@given(states)
def test_a_state_is_read_as_it_was_written(state: BootBlock) -> None:
    block = render(state)
    assert len(block) == BLOCK_BYTES
    assert parse(block) == state
    # A card writes a sector whole or not at all, so all that counts has to be in one.
    assert set(block[SECTOR_BYTES:]) == {ord("#")}


@given(st.binary(max_size=2000))
def test_whatever_stands_there_is_some_state(block: bytes) -> None:
    state = parse(block)
    assert state.order in {("a", "b"), ("b", "a")}
    assert 0 <= state.a_left <= 16
    assert 0 <= state.b_left <= 16


@given(states, st.data())
def test_a_torn_write_leaves_the_old_or_the_new(state: BootBlock, data: st.DataObject) -> None:
    new = data.draw(states)
    old_block, new_block = render(state), render(new)
    torn = new_block[:SECTOR_BYTES] + old_block[SECTOR_BYTES:]
    assert parse(torn) == new


def test_a_card_without_the_file_starts_as_the_first_day(tmp_path: Path) -> None:
    assert read(tmp_path / "none") == BootBlock(order=("a", "b"), a_left=TRIES, b_left=0)


def test_an_update_comes_first_and_has_few_tries() -> None:
    state = BootBlock().on_trial("b")
    assert state == BootBlock(order=("b", "a"), a_left=TRIES, b_left=TRIAL_TRIES)


def test_the_file_is_written_in_place(tmp_path: Path) -> None:
    path = tmp_path / "slots.env"
    write(path, BootBlock())
    before = path.stat().st_ino
    write(path, BootBlock().on_trial("b"))
    assert path.stat().st_ino == before
    assert read(path).order == ("b", "a")


@pytest.mark.skipif(shutil.which("grub-editenv") is None, reason="grub-editenv (grub-common) is not installed")
def test_grub_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "slots.env"
    write(path, BootBlock(order=("b", "a"), a_left=2, b_left=1))
    said = subprocess.run(["grub-editenv", path, "list"], check=True, capture_output=True, text=True).stdout
    assert said.split("\n")[:3] == ["order=b a", "a_left=xx", "b_left=x"]
