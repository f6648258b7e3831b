"""How a listener says they feel before and after a session: visual-analogue items of our own, 0 to 100.

Owned scales (STAI, PANAS, SAM) are not here: their words are their owners'. What is told before a session belongs to
the one that begins within half an hour.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Mapping
from typing import Literal, get_args

from device.listeners.store import ISO, Person, Store

When = Literal["before", "after"]
WHENS: tuple[When, ...] = get_args(When)
ITEMS = ("tension", "mood", "tiredness")
"""Tension: 0 quite calm to 100 very tense. Mood: 0 low to 100 good. Tiredness: 0 wide awake to 100 very tired."""
LEAST, MOST = 0.0, 100.0
BELONGS = dt.timedelta(minutes=30)


def keep(store: Store, person: Person, session: str, when: When, told: Mapping[str, float], now: dt.datetime) -> None:
    """Keep what was told; `session` is empty before one begins. What is told again takes the place of the first."""
    held = {item: float(min(MOST, max(LEAST, value))) for item, value in told.items() if item in ITEMS}
    with store.writing() as connection:
        if store.keep(person):
            sealed = {item: store.seal(person.id, repr(value)) for item, value in held.items()}
            rows = [(person.id, session, when, item, value, f"{now:{ISO}}") for item, value in sealed.items()]
            connection.executemany("INSERT OR REPLACE INTO ratings VALUES (?, ?, ?, ?, ?, ?)", rows)


def begin(store: Store, person: Person, session: str, now: dt.datetime) -> None:
    """Let what was told just before belong to the session that begins, and forget what nothing followed."""
    since = f"{now - BELONGS:{ISO}}"
    with store.writing() as connection:
        connection.execute(
            "UPDATE OR REPLACE ratings SET session = ? WHERE listener = ? AND session = '' AND told_utc >= ?",
            (session, person.id, since),
        )
        connection.execute("DELETE FROM ratings WHERE listener = ? AND session = ''", (person.id,))


def of_session(store: Store, person: Person, session: str) -> dict[When, dict[str, float]]:
    """What was told before and after a session, by item."""
    query = "SELECT moment, item, value FROM ratings WHERE listener = ? AND session = ?"
    found: dict[When, dict[str, float]] = {"before": {}, "after": {}}
    for when, item, value in store.connection.execute(query, (person.id, session)):
        if when in found:
            with contextlib.suppress(ValueError):  # what is damaged was never told
                found[when][item] = float(store.open(person.id, value))
    return found
