"""The memory of listeners: private, crash-safe, never overwritten, and able to forget."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.errors import ConfigError, DiskError, IsotoneError, RecordingError
from device.listeners import memory, schema
from device.listeners.store import FILE, Store, open_store
from tests.device.listeners.evidence import NOW, known, response, session

TABLES = ("rest", "words", "responses", "devices", "preferences", "consent")


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "listeners"
    with open_store(folder) as store:
        known(store, "ada")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert modes == dict.fromkeys(modes, 0o600)
    assert len(modes) == 3, "with its write-ahead log"


def test_a_folder_that_others_may_enter_is_shut(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with open_store(tmp_path):
        pass
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12345)
    with pytest.raises(DiskError, match="somebody else"), open_store(tmp_path):
        pass


def test_a_link_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"precious")
    (tmp_path / FILE).symlink_to(tmp_path / "target")
    with pytest.raises(DiskError), open_store(tmp_path):
        pass
    assert (tmp_path / "target").read_bytes() == b"precious"


def test_a_listener_is_found_again_however_the_name_was_typed(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        ada = known(store, "Zo\u00eb")
    with open_store(tmp_path) as store:
        assert known(store, " Zoe\u0308 ") == ada
        assert store.find("Ada") is None


def test_a_new_name_keeps_everything(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        ada = known(store, "ada")
        memory.take_in(store, ada, session(rest=2.0), NOW)
        eve = store.rename(ada, "eve")
        assert eve.id == ada.id
        assert store.counts(eve)["rest"] == 1
        assert store.find("ada") is None


@pytest.mark.parametrize("name", ["guest", "", "bob", " bob "])
def test_a_name_that_is_taken_or_anybodys_is_refused(tmp_path: Path, name: str) -> None:
    with open_store(tmp_path) as store:
        known(store, "bob")
        with pytest.raises(ConfigError):
            store.rename(known(store, "ada"), name)


def fill(store: Store, name: str) -> None:
    person = known(store, name)
    told = session(rest=2.0, words=((1, 0.5, None),), band="C0:FF:EE:00:00:01", responses=(response(0.5),))
    memory.take_in(store, person, told, NOW)
    with store.writing() as connection:
        connection.execute("INSERT INTO preferences VALUES (?, 'style', 'song', '')", (person.id,))
        connection.execute("INSERT INTO consent VALUES (?, 1, 'I agree')", (person.id,))
        connection.execute("INSERT INTO intake VALUES (?, 'implant', 'Dr. Weber')", (person.id,))
        connection.execute("INSERT INTO ratings VALUES (?, 'a', 'before', 'tension', '60.0', '')", (person.id,))
        connection.execute("INSERT INTO dose VALUES ('a', ?, 0.0, 1.0, 0.1)", (person.id,))


def test_to_forget_leaves_nothing_of_the_person_in_the_file(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        fill(store, "Ada Lovelace")
        ada = store.demand("Ada Lovelace")
        assert set(store.counts(ada).values()) == {1}
        store.forget(ada)
        assert store.people() == []
        assert store.is_forgotten(ada.id)
        for table in TABLES:
            assert store.connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
        # What ears had does not go with a name, else a new name would be new ears.
        assert store.connection.execute("SELECT listener, exposure_pa2h FROM dose").fetchall() == [(None, 0.1)]
        left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in (b"Lovelace", b"C0:FF:EE", b"I agree", b"Fp1.theta", b"adaptive"):
        assert secret not in left


def test_to_forget_one_leaves_the_others(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        fill(store, "ada")
        bob = known(store, "bob")
        memory.take_in(store, bob, session("b", band="C0:FF:EE:00:00:02"), NOW)
        store.forget(store.demand("ada"))
        assert memory.devices(store, bob) == {"band": "C0:FF:EE:00:00:02"}


@pytest.mark.parametrize("content", [b"no database, longer than a page" * 200, b"SQLite format 3\0" + b"x" * 5000])
def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(RecordingError, match="damaged"), open_store(tmp_path):
        pass
    assert (tmp_path / FILE).read_bytes() == content


def test_a_file_of_a_newer_release_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.connection.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(RecordingError, match="newer release"), open_store(tmp_path):
        pass
    assert (tmp_path / FILE).read_bytes() == before


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    with pytest.raises(RecordingError, match="something else"), open_store(tmp_path):
        pass


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 60_000), junk=st.binary(min_size=1, max_size=300), cut=st.booleans())
def test_whatever_happened_to_the_file_it_is_opened_or_refused(
    tmp_path_factory: pytest.TempPathFactory, at: int, junk: bytes, cut: bool
) -> None:
    folder = tmp_path_factory.mktemp("memory")
    with open_store(folder) as store:
        fill(store, "ada")
    data = (folder / FILE).read_bytes()
    at %= len(data)
    changed = data[:at] + junk + (b"" if cut else data[at + len(junk) :])
    (folder / FILE).write_bytes(changed)
    try:
        with open_store(folder) as store:
            list(memory.recall(store, known(store, "ada"), NOW))
    except IsotoneError as error:
        assert error.action
        assert "Fp1" not in str(error)
        assert "damaged" in str(error) or "left as it is" in str(error)


def test_migrations_are_taken_once_and_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(tmp_path) as store:
        known(store, "ada")
    more = (*schema.MIGRATIONS, ("CREATE TABLE remarks (text TEXT) STRICT",))
    monkeypatch.setattr(schema, "MIGRATIONS", more)
    for _ in range(2):
        with open_store(tmp_path) as store:
            assert store.find("ada")
            assert store.connection.execute("SELECT count(*) FROM remarks").fetchone() == (0,)


def test_a_migration_that_fails_leaves_the_tables_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(tmp_path) as store:
        known(store, "ada")
    released = schema.MIGRATIONS
    monkeypatch.setattr(schema, "MIGRATIONS", (*released, ("CREATE TABLE half (text TEXT) STRICT", "NONSENSE")))
    with pytest.raises(IsotoneError), open_store(tmp_path):
        pass
    monkeypatch.setattr(schema, "MIGRATIONS", released)
    with open_store(tmp_path) as store:
        assert store.find("ada")


def test_another_program_that_writes_is_waited_for_and_then_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device.listeners.store.BUSY_S", 0.1)
    with (
        open_store(tmp_path) as store,
        store.writing(),
        pytest.raises(DiskError, match="locked"),
        open_store(tmp_path) as other,
    ):
        known(other, "ada")


KILLED = """
import os, sys, pathlib
from device.listeners.store import open_store
with open_store(pathlib.Path(sys.argv[1])) as store:
    with store.writing():
        store.keep(store.meet("ada"))
    with store.writing() as connection:
        connection.execute("DELETE FROM listeners")
        os.kill(os.getpid(), 9)
"""


def test_a_kill_in_the_middle_of_a_change_costs_only_that_change(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False, timeout=60)
    with open_store(tmp_path) as store:
        assert store.find("ada")
