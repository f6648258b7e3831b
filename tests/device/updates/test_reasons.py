"""What RAUC says is told in our words, and what it has never said is passed on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.updates.reasons import SAID_MAX, reason


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("Invalid bundle format: Signature size (2725105334533002064) exceeds bundle size", "cut short"),
        ("signature verification failed: Verify error: self-signed certificate", "stranger"),
        ("signature verification failed: Verify error: certificate has expired", "expired"),
        ("signature verification failed: error:1700009E:CMS routines::verification failure", "changed"),
        ("LastError: Compatible mismatch: Expected 'isotone-qemu-virt' but bundle manifest has 'x'", "another board"),
        ("Failed to read from source: Input/output error", "changed"),
    ],
)
def test_each_reason_has_a_name(said: str, why: str) -> None:
    assert why in reason(said)


@given(st.text())
def test_whatever_is_said_is_told_and_bounded(said: str) -> None:
    assert 0 < len(reason(said)) <= SAID_MAX + 40
