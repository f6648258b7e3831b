"""The account of what ears had in the last seven days, and whose ears they are.

A name is no proof of who listens. What guests and names without a word of the PIN's holder heard counts for
everybody, and such a name begins with what the one who heard most has: under another name nobody gets new ears.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from device.clock import Moment
from device.listeners.box_time import pass_time
from device.listeners.store import Person, Store
from device.listeners.values import box_value, keep_box_value, keep_preference, preference
from device.messages import UNDECODABLE

WEEK_S = 7 * 86_400.0
EARS, CEILING = "ears", "hearing ceiling"
CEILING_PERCENT = 100.0


class Ears(msgspec.Struct, frozen=True, kw_only=True):
    """What the PIN's holder said of a listener's ears."""

    own: bool = False
    """The name is one person's, whom nobody else poses as."""
    sensitive: bool | None = None
    """A child's, or easily hurt; None: as device.toml says."""


class Week(NamedTuple):
    """What was heard in the last seven days of the box's own time."""

    exposure_pa2h: float
    heard_s: float


def hear(store: Store, session: str, listener_id: str, exposure_pa2h: float, heard_s: float, moment: Moment) -> None:
    """Keep what a session's ears have had until now; an empty id is anybody's. It never becomes less.

    A whole session counts until seven days after its last second.
    """
    with store.writing() as connection:
        owner = listener_id if store.get(listener_id) else None
        connection.execute(
            """INSERT INTO dose VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
               SET (until_s, heard_s, exposure_pa2h) =
               (excluded.until_s, max(heard_s, excluded.heard_s), max(exposure_pa2h, excluded.exposure_pa2h))""",
            (session, owner, pass_time(store, moment), heard_s, exposure_pa2h),
        )


def week_of(store: Store, person: Person | None, moment: Moment) -> Week:
    """What counts for a listener; None is a guest."""
    with store.writing() as connection:
        since_s = pass_time(store, moment) - WEEK_S
        rows = connection.execute(
            "SELECT listener, sum(exposure_pa2h), sum(heard_s) FROM dose WHERE until_s > ? GROUP BY listener",
            (since_s,),
        ).fetchall()
    vouched = {known.id for known in store.people() if ears_of(store, known).own}
    own = {listener: Week(*heard) for listener, *heard in rows if listener in vouched}
    shared = [Week(*heard) for listener, *heard in rows if listener not in vouched]
    if person and person.id in vouched:
        mine = own.get(person.id, Week(0.0, 0.0))
    else:
        mine = max(own.values(), default=Week(0.0, 0.0))
    return Week(*map(sum, zip(mine, *shared, strict=True)))


def ears_of(store: Store, person: Person) -> Ears:
    """What is known of a listener's ears; what is damaged is as if nobody had said it."""
    return preference(store, person, EARS, Ears) or Ears()


def keep_ears(store: Store, person: Person, ears: Ears, since_utc: str) -> None:
    """Keep what was said of a listener's ears. Whether the PIN was told is the caller's to ask (`pin`)."""
    keep_preference(store, person, EARS, ears, since_utc)


def ceiling_percent(store: Store) -> float:
    """How much of the week's dose may be heard on this box; what is damaged is as if it was never raised."""
    try:
        kept = box_value(store, CEILING, float)
    except UNDECODABLE:
        kept = None
    return CEILING_PERCENT if kept is None else kept


def keep_ceiling(store: Store, percent: float) -> None:
    """Keep another ceiling. Whether the PIN was told is the caller's to ask (`pin`)."""
    with store.writing():
        keep_box_value(store, CEILING, percent)
