"""The box's own time: seconds that surely passed, for what must expire although anybody may set a clock.

Within one boot the machine's uptime tells, which nobody can set. Time during which the box was off counts as soon as a
wall clock that a time server holds says so; without one it does not count, and what must expire waits longer.
"""

from __future__ import annotations

import msgspec

from device.clock import Moment
from device.listeners.store import Store
from device.listeners.values import box_value, keep_box_value
from device.messages import UNDECODABLE

KEY = "time"


class BoxTime(msgspec.Struct, frozen=True, kw_only=True):
    """How far the box's own time has come."""

    passed_s: float = 0.0
    """Never goes back."""
    boot: str = ""
    boot_s: float = 0.0
    synchronised_wall_s: float | None = None
    """The wall clock when it was synchronised last, and the box's own time then."""
    synchronised_at_s: float = 0.0


def advanced(before: BoxTime, moment: Moment) -> BoxTime:
    """The box's time at `moment`."""
    passed_s = before.passed_s
    if moment.boot == before.boot:
        passed_s += max(0.0, moment.boot_s - before.boot_s)
    wall_s, at_s = before.synchronised_wall_s, before.synchronised_at_s
    if moment.is_synchronised:
        if wall_s is not None:
            passed_s = max(passed_s, at_s + moment.wall_s - wall_s)
        wall_s, at_s = moment.wall_s, passed_s
    return BoxTime(
        passed_s=passed_s,
        boot=moment.boot,
        boot_s=moment.boot_s,
        synchronised_wall_s=wall_s,
        synchronised_at_s=at_s,
    )


def pass_time(store: Store, moment: Moment) -> float:
    """The box's time in seconds, which is kept. Within a transaction."""
    try:
        before = box_value(store, KEY, BoxTime) or BoxTime()
    except UNDECODABLE:
        before = BoxTime()
    # A time that is damaged begins anew behind all that was heard, so that nothing of it expires early.
    latest_s = store.connection.execute("SELECT coalesce(max(until_s), 0) FROM dose").fetchone()[0]
    now = advanced(msgspec.structs.replace(before, passed_s=max(before.passed_s, latest_s)), moment)
    keep_box_value(store, KEY, now)
    return now.passed_s
