"""`python -m hardware.bench.power_cuts --cuts 2000`: what is cut off at a random moment is whole afterwards.

Each cut is a process that installs, starts for the first time, goes back, migrates, keeps a ledger or records a
session, and is killed with all it started (SIGKILL) at a random moment of that. Then what a box does next is done: it
starts, and what it finds is compared with what may be there. A kill loses nothing that the kernel was given; what a
card loses of that is tried with whole machines (`deploy/check-power`).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import sqlite3
import struct
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from deploy.bundling.pack import pack
from deploy.imaging.bundle import keys
from device.box.ledger import Ledger
from device.clock import wall_time
from device.console.printing import say
from device.listeners import schema
from device.listeners.store import FILE, open_store
from device.messages import Marker
from device.runtime.bus import Received
from device.sessions.reader import LogReader
from device.sessions.store import Store
from device.slots.boot_block import Slot
from device.updates.bundle import open_bundle
from device.updates.folders import COMPATIBLE, Folders

LAUNCH = Path(__file__).parents[2] / "deploy/launch"
PROGRAM = '#!/bin/sh\nwc -c < "${0%/bin/isotone}/data" >&2\necho "VERSION $ISOTONE_SLOT"\n'
PAYLOAD_BYTES, N_PEOPLE, N_ENTRIES, SESSION_S = 600_000, 20, 40, 0.4
OLD, NEW, NEXT = "1.0.0", "1.1.0", "1.2.0"
TRIES_MAX = 3
STRETCH = 1.4
"""A process of its own is slower than the work alone; some are whole before the cut."""
COUNT = struct.Struct("<I")


Tell = Callable[[int], object]
"""Takes how much is done by now."""


class Brick(Exception):  # noqa: N818 - it is what it is called
    """What a cut left is neither the old nor the new, or does not work."""


class Work(NamedTuple):
    """What is cut off: how it is prepared in a folder, done there, and looked at afterwards; the look gives a word."""

    prepare: Callable[[Path], None]
    do: Callable[[Path, Tell], None]
    look: Callable[[Path, int], str]


# -- folders of programs


class Bundles:
    """Signed bundles of two versions, and homes in which the first one is proven."""

    def __init__(self, folder: Path) -> None:
        certificate, key = keys(folder / "keys")
        self._keyring, self._folder = certificate, folder
        for version in (OLD, NEW, NEXT):
            place = folder / version / "bin"
            place.mkdir(parents=True)
            (place / "isotone").write_text(PROGRAM.replace("VERSION", version))
            (place / "isotone").chmod(0o755)
            (folder / version / "data").write_bytes(random.Random(version).randbytes(PAYLOAD_BYTES))
            pack(folder / version, self._bundle(version), version, COMPATIBLE, (certificate, key), 1_700_000_000)
        self._install(folder / "proven", "", OLD)
        Folders(folder / "proven", "a").mark_good()
        shutil.copytree(folder / "proven", folder / "trial", symlinks=True)
        self._install(folder / "trial", "a", NEW)
        shutil.copytree(folder / "trial", folder / "both", symlinks=True)
        Folders(folder / "both", "b").mark_good()

    def _bundle(self, version: str) -> Path:
        return self._folder / f"{version}.bundle"

    def _install(self, home: Path, running: str, version: str) -> None:
        Folders(home, running).install(open_bundle(self._bundle(version), self._keyring), lambda _share: None)

    def works(self) -> dict[str, Work]:
        return {
            "install": Work(self._laid("proven"), lambda home, _told: self._install(home, "a", NEW), self._look),
            "first start": Work(self._laid("trial"), self._first_start, self._look),
            "going back": Work(self._laid("both"), lambda home, _told: Folders(home, "b").mark_bad(), self._look),
        }

    def _laid(self, name: str) -> Callable[[Path], None]:
        def lay(home: Path) -> None:
            shutil.copytree(self._folder / name, home, symlinks=True, dirs_exist_ok=True)

        return lay

    def _first_start(self, home: Path, _told: Tell) -> None:
        _, slot = start(home)
        Folders(home, slot).mark_good()

    def _look(self, home: Path, _n_told: int) -> str:
        """It starts, whole, in the old or the new version; a trial is left in time; and it takes the next update."""
        version, slot = start(home)
        if Folders(home, slot).block().left(slot) < TRIES_MAX:
            started = [start(home)[0] for _ in range(TRIES_MAX)]
            if started[-1] != OLD:
                raise Brick(f"a trial started {started}")
            slot = "a"
        Folders(home, slot).mark_good()
        self._install(home, slot, NEXT)
        if start(home)[0] != NEXT:
            raise Brick("it takes no update any more")
        return "new" if version == NEW else "old"


def start(home: Path) -> tuple[str, Slot]:
    """What a power-on starts: its version and its folder. Raises Brick."""
    done = subprocess.run([LAUNCH, home, "box"], capture_output=True, text=True, check=False)
    words = done.stdout.split()
    if (
        done.returncode
        or len(words) != 2
        or words[0] not in (OLD, NEW, NEXT)
        or done.stderr.strip() != str(PAYLOAD_BYTES)
    ):
        raise Brick(f"{done.returncode}: {done.stdout}{done.stderr}")
    return words[0], "a" if words[1] == "a" else "b"


# -- what is remembered and recorded


def lay_old_listeners(folder: Path) -> None:
    """The tables of the first release, with people in them."""
    with contextlib.closing(sqlite3.connect(folder / FILE)) as connection, connection:
        for statement in schema.MIGRATIONS[0]:
            connection.execute(statement)
        for number in range(N_PEOPLE):
            connection.execute(
                "INSERT INTO listeners VALUES (?, ?, ?)", (f"{number}", f"person {number}", "2026-01-01T00:00:00Z")
            )
        connection.execute("PRAGMA user_version = 1")
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    folder.chmod(0o700)


def migrate(folder: Path, _told: Tell) -> None:
    with open_store(folder):
        pass


def look_at_listeners(folder: Path, _n_told: int) -> str:
    with contextlib.closing(sqlite3.connect(folder / FILE)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    with open_store(folder) as store:
        if len(store.people()) != N_PEOPLE:
            raise Brick("people are missing")
    return "new" if version == len(schema.MIGRATIONS) else "old" if version == 1 else "between"


def keep_ledger(folder: Path, told: Tell) -> None:
    ledger = Ledger(folder / "box.json")
    for number in range(N_ENTRIES):
        ledger.begin(str(number), "ada", wall_time())
        told(number + 1)


def look_at_ledger(folder: Path, n_told: int) -> str:
    ledger = Ledger(folder / "box.json")
    if ledger.problem or ledger.tally()[0] not in (n_told, n_told + 1):
        raise Brick(f"{ledger.tally()[0]} sessions of {n_told}: {ledger.problem}")
    return "whole"


def record(folder: Path, told: Tell) -> None:
    """Messages as they come, until the session ends."""
    began_ns = time.monotonic_ns()
    store, number = Store(folder, began_ns), 0
    while (now_ns := time.monotonic_ns()) - began_ns < SESSION_S * 1e9:
        payload = msgspec.msgpack.encode(Marker(t_ns=now_ns, text="x" * 200))
        store.write(Received("markers", "manager", 0, number, now_ns, payload), now_ns)
        store.sync(now_ns)
        number += 1
        told(number)
    store.close()


def look_at_session(folder: Path, n_told: int) -> str:
    """A kill costs no message that was written: what a card loses is bounded by its sync, each second."""
    numbers = [received.seq for received in LogReader(folder).messages({"markers"})] if any(folder.iterdir()) else []
    if numbers != list(range(len(numbers))) or len(numbers) < n_told:
        raise Brick(f"{len(numbers)} messages of {n_told}")
    return "whole"


# -- the cuts


def cut(work: Work, folder: Path, after_s: float) -> int:
    """Does the work in a process of its own, killed with all that it started; gives what it told last."""
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        with contextlib.suppress(BaseException):
            os.setsid()
            work.do(folder, lambda number: os.write(writing, COUNT.pack(number)))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        time.sleep(after_s)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        counts = told.read()
    whole = len(counts) // COUNT.size
    return int(COUNT.unpack_from(counts, (whole - 1) * COUNT.size)[0]) if whole else 0


def length_s(work: Work, scratch: Path) -> float:
    """How long the work takes when nobody cuts it off."""
    taken = []
    for number in range(3):
        folder = prepared(work, scratch / f"whole-{number}")
        began_s = time.monotonic()
        work.do(folder, lambda _number: None)
        taken.append(time.monotonic() - began_s)
    return sorted(taken)[1]


def prepared(work: Work, folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    work.prepare(folder)
    return folder


def try_one(name: str, work: Work, n_cuts: int, chance: random.Random, scratch: Path) -> Iterator[str]:
    """The word that each look gave, or `brick`."""
    longest_s = length_s(work, scratch) * STRETCH
    for number in range(n_cuts):
        folder = prepared(work, scratch / str(number))
        after_s = chance.uniform(0.0, longest_s)
        try:
            yield work.look(folder, cut(work, folder, after_s))
        except Exception as error:  # noqa: BLE001 - whatever is wrong afterwards is what is looked for
            say(f"{name}, cut {number} after {after_s * 1e3:.1f} ms: {type(error).__name__} {error}", err=True)
            yield "brick"
        shutil.rmtree(folder)


def main() -> int:
    parser = argparse.ArgumentParser(description="What is cut off at a random moment is whole afterwards.")
    parser.add_argument("--cuts", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cuts-") as place:
        bundles = Path(place) / "bundles"
        bundles.mkdir()
        works = Bundles(bundles).works() | {
            "migration": Work(lay_old_listeners, migrate, look_at_listeners),
            "ledger": Work(lambda _folder: None, keep_ledger, look_at_ledger),
            "session": Work(lambda _folder: None, record, look_at_session),
        }
        chance, found = random.Random(asked.seed), Counter[str]()
        for index, (name, work) in enumerate(works.items()):
            scratch = Path(place) / f"work-{index}"
            scratch.mkdir()
            n_cuts = asked.cuts * (index + 1) // len(works) - asked.cuts * index // len(works)
            words = Counter(try_one(name, work, n_cuts, chance, scratch))
            found += words
            say(f"| {name} | {n_cuts} | {', '.join(f'{count} {word}' for word, count in sorted(words.items()))} |")
    say(f"| all | {found.total()} | {found['brick']} bricks |")
    return int(found["brick"] > 0)


if __name__ == "__main__":
    raise SystemExit(main())
