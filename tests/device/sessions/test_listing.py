import json
import os
from pathlib import Path

import msgspec
import pytest

from device.config import SessionConfig
from device.errors import RecordingError
from device.runtime.run_folder import lock_folder
from device.sessions.listing import SUMMARY_BYTES_MAX, list_sessions, show
from device.sessions.store import Store, write_config


def make(root: Path, config: SessionConfig, session_id: str) -> Path:
    folder = root / session_id
    folder.mkdir()
    write_config(folder, msgspec.structs.replace(config, session_id=session_id), {})
    Store(folder, 0).close()
    return folder


def test_sessions_are_listed_newest_first_and_other_folders_passed_over(tmp_path: Path, config: SessionConfig) -> None:
    make(tmp_path, config, "20261122T100000Z-a")
    make(tmp_path, config, "20261123T100000Z-b")
    (tmp_path / "holiday").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "session.json").write_text("{}")
    assert [info.session_id for info in list_sessions(tmp_path)] == ["20261123T100000Z-b", "20261122T100000Z-a"]
    assert list_sessions(tmp_path / "none") == []


def test_a_session_without_a_summary_can_still_be_shown(tmp_path: Path, config: SessionConfig) -> None:
    folder = make(tmp_path, config, "20261122T100000Z-a")
    assert show(folder)["ended"] == "not summarised"
    (folder / "summary.json").write_text(json.dumps({"ended": "whole", "bars": 12}))
    shown = show(folder)
    assert (shown["ended"], shown["bars"], shown["segments"]) == ("whole", 12, 1)


def test_a_session_that_plays_is_listed_as_one(tmp_path: Path, config: SessionConfig) -> None:
    folder = make(tmp_path, config, "20261122T100000Z-a")
    lock = lock_folder(folder)
    assert [info.ended for info in list_sessions(tmp_path)] == ["plays"]
    os.close(lock)
    assert [info.ended for info in list_sessions(tmp_path)] == ["not summarised"]


def test_a_summary_beyond_all_measure_is_not_read(tmp_path: Path, config: SessionConfig) -> None:
    folder = make(tmp_path, config, "20261122T100000Z-a")
    (folder / "summary.json").write_bytes(b'{"ended": "whole"}'.ljust(SUMMARY_BYTES_MAX + 1))
    assert show(folder)["ended"] == "not summarised"


def test_what_is_no_session_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError):
        show(tmp_path)


def test_a_broken_session_is_listed_with_a_word_why_and_hides_no_other(tmp_path: Path, config: SessionConfig) -> None:
    make(tmp_path, config, "20261122T100000Z-a")
    for name, junk in {"b": b"\xff\xfe", "c": b"[" * 100_000, "d": b"[]", "e": b"", "f": b'{"schema": "x"}'}.items():
        (make(tmp_path, config, f"20261123T100000Z-{name}") / "session.json").write_bytes(junk)
    (make(tmp_path, config, "20261123T100000Z-g") / "session.json").unlink()
    os.mkfifo(tmp_path / "20261123T100000Z-g" / "session.json")
    listed = {info.session_id[-1]: info for info in list_sessions(tmp_path)}
    assert set(listed) == set("abcdefg")
    assert listed["a"].ended == "not summarised"
    assert {listed[name].ended for name in "bcdefg"} == {"unreadable"}
    assert all("session.json cannot be read" in listed[name].problem for name in "bcdefg")


@pytest.mark.parametrize("junk", [b"\xff", b"[" * 100_000, b"null", b'{"ended": {"a": "\\u001b[2J"}}'])
def test_a_broken_summary_is_none(tmp_path: Path, config: SessionConfig, junk: bytes) -> None:
    folder = make(tmp_path, config, "20261122T100000Z-a")
    (folder / "summary.json").write_bytes(junk)
    (info,) = list_sessions(tmp_path)
    assert info.ended.isprintable()
    assert show(folder)["segments"] == 1


def test_what_a_document_says_is_shown_and_steers_no_terminal(tmp_path: Path, config: SessionConfig) -> None:
    folder = make(tmp_path, config, "20261122T100000Z-a")
    document = json.loads((folder / "session.json").read_text())
    document |= {"listener": "\x1b[2J" + "x" * 1000, "minutes": 1e300}
    (folder / "session.json").write_text(json.dumps(document))
    (info,) = list_sessions(tmp_path)
    assert info.listener.startswith("\\x1b[2Jx")
    assert len(info.listener) < 200
    assert info.minutes == 0
