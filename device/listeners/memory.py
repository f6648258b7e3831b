"""Keeps what sessions teach of a listener: rest, words and which wristband is theirs; older rest is worth less.

A resting person of today is not quite that of last week, nor are the electrodes where they were: on people with several
recordings (Muse, 15 pairs of sessions of 4 people) the mean of a feature moves between sessions by 0.45 of the variance
that lies between people, whose word is worth 2 s. So an earlier session, however long, is worth `SESSION_WORTH_S` of
today's rest; worth ten it would mislead a listener whose electrodes sit elsewhere (`export.affect.carried`).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from device.listeners.store import ISO, Person, Store
from device.messages import UNDECODABLE, PersonalBaseline

HALF_LIFE_DAYS = 7.0
SESSION_WORTH_S = 5.0
"""Words on valence are carried too and count reports where rest counts seconds: no more than five of them."""
AHEAD_MAX = dt.timedelta(days=1)
"""A date further ahead than this was told by a clock that was wrong; what has it counts as a week old."""


class Word(NamedTuple):
    """What a listener said of how they feel, -1 to 1; `valence` is None where it was not told."""

    t_ns: int
    arousal: float
    valence: float | None


class Evidence(NamedTuple):
    """What one session tells of its listener."""

    session: str
    folder: str
    began: dt.datetime
    log_bytes: int
    """Bytes of its log that were read."""
    rests: tuple[PersonalBaseline, ...] = ()
    """What was told last comes last."""
    words: tuple[Word, ...] = ()
    devices: Mapping[str, str] = MappingProxyType({})
    """The devices that were worn, by source."""


class Carried(NamedTuple):
    """A rest, as much as is not forgotten, and the session it comes from."""

    rest: PersonalBaseline
    session: str


def begin(store: Store, person: Person, session: str, folder: str) -> None:
    """Note that a session begins, so that it is taken in later however it ends."""
    with store.writing() as connection:
        if store.keep(person):
            row = (session, person.id, folder, -1)
            connection.execute("INSERT OR IGNORE INTO sessions VALUES (?, ?, ?, ?)", row)


def take_in(store: Store, person: Person, evidence: Evidence, now: dt.datetime) -> None:
    """Keep what a session tells, if only that there was one. What is older never replaces what is newer."""
    began_utc, ahead_utc = f"{evidence.began:{ISO}}", f"{now + AHEAD_MAX:{ISO}}"
    with store.writing() as connection:
        if not store.keep(person):
            return
        for rest in filter(is_sane, evidence.rests):
            row = (rest.source, rest.model, evidence.session, began_utc, msgspec.json.encode(rest).decode())
            connection.execute(
                """INSERT INTO rest VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
                   SET (session, began_utc, baseline) = (excluded.session, excluded.began_utc, excluded.baseline)
                   WHERE began_utc < excluded.began_utc OR began_utc > ? OR session = excluded.session""",
                (person.id, *row, ahead_utc),
            )
        for source, address in evidence.devices.items():
            connection.execute(
                """INSERT INTO devices VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
                   SET (address, seen_utc) = (excluded.address, excluded.seen_utc)
                   WHERE seen_utc <= excluded.seen_utc OR seen_utc > ?""",
                (person.id, source, address, began_utc, ahead_utc),
            )
        connection.executemany(
            "INSERT OR IGNORE INTO words VALUES (?, ?, ?, ?, ?, ?)",
            [(person.id, evidence.session, word.t_ns, began_utc, *word[1:]) for word in evidence.words],
        )
        connection.execute(
            "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?)",
            (evidence.session, person.id, evidence.folder, evidence.log_bytes),
        )


def recall(store: Store, person: Person, now: dt.datetime) -> Iterator[Carried]:
    """The newest rest of each source and model, as much as is not forgotten; one that is damaged is passed over."""
    rows = store.connection.execute(
        "SELECT session, began_utc, baseline FROM rest WHERE listener = ? ORDER BY source, model", (person.id,)
    )
    for session, began_utc, baseline in rows:
        try:
            rest = msgspec.json.decode(baseline, type=PersonalBaseline)
            began = dt.datetime.strptime(began_utc, ISO).replace(tzinfo=dt.UTC)
        except UNDECODABLE:
            continue
        if is_sane(rest):
            age_days = (now - began).total_seconds() / 86_400 if began <= now + AHEAD_MAX else HALF_LIFE_DAYS
            yield Carried(fade(rest, max(0.0, age_days)), session)


def sources(store: Store, person: Person) -> list[dict[str, str]]:
    """The sources and models whose rest is known, and the session that each comes from."""
    rows = store.connection.execute(
        "SELECT source, model, session, began_utc FROM rest WHERE listener = ? ORDER BY 1, 2", (person.id,)
    )
    return [dict(zip(("source", "model", "session", "began_utc"), row, strict=True)) for row in rows]


def is_sane(rest: PersonalBaseline) -> bool:
    """Whether it is made of numbers, as many as it has cells."""
    rows = (rest.mean, rest.sd, rest.weight_s)
    whole = all(len(row) == len(rest.names) and all(map(math.isfinite, row)) for row in rows)
    return whole and bool(rest.names) and min(rest.weight_s) >= 0


def fade(rest: PersonalBaseline, age_days: float) -> PersonalBaseline:
    """The same rest, worth less: by what changes from one session to the next, and by half each week."""
    kept = 0.5 ** (age_days / HALF_LIFE_DAYS)
    weight_s = tuple(kept * seconds * SESSION_WORTH_S / (seconds + SESSION_WORTH_S) for seconds in rest.weight_s)
    return msgspec.structs.replace(rest, t_ns=0, weight_s=weight_s)


# -- sessions


class Taken(NamedTuple):
    """A session the box knows of: whose it is (empty: forgotten), its folder, and how much of it was taken in."""

    listener: str
    folder: str
    log_bytes: int


def taken_in(store: Store) -> dict[str, Taken]:
    """All sessions the box knows of."""
    rows = store.connection.execute("SELECT session, coalesce(listener, ''), folder, log_bytes FROM sessions")
    return {session: Taken(*row) for session, *row in rows}


def devices(store: Store, person: Person) -> dict[str, str]:
    """What the listener wore last, by source."""
    rows = store.connection.execute("SELECT source, address FROM devices WHERE listener = ? ORDER BY 1", (person.id,))
    return dict(rows.fetchall())
