"""What the box remembers of its sessions, and what a power cut leaves of it."""

import datetime as dt
from pathlib import Path

import pytest

from device.box.diary import Diary
from device.box.ledger import Ledger, claim
from device.commands.session_folder import claim_session_folder
from device.errors import SystemMissingError
from device.programme_layout import Programme

NOON = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)


def test_what_broke_or_was_torn_does_not_count_for_the_day(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "box.json")
    for how in ("ended", "stopped", "broke"):
        ledger.begin(f"/s/{how}", "anna", NOON)
        ledger.end(how)  # type: ignore[arg-type]
    ledger.begin("/s/other", "ben", NOON)
    assert ledger.count("anna", NOON.date(), dt.UTC) == 2
    assert ledger.count("ben", NOON.date(), dt.UTC) == 1, "the one that plays counts"
    assert ledger.count("anna", NOON.date() + dt.timedelta(days=1), dt.UTC) == 0


def test_a_session_that_never_ended_is_torn_once(tmp_path: Path) -> None:
    before = Ledger(tmp_path / "box.json")
    before.begin("/s/1", "anna", NOON)
    before.end("ended")
    before.begin("/s/2", "anna", NOON)
    after = Ledger(tmp_path / "box.json")
    assert after.tear() == ["/s/2"]
    assert Ledger(tmp_path / "box.json").tear() == []


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff\xfe", b"[1]", b'{"entries": 3}', b"[" * 100_000])
def test_a_damaged_file_begins_anew_and_says_so(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "box.json").write_bytes(damage)
    ledger = Ledger(tmp_path / "box.json")
    assert ledger.tear() == []
    assert "cannot be read" in ledger.problem
    ledger.begin("/s/1", "anna", NOON)
    assert Ledger(tmp_path / "box.json").tear() == ["/s/1"]


def test_it_does_not_grow_for_ever(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "box.json")
    for index in range(300):
        ledger.begin(f"/s/{index}", "anna", NOON)
        ledger.end("ended")
    assert (tmp_path / "box.json").stat().st_size < 60_000


def test_a_disk_that_refuses_is_told_and_the_box_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ledger = Ledger(tmp_path / "file" / "box.json")
    ledger.begin("/s/1", "anna", NOON)
    assert ledger.problem
    assert ledger.count("anna", NOON.date(), dt.UTC) == 1


def test_what_no_summary_was_written_of_is_found_again(tmp_path: Path) -> None:
    sessions = [tmp_path / name for name in ("summed", "unsummed", "gone")]
    before = Diary(Programme(), "anna", tmp_path / "box.json")
    for session in sessions:
        before.begin(str(session))
        before.end("ended")
    for session in sessions[:2]:
        session.mkdir()
    (sessions[0] / "summary.json").write_text("{}")
    assert Diary(Programme(), "anna", tmp_path / "box.json").unsummed() == [sessions[1]]


def test_the_day_is_full_after_the_sessions_that_the_programme_allows(tmp_path: Path) -> None:
    diary = Diary(Programme(sessions_a_day=1), "anna", tmp_path / "box.json")
    assert diary.press().kind == "play"
    diary.begin("/s/1")
    diary.end("broke")
    assert diary.press().kind == "play"
    diary.begin("/s/2")
    diary.end("stopped")
    assert (diary.press().kind, diary.press().what) == ("refused", "sessions-done")


def test_a_session_that_plays_on_is_not_torn_before_it_has_ended(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "box.json")
    with claim_session_folder(tmp_path / "s1", "s1") as session:
        ledger.begin(str(session), "anna", NOON)
        (session / "log").write_bytes(b"x")
        diary = Diary(Programme(), "anna", tmp_path / "box.json")
        assert diary.tear() == []
        assert diary.unsummed() == [], "whoever sums it up now calls it cut off"
    assert diary.tear() == [str(session)]
    assert diary.unsummed() == [session]
    assert diary.tear() == []


def test_one_box_keeps_a_ledger(tmp_path: Path) -> None:
    with claim(tmp_path / "data"):
        with pytest.raises(SystemMissingError, match="Another box keeps its sessions in"), claim(tmp_path / "data"):
            pass
        with claim(tmp_path / "elsewhere"):
            pass
    with claim(tmp_path / "data"):
        pass


def test_a_disk_that_takes_no_lock_keeps_no_box_from_starting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with claim(tmp_path / "file"):
        pass
