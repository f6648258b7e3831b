"""The file that listeners are kept in, who is known, and how one is renamed or forgotten.

SQLite with a write-ahead log: a power cut costs at most what was being written. The file is its owner's alone, and what
is erased is overwritten with zeros. Where a ring of keys lies beside it (`sealing.ring`), what is personal in a row is
sealed by its listener's key.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from device.clock import wall_time
from device.errors import ConfigError, DiskError, IsotoneError, RecordingError, SealedError
from device.listeners.names import is_anybody, normal
from device.listeners.schema import SEALED, migrate
from device.sealing.keys_folder import RING_FILE, TEXT_MARK, ring_in
from device.text import printable

if TYPE_CHECKING:
    from device.sealing.ring import Ring

FILE = "listeners.sqlite3"
BUSY_S = 2.0
"""How long another program that is writing is waited for."""
LOOK = "Look into its disk and who owns it."
OTHERS = stat.S_IRWXG | stat.S_IRWXO
UNUSABLE = ("BUSY", "LOCKED", "CANTOPEN", "IOERR", "READONLY", "FULL", "PERM", "NOMEM")
"""SQLite's names of what is no fault of the file."""
VALUE = "isotone value of "
ISO = "%Y-%m-%dT%H:%M:%SZ"


class Person(NamedTuple):
    """A listener; `id` stays when the name changes."""

    id: str
    name: str
    since_utc: str


class Store:
    """The table of listeners, used in transactions. `open_store` makes it."""

    def __init__(self, connection: sqlite3.Connection, ring: Ring | None = None) -> None:
        self.connection, self._ring = connection, ring

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is kept whole or not at all."""
        self.connection.execute("BEGIN IMMEDIATE")
        with self.connection:
            yield self.connection

    def people(self) -> list[Person]:
        """Everybody, by name. One whose key was destroyed is nobody any more."""
        rows = self.connection.execute("SELECT id, name, since_utc FROM listeners").fetchall()
        known = [row for row in rows if not row[1].startswith(TEXT_MARK) or self.has_key(row[0])]
        return sorted((Person(of, self.open(of, name), since) for of, name, since in known), key=lambda each: each.name)

    def find(self, name: str) -> Person | None:
        """The listener of that name, however it was typed."""
        return next((person for person in self.people() if person.name == normal(name)), None)

    def get(self, listener_id: str) -> Person | None:
        return next((person for person in self.people() if person.id == listener_id), None)

    def demand(self, name: str) -> Person:
        """The listener of that name.

        Raises:
            RecordingError: there is none.
        """
        person = self.find(name)
        if person is None:
            raise nobody(name)
        return person

    def meet(self, name: str) -> Person:
        """The listener of that name; one who is not known yet is only kept by `keep`."""
        return self.find(name) or Person(uuid.uuid4().hex, normal(name), f"{wall_time():{ISO}}")

    def keep(self, person: Person) -> bool:
        """Know a listener from now on; False where somebody else took the name meanwhile. Within a transaction."""
        if (other := self.find(person.name)) is not None:
            return other.id == person.id
        if self._ring:
            self._ring.make(person.id)
        row = (person.id, self.seal(person.id, person.name), person.since_utc)
        self.connection.execute("INSERT OR IGNORE INTO listeners VALUES (?, ?, ?)", row)
        return True

    def rename(self, person: Person, name: str) -> Person:
        """Give a listener another name; everything known stays theirs.

        Raises:
            ConfigError: the name is nobody's or somebody else's.
        """
        other = self.find(name)
        if is_anybody(name) or (other and other.id != person.id):
            raise ConfigError(f"{printable(normal(name))} cannot be the name of one listener.", "Choose another.")
        with self.writing() as connection:
            sealed = self.seal(person.id, normal(name))
            connection.execute("UPDATE listeners SET name = ? WHERE id = ?", (sealed, person.id))
        return person._replace(name=normal(name))

    def forget(self, person: Person) -> None:
        """Erase all that is known of a listener, also from the file's free space and its write-ahead log.

        Their key goes first: should the power go in between, what is left is read by nobody.
        """
        if self._ring:
            self._ring.destroy(person.id)
        with self.writing() as connection:
            connection.execute("INSERT OR IGNORE INTO forgotten VALUES (?)", (person.id,))
            connection.execute("UPDATE sessions SET folder = '' WHERE listener = ?", (person.id,))
            connection.execute("DELETE FROM listeners WHERE id = ?", (person.id,))
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # -- sealed texts

    @property
    def seals(self) -> bool:
        """Whether what is personal is sealed."""
        return self._ring is not None

    def has_key(self, listener_id: str) -> bool:
        return self._ring is not None and self._ring.has(listener_id)

    def seal(self, listener_id: str, text: str) -> str:
        """A text as it is kept of a listener. Raises SealedError where their key cannot be had."""
        if self._ring is None:
            return text
        with self._ring.key_of(listener_id) as key:
            return key.seal_text(text, VALUE + listener_id)

    def open(self, listener_id: str, text: str) -> str:
        """A kept text as it was. Raises SealedError where it is sealed and does not open."""
        if not text.startswith(TEXT_MARK):
            return text
        if self._ring is None:
            raise SealedError("What is remembered of listeners is sealed, and its keys are not here.", "Put them back.")
        with self._ring.key_of(listener_id) as key:
            try:
                return key.open_text(text, VALUE + listener_id)
            except ValueError as error:
                sentence = f"Something that is remembered of a listener does not open ({error})."
                raise SealedError(sentence, "Erase them, or put back the file as it was.") from error

    def seal_plain(self) -> None:
        """Seal what was kept before the box sealed anything; at once, and whole."""
        if self._ring is None:
            return
        names = self.connection.execute("SELECT id FROM listeners WHERE name NOT LIKE ?", (TEXT_MARK + "%",)).fetchall()
        for (listener_id,) in names:
            self._ring.make(listener_id)
            with self.writing() as connection:
                for table, owner, column in SEALED:
                    query = f"SELECT rowid, {column} FROM {table} WHERE {owner} = ?"  # noqa: S608 - names of our own
                    for rowid, text in connection.execute(query, (listener_id,)).fetchall():
                        sealed = self.seal(listener_id, self.open(listener_id, text))
                        change = f"UPDATE {table} SET {column} = ? WHERE rowid = ?"  # noqa: S608
                        connection.execute(change, (sealed, rowid))

    def counts(self, person: Person) -> dict[str, int]:
        """How much is known of a listener, by table."""
        query = "SELECT count(*) FROM {} WHERE listener = ?"
        return {
            table: self.connection.execute(query.format(table), (person.id,)).fetchone()[0]
            for table in (
                "sessions",
                "rest",
                "words",
                "responses",
                "devices",
                "preferences",
                "consent",
                "intake",
                "ratings",
                "dose",
            )
        }

    def is_forgotten(self, listener_id: str) -> bool:
        found = self.connection.execute("SELECT 1 FROM forgotten WHERE listener = ?", (listener_id,))
        return found.fetchone() is not None


def nobody(name: str) -> RecordingError:
    return RecordingError(f"No listener {printable(normal(name))} is known.", "`isotone listeners list` names them.")


@contextlib.contextmanager
def open_store(folder: Path) -> Iterator[Store]:
    """The listeners kept in a folder, which is made if need be.

    Raises:
        DiskError: the folder or the file cannot be used, or is not this user's own.
        RecordingError: the file is damaged, none of ours, or a newer release wrote it. It is left as it is.
    """
    path = folder / FILE
    try:
        _make_private(folder, path)
        with contextlib.closing(sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)) as connection:
            migrate(connection, path)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")
            store = Store(connection, _ring_beside(folder))
            store.seal_plain()
            yield store
    except OSError as error:
        raise DiskError(f"{path} cannot be used: {error.strerror or error}.", LOOK) from error
    # A damaged schema may hold bytes that are no text.
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise _refusal(path, error) from error


def _ring_beside(folder: Path) -> Ring | None:
    """The keys of those who are kept in a folder; None: the box does not seal."""
    if not (ring_in(folder) / RING_FILE).exists():
        return None
    from device.sealing.ring import Ring  # noqa: PLC0415 - a box that seals nothing does not load what seals

    return Ring(ring_in(folder))


def _refusal(path: Path, error: Exception) -> IsotoneError:
    """The error in our words: of a damaged file SQLite quotes what stands in it, and that is nobody's business."""
    name = getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_")
    if name.startswith(UNUSABLE):
        return DiskError(f"{path} cannot be used: {error}.", LOOK)
    return RecordingError(f"{path} is damaged.", "It is left as it is. Move it away to begin anew, or mend it.")


def _make_private(folder: Path, path: Path) -> None:
    """Make folder and file for this user alone, or see that they are."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _shut(os.open(folder, os.O_RDONLY | os.O_DIRECTORY), folder, 0o700)
    _shut(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), path, 0o600)


def _shut(opened: int, path: Path, mode: int) -> None:
    try:
        status = os.fstat(opened)
        if status.st_uid != os.geteuid():
            raise PermissionError(f"{path} belongs to somebody else")
        if status.st_mode & OTHERS:
            os.fchmod(opened, mode)
    finally:
        os.close(opened)
