"""`isotone listeners` as somebody at the box uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from device.cli import main
from device.commands.memory import begin, recall, remember
from device.commands.session_folder import listeners_root
from device.config import DeviceConfig, SessionConfig
from device.errors import Exit
from device.messages import SelfReport
from tests.device.commands.test_memory import name, own_data, session, told
from tests.device.sessions.synthetic import BEGAN_NS

__all__ = ["own_data"]


def isotone(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["listeners", *arguments])


@pytest.fixture
def ada(tmp_path: Path, config: SessionConfig) -> SessionConfig:
    """A listener with a session and a word."""
    begun = recall(DeviceConfig(), "ada", tmp_path)
    report = SelfReport(t_ns=BEGAN_NS, author="patient", value=0.4375)
    ended = session(tmp_path, config, name(1), told(0.71875), report, listener_id=begun.listener_id)
    begin(ended)
    remember(ended)
    return ended


def test_where_nobody_is_known_nothing_is_made() -> None:
    assert json.loads(isotone("list", "--json").stdout) == []
    assert "Nobody is known." in isotone("list").stdout
    assert not listeners_root(DeviceConfig()).exists()


@pytest.mark.parametrize("command", [("show",), ("forget",), ("rename",)])
def test_who_is_not_known_is_refused(ada: SessionConfig, command: tuple[str, ...]) -> None:
    done = isotone(*command, "bob\x1b[31m", *(["eve"] if command == ("rename",) else []))
    assert done.exit_code == Exit.RECORDING
    assert "No listener bob\\x1b[31m is known." in done.output


def test_who_is_known_and_what_of_them(ada: SessionConfig) -> None:
    (row,) = json.loads(isotone("list", "--json").stdout)
    assert (row["name"], row["id"], row["sessions"], row["rest"], row["words"]) == ("ada", ada.listener_id, 1, 1, 1)
    shown = json.loads(isotone("show", "ada", "--json").stdout)
    assert shown["rest_from"][0]["session"] == ada.session_id
    assert "ada" in isotone("list").stdout


def test_how_somebody_felt_is_shown_to_nobody(ada: SessionConfig) -> None:
    for arguments in (("list",), ("list", "--json"), ("show", "ada"), ("show", "ada", "--json")):
        assert "4375" not in isotone(*arguments).output
        assert "71875" not in isotone(*arguments).output


def test_to_forget_says_what_is_erased_and_what_remains(ada: SessionConfig) -> None:
    done = json.loads(isotone("forget", "ada", "--json").stdout)
    assert done["erased"]["words"] == 1
    assert done["remaining"] == [ada.session_dir]
    assert Path(ada.session_dir).is_dir()
    assert json.loads(isotone("list", "--json").stdout) == []
    assert isotone("forget", "ada").exit_code == Exit.RECORDING


def test_to_forget_in_words(ada: SessionConfig) -> None:
    told = isotone("forget", " ada ").stdout
    assert "ada is forgotten. Entries erased: 1 of rest, 1 of words." in told
    assert f"  {ada.session_dir}" in told


def test_old_sessions_of_who_was_forgotten_bring_nothing_back(
    tmp_path: Path, config: SessionConfig, ada: SessionConfig
) -> None:
    session(tmp_path, config, name(3), told(1.0))  # as older releases recorded it: by name alone
    assert len(json.loads(isotone("forget", "ada", "--json").stdout)["remaining"]) == 2
    assert recall(DeviceConfig(), "ada", tmp_path).baselines == ()


def test_a_new_name(ada: SessionConfig) -> None:
    assert "ada is eve from now on." in isotone("rename", "ada", "eve").stdout
    assert json.loads(isotone("show", "eve", "--json").stdout)["id"] == ada.listener_id
    assert isotone("rename", "eve", "guest").exit_code == Exit.CONFIG


def test_a_memory_that_is_damaged_is_a_sentence(ada: SessionConfig) -> None:
    (path,) = listeners_root(DeviceConfig()).glob("*.sqlite3")
    path.write_bytes(b"broken" * 2000)
    done = isotone("list")
    assert done.exit_code == Exit.RECORDING
    assert "is damaged" in done.output
