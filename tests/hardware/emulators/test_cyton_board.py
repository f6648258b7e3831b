from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.acquisition.cyton_packets import PacketDecoder, scale_uv
from hardware.emulators.cyton_board import CytonBoard


def feed(first: int, n: int) -> np.ndarray:
    """Channel c holds 10 c uV, plus the sample's number in thousandths of a millivolt."""
    return 10.0 * np.arange(1, 17) + (np.arange(first, first + n) % 1000)[:, None]


def board_of(**options: bool) -> CytonBoard:
    board = CytonBoard(feed, **options)
    board.advance(0.0)
    return board


def ask(board: CytonBoard, command: bytes, at_s: float = 0.0) -> bytes:
    board.receive(command, at_s)
    return board.advance(at_s + 0.6)


def stream_of(board: CytonBoard, seconds: float, at_s: float = 0.0) -> np.ndarray:
    """Packets of a while as rows of 33 bytes."""
    board.advance(at_s)
    board.receive(b"b", at_s)
    data = board.advance(at_s + seconds)
    return np.frombuffer(data, np.uint8).reshape(-1, 33)


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        (b"V", b"v3.1.2$$$"),
        (b"D", b"060110$$$"),
        (b"d", b"updating channel settings to default$$$"),
        (b"1", b""),
        (b"!", b""),
        (b"x1060110X", b"Success: Channel set for 1$$$"),
        (b"xQ060110X", b"Success: Channel set for 9$$$"),
        (b"x1060110Y", b"Failure: Err: 9th char not X$$$"),
        (b"x106X", b"Failure: too few chars$$$"),
        (b"z101Z", b"Success: Lead off set for 1$$$"),
        (b"z1010", b"Failure: Err: 5th char not Z$$$"),
        (b"~6", b"Success: Sample rate is 250Hz$$$"),
        (b"~~", b"Success: Sample rate is 250Hz$$$"),
        (b"~9", b"Failure: sample value out of bounds$$$"),
        (b"/4", b"Success: marker$$$"),
        (b"//", b"Success: default$$$"),
        (b"-", b"Success: Configured internal test signal.$$$"),
        (b"<", b"Time stamp ON$$$"),
        (b">", b"Time stamp OFF$$$"),
        (b"C", b"no daisy to attach!8$$$"),
        (b"c", b"daisy removed$$$"),
        (b"\xf0\x00", b"Success: Host and Device on Channel number: 7\x07$$$"),
        (b"\xf0\x01\x05", b"Success: Host and Device on Channel number: 5\x05$$$"),
        (b"\xf0\x02\x05", b"Success: Host override - Channel number: 5\x05$$$"),
        (b"\xf0\x01\x63", b"Failure: Verify channel number is less than 25$$$"),
        (b"\xf0\x07", b"Success: System is Up$$$"),
    ],
)
def test_replies_are_the_firmwares(command: bytes, reply: bytes) -> None:
    assert ask(board_of(), command) == reply


def test_banner_takes_half_a_second_and_names_the_daisy() -> None:
    board = board_of(daisy=True)
    board.receive(b"v", 0.0)
    assert board.advance(0.4) == b""
    banner = board.advance(0.6)
    assert banner.startswith(b"OpenBCI V3 8-16 channel")
    assert b"On Daisy ADS1299" in banner
    assert banner.endswith(b"$$$")


def test_a_command_left_unfinished_times_out() -> None:
    board = board_of()
    board.receive(b"x106", 0.0)
    assert board.advance(0.9) == b""
    assert board.advance(1.2).startswith(b"Timeout processing multi byte message")


def test_packets_carry_the_feed_at_250_hz() -> None:
    rows = stream_of(board_of(), 2.0)
    assert len(rows) == 500
    assert set(rows[:, 0]) == {0xA0}
    assert rows[:, 1].tolist() == [counter & 0xFF for counter in range(500)]
    assert set(rows[:, 32]) == {0xC0}
    raw = PacketDecoder().decode(rows.tobytes()).raw
    assert raw * scale_uv() == pytest.approx(feed(0, 500)[:499, :8], abs=0.0112)


@pytest.mark.parametrize(("code", "gain"), [(b"0", 1), (b"4", 8), (b"6", 24)])
def test_gain_scales_the_counts(code: bytes, gain: int) -> None:
    board = board_of()
    ask(board, b"x20" + code + b"0110X")
    raw = PacketDecoder().decode(stream_of(board, 0.1, at_s=1.0).tobytes()).raw
    assert raw[0, 1] * scale_uv(gain) == pytest.approx(feed(250, 1)[0, 1], abs=0.3)


def test_a_channel_switched_off_is_flat() -> None:
    board = board_of()
    ask(board, b"3")
    raw = PacketDecoder().decode(stream_of(board, 0.1).tobytes()).raw
    assert (raw[:, 2] == 0).all()
    assert (raw[:, 3] != 0).all()


def test_a_test_signal_replaces_the_feed() -> None:
    board = board_of()
    ask(board, b"-")
    raw = PacketDecoder().decode(stream_of(board, 2.0).tobytes()).raw
    assert np.unique(np.abs(raw * scale_uv())) == pytest.approx([1875.0], abs=0.02)
    assert np.count_nonzero(np.diff(np.sign(raw[:, 0]))) in {3, 4}


def test_daisy_alternates_the_boards_and_averages_two_samples() -> None:
    rows = stream_of(board_of(daisy=True), 0.2)
    raw = PacketDecoder().decode(rows.tobytes()).raw * scale_uv()
    mean = (feed(2, 1) + feed(3, 1))[0] / 2
    assert raw[3] == pytest.approx(mean[:8], abs=0.02)
    assert raw[2] == pytest.approx((feed(1, 1) + feed(2, 1))[0, 8:] / 2, abs=0.02)


def test_accelerometer_has_news_in_every_tenth_packet() -> None:
    words = stream_of(board_of(), 1.0)[:, 26:32].copy().view(">i2")
    assert words[words.any(axis=1)].tolist() == [[160, -320, 8000]] * 25
    assert 8000 * 0.002 / 16 == 1.0


def test_timestamps_change_footer_and_auxiliary_bytes() -> None:
    board = board_of()
    ask(board, b"<")
    rows = stream_of(board, 1.0, at_s=1.0)
    assert set(rows[:, 32]) == {0xC4}
    millis = rows[:, 28:32].copy().view(">u4").ravel()
    assert np.diff(millis).tolist() == [4] * 249
    assert rows[7, 26:28].tolist() == [0, 160]


def test_a_marker_appears_once_in_marker_mode() -> None:
    board = board_of()
    ask(board, b"/4")
    board.receive(b"b`5", 0.7)
    rows = np.frombuffer(board.advance(1.0), np.uint8).reshape(-1, 33)
    assert set(rows[:, 32]) == {0xC1}
    assert [int(value) for value in rows[:, 27] if value] == [ord("5")]


def test_a_command_in_mid_stream_is_silent_and_restarts_the_counter() -> None:
    board = board_of()
    stream_of(board, 0.5)
    board.receive(b"d", 0.5)
    rows = np.frombuffer(board.advance(0.6), np.uint8).reshape(-1, 33)
    assert rows[0, 1] == 0


def test_a_board_without_power_is_answered_for_by_the_dongle() -> None:
    board = board_of()
    board.switch_off()
    for command in (b"v", b"b", b"s"):
        assert ask(board, command) == b"Failure: Communications timeout - Device failed to poll Host$$$"
    assert ask(board, b"\xf0\x07") == b"Failure: System is Down$$$"
    board.switch_on()
    assert b"OpenBCI" in ask(board, b"v")


def test_a_silent_dongle_says_nothing() -> None:
    board = board_of()
    board.silence()
    assert ask(board, b"vb") == b""
    assert board.advance(3.0) == b""


def test_faults_cost_what_they_say() -> None:
    board = board_of()
    stream_of(board, 0.1)
    board.drop(3)
    board.insert(b"noise")
    board.truncate(10)
    data = board.advance(0.2)
    assert data[:5] == b"noise"
    assert len(data) == 5 + 10 + (25 - 3 - 1) * 33
    assert board.n_dropped == 3
    board.outage(0.1)
    assert board.advance(0.25) == b""
    assert len(board.advance(0.35)) == 25 * 33
    board.restart_counter()
    assert board.advance(0.36)[1] == 0


@given(st.binary(max_size=200))
def test_no_command_breaks_the_board(data: bytes) -> None:
    board = board_of(daisy=True)
    board.receive(data, 0.0)
    board.advance(0.3)
    board.advance(2.0)
    board.receive(b"X" * 9 + b"s", 4.0)
    board.advance(5.0)
    assert b"$$$" in ask(board, b"v", 7.0)
