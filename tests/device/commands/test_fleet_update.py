"""A roll-out by the command, over a real broker to boxes with folders of their own: it halts, and outlives a kill."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from device.cli import main
from device.fleet import agent
from tests.device.fleet.broker import needs_mosquitto
from tests.device.fleet.clinic import NEW, OLD, WAIT_S, Clinic

pytestmark = needs_mosquitto


@pytest.fixture(autouse=True)
def alone_and_quick(run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens here, and what is new is told at once."""
    monkeypatch.setattr(agent, "SOON_NS", 100_000_000)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))


def test_it_halts_by_itself_and_who_failed_is_back_on_the_old_version(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path, ("box-0", "box-1", "box-2", "box-3"), frozenset({"box-1", "box-2"}))
    with clinic.fleet.running(), clinic.on():
        clinic.come_in()
        code, told = clinic.turn_until_over(clinic.begin("--failures", "1", "--at-once", "1"))
        assert (code, told[-1]["state"]) == (13, "halted")
        assert "2 failed (box-1, box-2)" in told[-1]["why"]
        seen = {row["box"]: row for row in told if "box" in row}
        assert (seen["box-2"]["before"], seen["box-2"]["version"]) == (OLD, OLD)
    assert clinic.versions() == {"box-0": NEW, "box-1": OLD, "box-2": OLD, "box-3": OLD}


def test_killed_tool_and_broker_lose_nothing(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path, ("box-0", "box-1"), frozenset())
    with clinic.on():
        with clinic.fleet.running():
            clinic.come_in()
            tool = clinic.begin()
            until_s = time.monotonic() + WAIT_S
            while not (tmp_path / "state/ward.json").exists() and time.monotonic() < until_s:
                clinic.turn()
            assert (tmp_path / "state/ward.json").exists()
            tool.kill()
            tool.communicate()
        with clinic.fleet.running():
            code, told = clinic.turn_until_over(clinic.begin())
        assert (code, told[-1]["state"], told[-1]["told"]) == (0, "done", {"good": 2})
    assert set(clinic.versions().values()) == {NEW}


@pytest.fixture
def groups(tmp_path: Path) -> list[str]:
    return ["--groups", str(tmp_path / "groups.toml"), "--json"]


def test_a_group_is_a_list_in_the_clinics_file(groups: list[str]) -> None:
    def ask(*words: str) -> Any:
        done = CliRunner().invoke(main, ["fleet", "group", *words, *groups])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    assert ask() == {}
    assert ask("ward-3", "ben-2", "anna-1") == {"ward-3": ["anna-1", "ben-2"]}
    ask("ward-4", "ben-2")
    assert ask() == {"ward-3": ["anna-1"], "ward-4": ["ben-2"]}
    assert ask("ward-3", "--dissolve") == {}
    assert ask() == {"ward-4": ["ben-2"]}


@pytest.mark.parametrize("words", [("Ward", "anna-1"), ("ward", "anna 1"), ("--dissolve",)])
def test_a_name_that_is_none_is_refused(words: tuple[str, ...], groups: list[str], tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["fleet", "group", *words, *groups]).exit_code in {2, 3}
    assert not (tmp_path / "groups.toml").exists()
