"""What the box keeps of its sessions across power cuts: which began, and whether each came to its end.

A session that began and never ended was torn: by a power cut, or by whatever else took the box with it. The file is
written whole at each begin and end, so that a cut leaves it as it was before or after. It is one box's: `claim` keeps
another out, which would take what plays for torn.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from device.errors import SystemMissingError
from device.files import locks
from device.files.locks import is_held
from device.files.outputs import write_whole
from device.messages import UNDECODABLE

ENTRIES_MAX = 200
BYTES_MAX = 262_144
LEDGER_FILE, LOCK_FILE = "box.json", "box.lock"
"""Beside the folder of the sessions."""
How = Literal["plays", "ended", "stopped", "broke", "torn"]


class Entry(msgspec.Struct, kw_only=True):
    """A session."""

    session: str
    """Its folder."""
    listener: str
    began_utc: dt.datetime
    how: How = "plays"

    @property
    def counts(self) -> bool:
        """Whether it is one of those that the programme allows in a day: what broke is nobody's session."""
        return self.how not in ("broke", "torn")


class Book(msgspec.Struct, kw_only=True):
    version: int = 1
    entries: list[Entry] = []


class Ledger:
    """The sessions of this box, oldest first. A file that cannot be read begins anew: no session waits for it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.problem = ""
        """Why nothing was remembered or can be kept, as a sentence."""
        self._book = self._read()

    def _read(self) -> Book:
        try:
            with self._path.open("rb") as file:
                return msgspec.json.decode(file.read(BYTES_MAX), type=Book)
        except FileNotFoundError:
            return Book()
        except (OSError, *UNDECODABLE) as error:
            self.problem = f"{self._path} cannot be read ({error}); the box counts its sessions anew."
            return Book()

    def _write(self) -> None:
        del self._book.entries[:-ENTRIES_MAX]
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, msgspec.json.encode(self._book), 0o600)
        except OSError as error:
            self.problem = f"{self._path} cannot be written ({error}); a power cut may forget today's sessions."

    def begin(self, session: str, listener: str, now: dt.datetime) -> None:
        self._book.entries.append(Entry(session=session, listener=listener, began_utc=now))
        self._write()

    def end(self, how: How) -> None:
        """The newest session has ended so."""
        if self._book.entries and self._book.entries[-1].how == "plays":
            self._book.entries[-1].how = how
            self._write()

    def tear(self) -> list[str]:
        """Mark what never ended and plays no more, while no session of this box plays; returns the folders.

        A session holds its folder for as long as it lives, also one whose box has died.
        """
        torn = [entry for entry in self._book.entries if entry.how == "plays" and not is_held(Path(entry.session))]
        for entry in torn:
            entry.how = "torn"
        if torn:
            self._write()
        return [entry.session for entry in torn]

    def newest(self, n: int) -> list[str]:
        """Folders of the last sessions, newest first."""
        return [entry.session for entry in reversed(self._book.entries[-n:])]

    def tally(self) -> tuple[int, int]:
        """How many sessions there were of late, and how many of them came to no good end."""
        entries = self._book.entries
        return len(entries), sum(entry.how in ("broke", "torn") for entry in entries)

    def count(self, listener: str, day: dt.date, zone: dt.tzinfo) -> int:
        """How many sessions that count this listener had on a day of that time zone."""
        of_day = [entry for entry in self._book.entries if entry.began_utc.astimezone(zone).date() == day]
        return sum(entry.listener == listener and entry.counts for entry in of_day)


@contextlib.contextmanager
def claim(folder: Path) -> Iterator[None]:
    """Be the one box that keeps its ledger in `folder`, for as long as it lives.

    Where the disk takes no lock the box starts all the same, and tells what is wrong with its disk.

    Raises:
        SystemMissingError: another box is.
    """
    with contextlib.ExitStack() as held:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            held.enter_context(locks.claim(folder / LOCK_FILE))
        except BlockingIOError as error:
            raise SystemMissingError(
                f"Another box keeps its sessions in {folder}.",
                "End it first, or give this one a session.directory of its own in device.toml.",
            ) from error
        except OSError:  # no locks there
            pass
        yield
