"""Keeps what sessions teach of a listener: rest, words, how music moves them, and their wristband; old rest fades.

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
from device.listeners.values import preference
from device.messages import UNDECODABLE, PersonalBaseline, PersonalResponse

HALF_LIFE_DAYS = 7.0
SESSION_WORTH_S = 5.0
"""Words on valence are carried too and count reports where rest counts seconds: no more than five of them."""
VALUES_MAX, NAME_MAX = 256, 64
"""A policy remembers no more numbers of one listener, each by a name no longer than this."""
VOLUME = "volume"
VOLUME_MIN_DB = -18.0
"""Whoever turned the music almost off hears the beginning of the next session all the same."""
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
    responses: tuple[PersonalResponse, ...] = ()
    """What policies learnt, what was told last last."""
    devices: Mapping[str, str] = MappingProxyType({})
    """The devices that were worn, by source."""
    volume_db: float | None = None
    """How much softer (negative) or louder the music was wished at the end."""


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
            written = store.seal(person.id, msgspec.json.encode(rest).decode())
            row = (rest.source, rest.model, evidence.session, began_utc, written)
            connection.execute(
                """INSERT INTO rest VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
                   SET (session, began_utc, baseline) = (excluded.session, excluded.began_utc, excluded.baseline)
                   WHERE began_utc < excluded.began_utc OR began_utc > ? OR session = excluded.session""",
                (person.id, *row, ahead_utc),
            )
        for response in filter(is_sane_response, evidence.responses):
            written = store.seal(person.id, msgspec.json.encode(response).decode())
            told = (response.policy, response.version, evidence.session, began_utc, written)
            connection.execute(
                """INSERT INTO responses VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
                   SET (session, began_utc, response) = (excluded.session, excluded.began_utc, excluded.response)
                   WHERE began_utc < excluded.began_utc OR began_utc > ? OR session = excluded.session""",
                (person.id, *told, ahead_utc),
            )
        for source, address in evidence.devices.items():
            connection.execute(
                """INSERT INTO devices VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
                   SET (address, seen_utc) = (excluded.address, excluded.seen_utc)
                   WHERE seen_utc <= excluded.seen_utc OR seen_utc > ?""",
                (person.id, source, store.seal(person.id, address), began_utc, ahead_utc),
            )
        if evidence.volume_db is not None and math.isfinite(evidence.volume_db):
            volume = store.seal(person.id, msgspec.json.encode(as_remembered(evidence.volume_db)).decode())
            connection.execute(
                """INSERT INTO preferences VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
                   SET (value, since_utc) = (excluded.value, excluded.since_utc)
                   WHERE since_utc <= excluded.since_utc OR since_utc > ?""",
                (person.id, VOLUME, volume, began_utc, ahead_utc),
            )
        connection.executemany(
            "INSERT OR IGNORE INTO words VALUES (?, ?, ?, ?, ?)",
            [
                (person.id, evidence.session, word.t_ns, began_utc, _sealed(store, person, word))
                for word in evidence.words
            ],
        )
        connection.execute(
            "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?)",
            (evidence.session, person.id, evidence.folder, evidence.log_bytes),
        )


def _sealed(store: Store, person: Person, word: Word) -> str:
    """A word as it is kept: arousal and valence."""
    return store.seal(person.id, msgspec.json.encode(word[1:]).decode())


def recall(store: Store, person: Person, now: dt.datetime) -> Iterator[Carried]:
    """The newest rest of each source and model, as much as is not forgotten; one that is damaged is passed over."""
    rows = store.connection.execute(
        "SELECT session, began_utc, baseline FROM rest WHERE listener = ? ORDER BY source, model", (person.id,)
    )
    for session, began_utc, baseline in rows:
        try:
            rest = msgspec.json.decode(store.open(person.id, baseline), type=PersonalBaseline)
            began = dt.datetime.strptime(began_utc, ISO).replace(tzinfo=dt.UTC)
        except UNDECODABLE:
            continue
        if is_sane(rest):
            age_days = (now - began).total_seconds() / 86_400 if began <= now + AHEAD_MAX else HALF_LIFE_DAYS
            yield Carried(fade(rest, max(0.0, age_days)), session)


def recall_responses(store: Store, person: Person) -> Iterator[PersonalResponse]:
    """What each policy learnt of the listener, by version; what is damaged is passed over."""
    rows = store.connection.execute("SELECT response FROM responses WHERE listener = ? ORDER BY 1", (person.id,))
    for (told,) in rows:
        try:
            response = msgspec.json.decode(store.open(person.id, told), type=PersonalResponse)
        except UNDECODABLE:
            continue
        if is_sane_response(response):
            yield msgspec.structs.replace(response, t_ns=0)


def as_remembered(volume_db: float) -> float:
    """The volume with which the next session begins: never louder than composed, and never too soft to be heard."""
    return min(max(volume_db, VOLUME_MIN_DB), 0.0)


def recall_volume(store: Store, person: Person) -> float:
    """How much softer than composed the listener had the music last, 0 or negative."""
    return as_remembered(preference(store, person, VOLUME, float) or 0.0)


def learnt(store: Store, person: Person) -> list[dict[str, str]]:
    """The policies that learnt how music moves the listener, and the session that each was told by last."""
    rows = store.connection.execute(
        "SELECT policy, version, session, began_utc FROM responses WHERE listener = ? ORDER BY 1, 2", (person.id,)
    )
    return [dict(zip(("policy", "version", "session", "began_utc"), row, strict=True)) for row in rows]


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


def is_sane_response(response: PersonalResponse) -> bool:
    """Whether it is made of numbers, and no more of them than a policy may remember."""
    names = (response.policy, response.version, *response.values)
    is_short = all(name and len(name) <= NAME_MAX and name.isprintable() for name in names)
    return is_short and 0 < len(response.values) <= VALUES_MAX and all(map(math.isfinite, response.values.values()))


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
    return {source: store.open(person.id, address) for source, address in rows}
