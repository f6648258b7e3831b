"""Sessions are found by their folder, their id or the start of it, where device.toml says that they are kept."""

import json
import shutil
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from device.cli import main
from device.commands import kept
from device.config import SessionConfig
from device.errors import Exit
from device.sessions.store import Store, write_config

IDS = ("20261122T100000Z-aaa", "20261122T100000Z-abb", "20261123T100000Z-ccc")


@pytest.fixture
def root(tmp_path: Path, config: SessionConfig, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three sessions in a folder that the box's own device.toml names."""
    root = tmp_path / "box"
    for session_id in IDS:
        folder = root / session_id
        folder.mkdir(parents=True)
        write_config(folder, msgspec.structs.replace(config, session_id=session_id), {})
        Store(folder, 0).close()
    device = tmp_path / "device.toml"
    device.write_text(f'[session]\ndirectory = "{root}"\n')
    monkeypatch.setattr(kept, "DEVICE_TOML", device)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return root


def isotone(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def test_sessions_are_listed_where_the_box_keeps_them(root: Path) -> None:
    listed = json.loads(isotone("sessions", "list", "--json").output)
    assert [info["session_id"] for info in listed] == sorted(IDS, reverse=True)


def test_sessions_are_listed_where_another_device_toml_keeps_them(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(f'[session]\ndirectory = "{tmp_path / "none"}"\n')
    assert json.loads(isotone("sessions", "list", "--device", str(other), "--json").output) == []


def test_a_demo_is_listed_beside_the_boxs_own_sessions(root: Path, tmp_path: Path) -> None:
    mine = tmp_path / "home" / "isotone" / "sessions"
    mine.mkdir(parents=True)
    (root / IDS[0]).rename(mine / IDS[0])
    assert len(json.loads(isotone("sessions", "list", "--json").output)) == 3


@pytest.mark.parametrize("words", [IDS[2], "20261123", "20261122T100000Z-aa"])
def test_the_id_that_is_listed_and_its_start_are_taken(root: Path, words: str) -> None:
    shown = isotone("sessions", "show", words, "--json")
    assert json.loads(shown.output)["session_id"].startswith(words)
    assert "decision" in isotone("replay", words).output, "it was found, and holds nothing to compare"
    assert "no whole sample" in isotone("affect", words).output


def test_what_is_shown_to_a_person_is_words_and_no_program_text(root: Path) -> None:
    summary = {"ended": "whole", "faults": [], "arousal_last": None, "phases": [{"name": "rest"}, {"name": "shift"}]}
    (root / IDS[0] / "summary.json").write_text(
        json.dumps(summary | {"headphones": {"peak_dbfs": -16.465536651355716}})
    )
    shown = isotone("sessions", "show", IDS[0]).output
    for words in ("name: shift", "peak dbfs: -16.47", "arousal last"):
        assert words in shown
    assert not any(sign in shown for sign in ('{"', "None", "[]"))


def test_a_folder_is_taken_as_before(root: Path) -> None:
    assert json.loads(isotone("sessions", "show", str(root / IDS[0]), "--json").output)["session_id"] == IDS[0]


def test_an_id_that_several_begin_with_is_refused_with_their_names(root: Path) -> None:
    refused = isotone("sessions", "show", "20261122")
    assert refused.exit_code == Exit.RECORDING
    assert "2 sessions begin with 20261122" in refused.output
    assert IDS[0] in refused.output


@pytest.mark.parametrize("command", [["sessions", "show"], ["replay"], ["affect"]])
def test_an_id_that_is_none_is_refused_with_where_it_was_looked_for(root: Path, command: list[str]) -> None:
    refused = isotone(*command, "20990101")
    assert refused.exit_code == Exit.RECORDING
    assert str(root) in refused.output


def test_a_copy_of_a_session_does_not_hide_it(root: Path) -> None:
    shutil.copytree(root / IDS[0], root / "copy")
    assert isotone("sessions", "show", IDS[0]).exit_code == Exit.OK
    (root / IDS[0]).rename(root / "moved")
    refused = isotone("sessions", "show", IDS[0])
    assert refused.exit_code == Exit.RECORDING
    assert "2 sessions have the id" in refused.output
    assert str(root / "copy") in refused.output


def test_an_id_may_end_as_a_shell_ends_a_folder_and_nothing_is_no_id(root: Path) -> None:
    assert json.loads(isotone("sessions", "show", IDS[2] + "/", "--json").output)["session_id"] == IDS[2]
    for id_ in IDS[1:]:
        shutil.rmtree(root / id_)
    assert isotone("sessions", "show", "").exit_code == Exit.RECORDING


def test_a_folder_of_sessions_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("none", "file"):
        refused = isotone("sessions", "list", "--dir", str(tmp_path / name))
        assert refused.exit_code == Exit.RECORDING
        assert "is no folder" in refused.output
