"""Golden sessions replay to what they were: a decision or a bar that comes out otherwise is a failing test.

If it is meant to, record anew with `python -m tests.replay.record "why"`; the reason is kept beside the session.
"""

from pathlib import Path

import pytest

from device.replay import replay_session
from tests.replay.record import SESSIONS

TOLERANCE = 1e-5
"""Other vector units round single-precision nets in the seventh digit; on the recording machine all bytes are equal."""


@pytest.mark.parametrize("session", sorted(SESSIONS.iterdir()), ids=lambda path: path.name)
def test_a_golden_session_replays(session: Path) -> None:
    report = replay_session(session, TOLERANCE)
    assert report.is_same, [(row.stream, row.difference) for row in report.streams if row.difference] + report.problems
    compared = {row.stream: row.recorded for row in report.streams}
    assert compared["bars"] > 5
    assert compared["affect"] > 30
