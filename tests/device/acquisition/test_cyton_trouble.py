from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.acquisition.cyton_trouble import explain, find_text, printable
from hardware.emulators.cyton_board import CytonBoard
from hardware.emulators.cyton_quirks import OVERFLOWED, Quirk, QuirkyBoard


def noise(first: int, n: int) -> np.ndarray:
    return np.random.default_rng(first).normal(0, 20, (n, 16))


def sent(board: CytonBoard, seconds: float = 1.0) -> bytes:
    board.advance(10.0)
    board.receive(b"b", 10.0)
    return board.advance(10.0 + seconds)


@pytest.mark.parametrize(
    ("quirk", "daisy", "word"),
    [
        ("old dongle", False, "dongle's firmware"),
        ("no count", False, "number stays 0"),
        ("half missing", True, "Daisy"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_do(quirk: Quirk, daisy: bool, word: str) -> None:
    trouble = explain(sent(QuirkyBoard(noise, quirk, daisy=daisy))[7:], "EEG headset")
    assert trouble is not None
    assert word in trouble.sentence
    assert trouble.action.endswith(".")


def test_a_board_that_counts_is_no_trouble() -> None:
    assert explain(sent(CytonBoard(noise)), "EEG headset") is None


@given(st.binary(max_size=3000))
def test_any_bytes_may_come(data: bytes) -> None:
    explain(data, "EEG headset")
    assert "\x1b" not in find_text(data) + printable(data)


def test_text_among_packets_is_found_and_packets_are_no_text() -> None:
    stream = sent(CytonBoard(noise), 20.0)
    assert find_text(stream) == ""
    said = "Failure: Board RFduino buffer overflowed. Soft reset command sent to Board."
    assert find_text(stream[:900] + OVERFLOWED + stream[900:]) == said
