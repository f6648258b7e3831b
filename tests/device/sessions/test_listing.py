import json
from pathlib import Path

import msgspec
import pytest

from device.config import SessionConfig
from device.errors import RecordingError
from device.sessions.listing import list_sessions, show
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


def test_what_is_no_session_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError):
        show(tmp_path)
