"""Decodes what a heart-rate band notifies (0x2A37). It takes what can be read of a measurement and counts the rest."""

from __future__ import annotations

import struct
from typing import NamedTuple

VALUE_MAX_BYTES = 512
"""No attribute is longer (Bluetooth Core, volume 3, part F, 3.2.9)."""
MS_PER_RR_STEP = 1000 / 1024
NO_PULSE = (0, 0xFF, 0xFFFF)
"""Heart rates by which bands say that they have none."""


class HeartRateMeasurement(NamedTuple):
    """One notification of 0x2A37."""

    hr_bpm: int
    """One of `NO_PULSE`: the band has no clean signal."""
    contact: bool | None
    """None: the band does not sense skin contact."""
    energy_kj: int | None
    rr_ms: tuple[float, ...]
    """Intervals between beats, oldest first; may be empty."""
    n_unread: int = 0
    """Bytes at the end that belong to nothing that the flags announce."""

    @property
    def is_vouched_for(self) -> bool:
        """Whether the band itself believes it: it has found a pulse and does not say that it lies on no skin."""
        return self.contact is not False and self.hr_bpm not in NO_PULSE


def decode(data: bytes) -> HeartRateMeasurement:
    """Payload of a Heart Rate Measurement (Bluetooth SIG, GATT supplement 3.116).

    Flags: b0 heart rate is u16, b1 contact, b2 contact supported, b3 energy u16 present, b4 RR u16[] in 1/1024 s.
    Bands announce fields that they do not send, and send half a value or more than they announce: whole ones are read.

    Raises:
        ValueError: there is no whole heart rate in it.
    """
    flags = data[0] if data else 0
    head = 3 if flags & 0b1 else 2
    if len(data) < head:
        raise ValueError(f"no heart rate in {len(data)} bytes")
    hr_bpm = int.from_bytes(data[1:head], "little")
    rest = data[head:VALUE_MAX_BYTES]
    energy_kj = None
    if flags & 0b1000 and len(rest) >= 2:
        energy_kj, rest = int.from_bytes(rest[:2], "little"), rest[2:]
    n_rr = len(rest) // 2 if flags & 0b10000 else 0
    return HeartRateMeasurement(
        hr_bpm,
        bool(flags & 0b10) if flags & 0b100 else None,
        energy_kj,
        tuple(steps * MS_PER_RR_STEP for steps in struct.unpack_from(f"<{n_rr}H", rest)),
        n_unread=len(rest) - 2 * n_rr + max(0, len(data) - VALUE_MAX_BYTES),
    )
