"""The decoder of heart-rate measurements: over all payloads, and over what bands send against the standard."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.acquisition.hrs_packets import VALUE_MAX_BYTES, HeartRateMeasurement, decode
from hardware.emulators.wristband import encode_measurement

contacts = st.none() | st.booleans()
intervals_ms = st.lists(st.integers(1, 0xFFFF).map(lambda steps: steps * 1000 / 1024), max_size=9)


@given(st.integers(0, 0xFFFF), intervals_ms, contacts, st.none() | st.integers(0, 0xFFFF))
def test_every_measurement_survives_encoding(
    hr_bpm: int, rr_ms: list[float], contact: bool | None, energy_kj: int | None
) -> None:
    decoded = decode(encode_measurement(hr_bpm, rr_ms, contact, energy_kj))
    assert decoded == HeartRateMeasurement(hr_bpm, contact, energy_kj, tuple(rr_ms))


@given(st.binary(max_size=600))
def test_any_bytes_are_a_measurement_or_refused_and_every_byte_is_accounted_for(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        decoded = decode(data)
        assert 0 <= decoded.hr_bpm <= 0xFFFF
        assert all(0 <= interval < 64_000 for interval in decoded.rr_ms)
        n_head = 1 + (2 if data[0] & 1 else 1) + (2 if decoded.energy_kj is not None else 0)
        assert n_head + 2 * len(decoded.rr_ms) + decoded.n_unread == len(data)


@given(st.integers(0, 300), intervals_ms, contacts, st.integers(0, 30))
def test_what_is_whole_of_a_torn_measurement_is_used(
    hr_bpm: int, rr_ms: list[float], contact: bool | None, cut: int
) -> None:
    whole = encode_measurement(hr_bpm, rr_ms, contact, energy_kj=12)
    torn = whole[: max(0, len(whole) - cut)]
    n_head = 3 if hr_bpm > 0xFF else 2
    if len(torn) < n_head:
        with pytest.raises(ValueError, match="no heart rate"):
            decode(torn)
        return
    decoded = decode(torn)
    assert (decoded.hr_bpm, decoded.contact) == (hr_bpm, contact)
    assert decoded.rr_ms == tuple(rr_ms[: max(0, len(torn) - n_head - 2) // 2])
    assert decoded.n_unread == (len(torn) - n_head) % 2


@given(st.integers(0, 300), intervals_ms, st.binary(min_size=1, max_size=1))
def test_an_odd_byte_at_the_end_costs_nothing(hr_bpm: int, rr_ms: list[float], tail: bytes) -> None:
    whole = encode_measurement(hr_bpm, rr_ms)
    assert decode(whole + tail) == decode(whole)._replace(n_unread=1)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (bytes([0b00110, 72]), HeartRateMeasurement(72, contact=True, energy_kj=None, rr_ms=())),
        (bytes([0b11101, 0x2C, 1, 5, 0, 0, 4]), HeartRateMeasurement(300, False, 5, (1000.0,))),
        (bytes([0x16, 62]), HeartRateMeasurement(62, True, None, ())),
        (bytes([0x16, 62, 0xC8]), HeartRateMeasurement(62, True, None, (), n_unread=1)),
        (bytes([0x1F, 62, 0, 10, 0, 0, 2, 0, 4]), HeartRateMeasurement(62, True, 10, (500.0, 1000.0))),
        (bytes([0x08, 62]), HeartRateMeasurement(62, None, None, ())),
        (bytes([0x08, 62, 1]), HeartRateMeasurement(62, None, None, (), n_unread=1)),
        (bytes([0x00, 62, 0, 4]), HeartRateMeasurement(62, None, None, (), n_unread=2)),
    ],
    ids=[
        "contact alone",
        "all fields",
        "RR announced and absent",
        "half an RR",
        "16-bit rate",
        "energy announced and absent",
        "half an energy",
        "RR not announced",
    ],
)
def test_fields_are_read_as_far_as_they_are_whole(payload: bytes, expected: HeartRateMeasurement) -> None:
    assert decode(payload) == expected


@pytest.mark.parametrize("payload", [b"", b"\x10", b"\x01\x48"])
def test_without_a_whole_heart_rate_nothing_is_made_up(payload: bytes) -> None:
    with pytest.raises(ValueError, match="no heart rate"):
        decode(payload)


def test_an_endless_payload_is_read_as_far_as_an_attribute_reaches() -> None:
    decoded = decode(bytes([0x10, 62]) + bytes(100_000))
    assert len(decoded.rr_ms) == (VALUE_MAX_BYTES - 2) // 2
    assert decoded.n_unread == 100_002 - VALUE_MAX_BYTES


@pytest.mark.parametrize("hr_bpm", [0, 0xFF, 0xFFFF, 70])
@pytest.mark.parametrize("contact", [None, True, False])
def test_a_band_vouches_only_for_a_pulse_on_skin(hr_bpm: int, contact: bool | None) -> None:
    measurement = decode(encode_measurement(hr_bpm, (800.0,), contact))
    assert measurement.is_vouched_for == (hr_bpm == 70 and contact is not False)
