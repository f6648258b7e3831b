"""Says how listeners are kept: in tables that grow by migrations, one at a time, each whole or not at all.

A change of the tables appends a migration and never alters one that was released. `PRAGMA user_version` counts them.
Times are UTC in ISO 8601 and sort as text.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from device.errors import RecordingError

APPLICATION_ID = 0x49534C53
"""Marks the file as ours (`file` and SQLite show it)."""
OWNED = "listener TEXT NOT NULL REFERENCES listeners ON DELETE CASCADE"
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE listeners (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, since_utc TEXT NOT NULL) STRICT",
        # Ids of those who were erased, so that no session brings them back. They say nothing of who it was.
        "CREATE TABLE forgotten (listener TEXT PRIMARY KEY) STRICT",
        # Sessions and how much of their logs was taken in. One whose listener was erased stays, without an owner.
        """CREATE TABLE sessions (session TEXT PRIMARY KEY, listener TEXT REFERENCES listeners ON DELETE SET NULL,
           folder TEXT NOT NULL, log_bytes INTEGER NOT NULL) STRICT""",
        f"""CREATE TABLE rest ({OWNED}, source TEXT NOT NULL, model TEXT NOT NULL, session TEXT NOT NULL,
            began_utc TEXT NOT NULL, baseline TEXT NOT NULL,
            PRIMARY KEY (listener, source, model)) STRICT""",
        f"""CREATE TABLE words ({OWNED}, session TEXT NOT NULL, t_ns INTEGER NOT NULL, began_utc TEXT NOT NULL,
            arousal REAL NOT NULL, valence REAL, PRIMARY KEY (listener, session, t_ns)) STRICT""",
        f"""CREATE TABLE devices ({OWNED}, source TEXT NOT NULL, address TEXT NOT NULL, seen_utc TEXT NOT NULL,
            PRIMARY KEY (listener, source)) STRICT""",
        f"""CREATE TABLE preferences ({OWNED}, key TEXT NOT NULL, value TEXT NOT NULL, since_utc TEXT NOT NULL,
            PRIMARY KEY (listener, key)) STRICT""",
        f"""CREATE TABLE consent ({OWNED}, version TEXT NOT NULL, language TEXT NOT NULL, text TEXT NOT NULL,
            granted_utc TEXT NOT NULL, withdrawn_utc TEXT, PRIMARY KEY (listener, version, granted_utc)) STRICT""",
        f"""CREATE TABLE dose ({OWNED}, day TEXT NOT NULL, headphones TEXT NOT NULL, exposure_pa2h REAL NOT NULL,
            PRIMARY KEY (listener, day, headphones)) STRICT""",
    ),
    (
        # What each policy learnt of how the listener answers music: the whole of it, so that the newest counts alone.
        f"""CREATE TABLE responses ({OWNED}, policy TEXT NOT NULL, version TEXT NOT NULL, session TEXT NOT NULL,
            began_utc TEXT NOT NULL, response TEXT NOT NULL, PRIMARY KEY (listener, policy, version)) STRICT""",
    ),
    (
        # What was asked before the first session (`intake`), and who let sessions begin in spite of a yes.
        f"""CREATE TABLE intake ({OWNED}, question TEXT NOT NULL, is_yes INTEGER NOT NULL, answered_utc TEXT NOT NULL,
            cleared_by TEXT NOT NULL, cleared_utc TEXT NOT NULL, PRIMARY KEY (listener, question)) STRICT""",
    ),
    (
        # What was heard in each session, at the box's own time (`hearing`). Of a listener who was erased it stays, as
        # what somebody heard: nobody gets new ears by it. The table of before was never filled.
        "DROP TABLE dose",
        """CREATE TABLE dose (session TEXT PRIMARY KEY, listener TEXT REFERENCES listeners ON DELETE SET NULL,
           until_s REAL NOT NULL, heard_s REAL NOT NULL, exposure_pa2h REAL NOT NULL) STRICT""",
        # What is known of the box itself, by key.
        "CREATE TABLE box (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    ),
    (
        # How listeners say they feel before and after a session (`ratings`); the session is empty until it begins.
        f"""CREATE TABLE ratings ({OWNED}, session TEXT NOT NULL, moment TEXT NOT NULL, item TEXT NOT NULL,
            value REAL NOT NULL, told_utc TEXT NOT NULL, PRIMARY KEY (listener, session, moment, item)) STRICT""",
    ),
    (
        # What is personal is one text in each row, which can be sealed (`SEALED`).
        f"""CREATE TABLE said ({OWNED}, session TEXT NOT NULL, t_ns INTEGER NOT NULL, began_utc TEXT NOT NULL,
            value TEXT NOT NULL, PRIMARY KEY (listener, session, t_ns)) STRICT""",
        "INSERT INTO said SELECT listener, session, t_ns, began_utc, json_array(arousal, valence) FROM words",
        "DROP TABLE words",
        "ALTER TABLE said RENAME TO words",
        f"""CREATE TABLE asked ({OWNED}, question TEXT NOT NULL, value TEXT NOT NULL,
            PRIMARY KEY (listener, question)) STRICT""",
        """INSERT INTO asked SELECT listener, question,
           json_array(json(iif(is_yes, 'true', 'false')), answered_utc, cleared_by, cleared_utc) FROM intake""",
        f"""CREATE TABLE felt ({OWNED}, session TEXT NOT NULL, moment TEXT NOT NULL, item TEXT NOT NULL,
            value TEXT NOT NULL, told_utc TEXT NOT NULL, PRIMARY KEY (listener, session, moment, item)) STRICT""",
        "INSERT INTO felt SELECT listener, session, moment, item, CAST(value AS TEXT), told_utc FROM ratings",
        "DROP TABLE ratings",
        "ALTER TABLE felt RENAME TO ratings",
        "DROP TABLE intake",
        "ALTER TABLE asked RENAME TO intake",
        # What the listener agreed to and took back, each time anew. The table of before was never filled.
        "DROP TABLE consent",
        f"""CREATE TABLE consent ({OWNED}, number INTEGER NOT NULL, value TEXT NOT NULL,
            PRIMARY KEY (listener, number)) STRICT""",
    ),
)


SEALED = (
    ("listeners", "id", "name"), ("rest", "listener", "baseline"), ("words", "listener", "value"),
    ("devices", "listener", "address"), ("preferences", "listener", "value"), ("responses", "listener", "response"),
    ("intake", "listener", "value"), ("consent", "listener", "value"), ("ratings", "listener", "value"),
)  # fmt: skip
"""Table, the column that says whose a row is, and the column that is sealed where the box seals. What is left says when
something was kept, not what."""


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the tables to today's form.

    Raises:
        RecordingError: the file is damaged, no file of listeners, or a newer release wrote it; nothing is changed then.
    """
    mend = "It is left as it is. Move it away to begin anew, or mend it."
    version = _pragma(connection, "user_version")
    if version > len(MIGRATIONS):
        raise RecordingError(f"{path} was written by a newer release of isotone (version {version}).", mend)
    n_tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if n_tables and _pragma(connection, "application_id") != APPLICATION_ID:
        raise RecordingError(f"{path} holds something else than listeners.", mend)
    if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise RecordingError(f"{path} is damaged.", mend)
    while version < len(MIGRATIONS):
        version = _advance(connection)


def _advance(connection: sqlite3.Connection) -> int:
    """One migration, unless somebody else was faster; returns the version reached."""
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        version = _pragma(connection, "user_version")
        if version < len(MIGRATIONS):
            for statement in MIGRATIONS[version]:
                connection.execute(statement)
            version += 1
            connection.execute(f"PRAGMA user_version = {version}")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    return version


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
