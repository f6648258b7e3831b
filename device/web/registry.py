"""Who is paired with this box and who is signed in, in one SQLite file that the process owns alone.

A browser is paired by a code that the box shows, once. From then on it is known by a token, and whoever holds it gives
the PIN they chose. Tokens are kept as SHA-256 and PINs as Argon2id, so that the file opens nothing. What is guessed is
counted before it is looked at, and waited for longer each time.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from device.errors import DiskError
from device.web.roles import STAYS, Role

FILE = "web.sqlite3"
SCHEMA = (
    """CREATE TABLE pairs (id TEXT PRIMARY KEY, role TEXT NOT NULL, label TEXT NOT NULL, token TEXT NOT NULL UNIQUE,
       pin TEXT NOT NULL, made_s REAL NOT NULL, tries INTEGER NOT NULL, tried_s REAL NOT NULL) STRICT""",
    """CREATE TABLE visits (token TEXT PRIMARY KEY, pair TEXT NOT NULL REFERENCES pairs ON DELETE CASCADE,
       csrf TEXT NOT NULL, made_s REAL NOT NULL, seen_s REAL NOT NULL) STRICT""",
    "CREATE TABLE codes (code TEXT PRIMARY KEY, role TEXT NOT NULL, made_s REAL NOT NULL) STRICT",
    "CREATE TABLE guesses (tries INTEGER NOT NULL, tried_s REAL NOT NULL) STRICT",
    """CREATE TABLE audit (id INTEGER PRIMARY KEY, at_s REAL NOT NULL, role TEXT NOT NULL, pair TEXT NOT NULL,
       what TEXT NOT NULL) STRICT""",
)
CODE_DIGITS, CODE_S, CODES_MAX = 8, 600.0, 12
CODE_TRIES = 5
"""After so many wrong ones no code that was shown before opens anything: the box must show another."""
PIN_MIN, PIN_MAX = 4, 64
FREE_TRIES, WAIT_S, WAIT_MAX_S = 3, 30.0, 86_400.0
"""Wait after the first wrong PIN that is not free; it doubles with each."""
PAIRS_MAX, VISITS_MAX, AUDIT_MAX = 64, 256, 20_000
SEEN_S = 60.0
"""How exactly it is known when somebody was there last: each time costs the card a write."""
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""Argon2id with 19 MiB (OWASP, password storage): about 50 ms on a desktop, and within this process's memory."""


class RefusedError(Exception):
    """Somebody was not let in; `word` is the sentence's key in `words`, `left_s` how long to wait."""

    def __init__(self, word: str, left_s: float = 0.0) -> None:
        super().__init__(word)
        self.word, self.left_s = word, left_s


class Pair(NamedTuple):
    """A browser that is known in a role."""

    id: str
    role: Role
    label: str
    made_s: float
    pin: str
    tries: int
    tried_s: float


class Visit(NamedTuple):
    """Somebody who is signed in."""

    token: str
    """As it is kept."""
    pair: str
    role: Role
    csrf: str


class Entry(NamedTuple):
    """A line of the audit: who saw or did what. It holds no biosignal and no wish's value."""

    at_s: float
    role: str
    pair: str
    what: str


class Registry:
    """`now_s` tells the wall time. One process writes; `isotone web pair` may add a code beside it.

    Raises:
        DiskError: the file cannot be used.
    """

    def __init__(self, folder: Path, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # It is used by one thread at a time, which need not be the one that opened it.
            self._file = sqlite3.connect(folder / FILE, isolation_level=None, timeout=2.0, check_same_thread=False)
            (folder / FILE).chmod(0o600)
            for setting in ("foreign_keys = ON", "journal_mode = WAL", "synchronous = NORMAL", "secure_delete = ON"):
                self._file.execute(f"PRAGMA {setting}")
            self._make()
        except (OSError, sqlite3.Error) as error:
            raise DiskError(
                f"{folder / FILE} cannot be used: {error}.", "Look into its disk, or move it away."
            ) from error

    def _make(self) -> None:
        with self._writing():
            if self._file.execute("PRAGMA user_version").fetchone()[0] == 0:
                for statement in SCHEMA:
                    self._file.execute(statement)
                self._file.execute("INSERT INTO guesses VALUES (0, 0.0)")
                self._file.execute("PRAGMA user_version = 1")

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        self._file.execute("BEGIN IMMEDIATE")
        with self._file:
            yield

    def close(self) -> None:
        self._file.close()

    # -- pairing

    def make_code(self, role: Role) -> str:
        """A code by which one browser may be paired in that role within ten minutes."""
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
        with self._writing():
            self._forget_old_codes()
            self._file.execute("UPDATE guesses SET tries = 0")
            self._file.execute("INSERT OR REPLACE INTO codes VALUES (?, ?, ?)", (_digest(code), role, self._now_s()))
        return code

    def _forget_old_codes(self) -> None:
        now_s = self._now_s()
        # One from the future was made before the clock was set back.
        self._file.execute("DELETE FROM codes WHERE NOT made_s BETWEEN ? AND ?", (now_s - CODE_S, now_s + CODE_S))
        query = "DELETE FROM codes WHERE code NOT IN (SELECT code FROM codes ORDER BY made_s DESC LIMIT ?)"
        self._file.execute(query, (CODES_MAX,))

    def begin_guess(self) -> None:
        """Count a code before it is looked at; a new code that the box shows ends the waiting.

        Raises:
            RefusedError: too many were wrong just now.
        """
        tries, tried_s = self._file.execute("SELECT tries, tried_s FROM guesses").fetchone()
        self._wait(tries, tried_s)
        with self._writing():
            self._file.execute("UPDATE guesses SET tries = ?, tried_s = ?", (tries + 1, self._now_s()))
            if tries + 1 >= CODE_TRIES:
                self._file.execute("DELETE FROM codes")

    def end_guess(self) -> None:
        """It was right."""
        with self._writing():
            self._file.execute("UPDATE guesses SET tries = 0")

    def redeem(self, role: Role, code: str) -> bool:
        """Use a code up; false where it is none of that role, or too old."""
        digits = "".join(character for character in code if character.isdigit())
        with self._writing():
            self._forget_old_codes()
            query = "DELETE FROM codes WHERE code = ? AND role = ?"
            return self._file.execute(query, (_digest(digits), role)).rowcount == 1

    def pair(self, role: Role, label: str, pin_hash: str) -> tuple[Pair, str]:
        """Know a browser from now on; returns the token that it is known by. The oldest of too many gives way."""
        token, pair_id, now_s = secrets.token_urlsafe(32), secrets.token_hex(4), self._now_s()
        with self._writing():
            row = (pair_id, role, label, _digest(token), pin_hash, now_s, 0, 0.0)
            self._file.execute("INSERT INTO pairs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            query = "DELETE FROM pairs WHERE id NOT IN (SELECT id FROM pairs ORDER BY made_s DESC LIMIT ?)"
            self._file.execute(query, (PAIRS_MAX,))
        return Pair(pair_id, role, label, now_s, pin_hash, 0, 0.0), token

    def paired(self, role: Role, token: str) -> Pair | None:
        """The browser that has this token in that role."""
        found = self._pairs("WHERE token = ? AND role = ?", (_digest(token), role))
        return found[0] if found else None

    def pairs(self) -> list[Pair]:
        return self._pairs("ORDER BY made_s", ())

    def _pairs(self, where: str, values: tuple[str, ...]) -> list[Pair]:
        query = f"SELECT id, role, label, made_s, pin, tries, tried_s FROM pairs {where}"  # noqa: S608 - our own words
        return [Pair(*row) for row in self._file.execute(query, values)]

    def revoke(self, pair_id: str) -> bool:
        """Forget a browser, and sign it out; false where there is none of that id."""
        with self._writing():
            return self._file.execute("DELETE FROM pairs WHERE id = ?", (pair_id,)).rowcount == 1

    # -- signing in

    def begin_try(self, pair: Pair) -> None:
        """Count a PIN before it is looked at.

        Raises:
            RefusedError: too many were wrong just now.
        """
        self._wait(pair.tries, pair.tried_s)
        with self._writing():
            query = "UPDATE pairs SET tries = tries + 1, tried_s = ? WHERE id = ?"
            self._file.execute(query, (self._now_s(), pair.id))

    def _wait(self, tries: int, tried_s: float) -> None:
        """Refuse a guess that comes too soon. Where the clock was set back it is waited no longer than once more."""
        over = tries - FREE_TRIES
        wait_s = min(WAIT_MAX_S, WAIT_S * 2.0 ** min(20, over)) if over >= 0 else 0.0
        left_s = min(wait_s, tried_s + wait_s - self._now_s())
        if left_s > 0.0:
            raise RefusedError("too-many", left_s)

    def sign_in(self, pair: Pair) -> tuple[str, Visit]:
        """Let somebody in who gave the right PIN; returns the visit's token."""
        token, csrf, now_s = secrets.token_urlsafe(32), secrets.token_urlsafe(24), self._now_s()
        with self._writing():
            self._file.execute("UPDATE pairs SET tries = 0 WHERE id = ?", (pair.id,))
            row = (_digest(token), pair.id, csrf, now_s, now_s)
            self._file.execute("INSERT INTO visits VALUES (?, ?, ?, ?, ?)", row)
            query = "DELETE FROM visits WHERE token NOT IN (SELECT token FROM visits ORDER BY seen_s DESC LIMIT ?)"
            self._file.execute(query, (VISITS_MAX,))
        return token, Visit(row[0], pair.id, pair.role, csrf)

    def visit(self, role: Role, token: str) -> Visit | None:
        """Who is signed in by this token in that role; whoever stayed too long is signed out."""
        return self._living(role, _digest(token))

    def is_living(self, visit: Visit) -> bool:
        """Whether somebody is signed in still."""
        return self._living(visit.role, visit.token) is not None

    def _living(self, role: Role, kept: str) -> Visit | None:
        query = """SELECT pair, csrf, visits.made_s, seen_s FROM visits JOIN pairs ON pairs.id = pair
                   WHERE visits.token = ? AND role = ?"""
        row = self._file.execute(query, (kept, role)).fetchone()
        if row is None:
            return None
        pair, csrf, made_s, seen_s = row
        now_s, stay = self._now_s(), STAYS[role]
        # A visit from the future began before the clock was set back: it is over.
        if not (made_s - SEEN_S <= now_s <= made_s + stay.whole_s and now_s <= seen_s + stay.idle_s):
            self._sign_out(kept)
            return None
        if now_s - seen_s > SEEN_S:
            with self._writing():
                self._file.execute("UPDATE visits SET seen_s = ? WHERE token = ?", (now_s, kept))
        return Visit(kept, pair, role, csrf)

    def sign_out(self, visit: Visit) -> None:
        self._sign_out(visit.token)

    def _sign_out(self, kept: str) -> None:
        with self._writing():
            self._file.execute("DELETE FROM visits WHERE token = ?", (kept,))

    # -- audit

    def note(self, role: str, pair: str, what: str) -> None:
        """Write down who saw or did what; the oldest lines give way."""
        with self._writing():
            made = self._file.execute("INSERT INTO audit VALUES (NULL, ?, ?, ?, ?)", (self._now_s(), role, pair, what))
            self._file.execute("DELETE FROM audit WHERE id <= ?", ((made.lastrowid or 0) - AUDIT_MAX,))

    def audit(self, count: int) -> list[Entry]:
        """The newest lines, newest first."""
        query = "SELECT at_s, role, pair, what FROM audit ORDER BY id DESC LIMIT ?"
        return [Entry(*row) for row in self._file.execute(query, (count,))]


def check_pin(pin: str) -> None:
    """Refuse what is no PIN.

    Raises:
        RefusedError: it is too short or too long.
    """
    if not PIN_MIN <= len(pin) <= PIN_MAX:
        raise RefusedError("pin-length")


def hash_pin(pin: str) -> str:
    """Argon2id of a PIN. It takes a while: call it beside the event loop."""
    return HASHER.hash(pin.encode("utf-8", "surrogatepass"))


def is_pin(pair: Pair, pin: str) -> bool:
    """Whether it is the PIN of that browser. It takes a while."""
    with contextlib.suppress(Argon2Error, InvalidHashError):
        return HASHER.verify(pair.pin, pin.encode("utf-8", "surrogatepass"))
    return False


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
