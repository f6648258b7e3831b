"""What is said of a band's stream, and when it is silent: by its own pace, with nothing made up or told raw."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.acquisition.hrs_reception import FIRST_SILENCE_NS, SILENCE_MAX_NS, SILENCE_NS, Reception
from hardware.emulators.wristband import encode_measurement

START_NS = 10**12
S = 1_000_000_000


def heard(payloads: list[bytes], period_s: float = 1.0) -> tuple[Reception, int]:
    """A reception that took these, and the time of the last."""
    reception, now_ns = Reception("wrist"), START_NS
    reception.begin(now_ns)
    for payload in payloads:
        now_ns += round(period_s * S)
        reception.take(10, payload, now_ns)
    return reception, now_ns


@pytest.mark.parametrize(
    ("payloads", "words"),
    [
        ([encode_measurement(62, (968.0,))], "A band streams."),
        ([encode_measurement(62, (968.0,), contact=False)], "put it on"),
        ([encode_measurement(0)], "finds no pulse"),
        ([encode_measurement(255)], "finds no pulse"),
        ([encode_measurement(62, (968.0,)) + b"\x03"], "1 byte that could not be understood"),
        ([b"", encode_measurement(62)], "an empty message that could not be understood"),
        ([b"\x01\x02", encode_measurement(62)], "2 bytes that could not be understood"),
        ([encode_measurement(62, (1968.0,))] * 6, "beats twice"),
    ],
)
def test_what_is_odd_about_a_stream_is_said(payloads: list[bytes], words: str) -> None:
    reception, _ = heard(payloads)
    assert words in reception.describe("A band")


def test_what_is_odd_is_said_once_and_not_forgotten() -> None:
    reception, now_ns = heard([encode_measurement(62, (968.0,)) + b"\x03"])
    said = reception.describe("A band")
    reception.take(10, b"", now_ns + S)
    reception.take(10, encode_measurement(62), now_ns + 2 * S)
    assert reception.describe("A band") == said


@given(st.lists(st.binary(max_size=30), max_size=8))
def test_any_bytes_make_a_sentence_that_shows_none_of_them(payloads: list[bytes]) -> None:
    reception, _ = heard(payloads)
    for sentence in (reception.describe("A band"), *reception.describe_silence("A band")):
        assert re.fullmatch(r"[A-Za-z0-9 .,:;]*", sentence)
        assert "\\x" not in sentence


def test_of_two_voices_the_first_is_believed() -> None:
    reception, now_ns = heard([])
    assert reception.take(20, encode_measurement(62), now_ns + 1) is not None
    assert reception.take(10, encode_measurement(99), now_ns + 2) is None
    assert reception.take(20, encode_measurement(63), now_ns + 3) is not None


def test_a_voice_that_makes_no_sense_is_not_the_one_that_counts() -> None:
    reception, now_ns = heard([])
    assert reception.take(10, b"", now_ns + 1) is None
    assert reception.take(20, encode_measurement(62), now_ns + 2) is not None


@pytest.mark.parametrize(("period_s", "patience_s"), [(0.1, 5), (1.0, 5), (6.0, 18), (15.0, 45), (59.0, 60)])
def test_a_band_is_silent_by_its_own_pace(period_s: float, patience_s: int) -> None:
    reception, now_ns = heard([encode_measurement(62)] * 4, period_s)
    assert not reception.is_silent(now_ns + patience_s * S)
    assert reception.is_silent(now_ns + patience_s * S + 1)


def test_a_band_whose_pace_is_unknown_is_waited_for() -> None:
    reception, now_ns = heard([])
    assert not reception.is_silent(now_ns + FIRST_SILENCE_NS)
    assert reception.is_silent(now_ns + FIRST_SILENCE_NS + 1)
    assert "sends nothing" in reception.describe_silence("A band")[0]


def test_a_pause_that_was_taken_for_silence_is_allowed_the_next_time() -> None:
    reception, now_ns = heard([encode_measurement(62)] * 4)
    assert reception.is_silent(now_ns + SILENCE_NS + S)
    reception.begin(now_ns + 8 * S)
    reception.take(10, encode_measurement(62), now_ns + 9 * S)
    assert not reception.is_silent(now_ns + 9 * S + SILENCE_NS + S)
    assert reception.is_silent(now_ns + 9 * S + SILENCE_MAX_NS + 1)


def test_the_pause_between_two_connections_is_no_pace() -> None:
    reception, now_ns = heard([encode_measurement(62)] * 3)
    now_ns += 50 * S
    reception.begin(now_ns)
    reception.take(10, encode_measurement(62), now_ns + S)
    assert reception.is_silent(now_ns + S + SILENCE_NS + 1)


def test_a_band_that_only_babbles_is_silent_and_told_how_much_it_said() -> None:
    reception, now_ns = heard([b"\x01"] * 30)
    assert reception.is_silent(now_ns)
    sentence, action = reception.describe_silence("A band")
    assert "1 byte and no heart rate" in sentence
    assert "broadcast" in action
