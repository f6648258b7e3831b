"""Values that are kept by key, as JSON: of the box, and of one listener (their preferences)."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from device.listeners.store import Person, Store
from device.messages import UNDECODABLE

T = TypeVar("T")


def box_value(store: Store, key: str, kind: type[T]) -> T | None:
    """What the box keeps under a key; None: nothing. Raises one of `UNDECODABLE` where it is damaged."""
    row = store.connection.execute("SELECT value FROM box WHERE key = ?", (key,)).fetchone()
    return msgspec.json.decode(row[0], type=kind) if row else None


def keep_box_value(store: Store, key: str, value: object) -> None:
    """Keep a value of the box. Within a transaction."""
    store.connection.execute("INSERT OR REPLACE INTO box VALUES (?, ?)", (key, msgspec.json.encode(value).decode()))


def preference(store: Store, person: Person, key: str, kind: type[T]) -> T | None:
    """What is kept of a listener under a key; None also where it is damaged, as if nobody had said it."""
    query = "SELECT value FROM preferences WHERE listener = ? AND key = ?"
    row = store.connection.execute(query, (person.id, key)).fetchone()
    try:
        return msgspec.json.decode(store.open(person.id, row[0]), type=kind) if row else None
    except UNDECODABLE:
        return None


def keep_preference(store: Store, person: Person, key: str, value: object, since_utc: str) -> None:
    """Keep a value of a listener, who is known from now on, unless somebody else took the name meanwhile."""
    with store.writing() as connection:
        if store.keep(person):
            row = (person.id, key, store.seal(person.id, msgspec.json.encode(value).decode()), since_utc)
            connection.execute("INSERT OR REPLACE INTO preferences VALUES (?, ?, ?, ?)", row)
