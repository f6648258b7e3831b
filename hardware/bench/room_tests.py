"""Which tests are a room's own: `tests/` mirrors the code one to one."""

from __future__ import annotations

from pathlib import Path

from device.errors import SystemMissingError

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("audio/safety", "control/shield", "control/bounds.py")
"""Whoever leads too far or plays too loud is held here."""


def own_tests(room: str) -> str:
    """The folder or file of tests of a room of `device`, relative to the checkout.

    Raises:
        SystemMissingError: there is no such room, or none of its tests are here.
    """
    code, tests = Path("device", room), Path("tests", "device", room)
    tests = tests.with_name(f"test_{tests.name}") if tests.suffix else tests
    for path in (code, tests):
        if not (ROOT / path).exists():
            raise SystemMissingError(f"There is no {path} in {ROOT}.", "Name a room of a checkout: `audio/safety`.")
    return str(tests)


def code_of(room: str) -> str:
    """The pattern of its files."""
    return f"device/{room}" if room.endswith(".py") else f"device/{room}/*.py"
