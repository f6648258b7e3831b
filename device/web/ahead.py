"""The path that is still ahead of a session, drawn from its own plan."""

from __future__ import annotations

from device.control.plan.session_plan import UNKNOWN_START, State, plan_of
from device.web.live import Live, PathPoint

POINTS = 48


def path_ahead(live: Live) -> list[PathPoint]:
    """Where the music is to lead from now on, if nobody says otherwise; nothing before it is known."""
    intent, session = live.board.intent, live.session
    if intent is None or session is None or live.board.is_blinded:
        return []
    plan, now_s = plan_of(session), live.board.elapsed_s()
    plan_s = max(0.0, plan.length_s - intent.session_left_s)
    start = State(*live.began_from) if live.began_from else UNKNOWN_START
    points = []
    for index in range(POINTS + 1):
        ahead_s = intent.session_left_s * index / POINTS
        at = plan.at(plan_s + ahead_s, start).setpoint
        points.append(
            PathPoint(round(now_s + ahead_s, 1), None, None, round(float(at.valence), 3), round(float(at.arousal), 3))
        )
    return points
