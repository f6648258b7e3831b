"""What the policy set by hand decides, bar by bar, is what it decided before decisions were data."""

import json
import math

import pytest

from tests.device.control import recorded


@pytest.mark.parametrize("name", recorded.SESSIONS)
def test_the_policy_set_by_hand_decides_as_it_did_before(name: str) -> None:
    before = json.loads(recorded.FILE.read_text("utf-8"))[name]
    now = [recorded.told(intent) for intent in recorded.session(*recorded.SESSIONS[name])]
    assert len(now) == len(before)
    for row, expected in zip(now, before, strict=True):
        for value, was in zip(row, expected, strict=True):
            same = math.isclose(value, was, rel_tol=1e-12) if isinstance(was, float) else value == was
            assert same, (value, was)
