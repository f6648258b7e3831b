"""`isotone refine` as a therapist uses it: nothing changes before it is approved, and it can be taken back."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from device.cli import main
from device.clock import wall_time
from device.commands import refine
from device.commands.memory import begin, recall
from device.commands.session import prepared
from device.commands.session_folder import listeners_root
from device.config import ControlConfig, DeviceConfig, Prescription, SessionConfig
from device.errors import Exit
from device.listeners import settings
from device.listeners.settings import PolicyChoice
from device.listeners.store import open_store
from tests.device.commands.test_memory import name, own_data
from tests.device.sessions.synthetic import Log
from tests.hardware.refinement.courses import course

__all__ = ["own_data"]
CHOICE = PolicyChoice(id="ab12cd34", policy="plan", instead_of="hand", sentence="It is better.")


def isotone(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["refine", *arguments])


@pytest.fixture
def ada(tmp_path: Path) -> str:
    """The id of a listener with a session in this box's memory."""
    listener_id = recall(DeviceConfig(), "ada", tmp_path).listener_id
    play(tmp_path, listener_id, 1)
    return listener_id


def play(root: Path, listener_id: str, days_ago: float, listener: str = "ada") -> SessionConfig:
    """A session of eight minutes in which the listener is calmed."""
    told = course(lambda at_s: 0.5 - at_s / 1000 if at_s > 60 else None, seed=round(days_ago))
    session_id = name(days_ago)
    config = msgspec.structs.replace(
        told.config,
        session_id=session_id,
        listener=listener,
        listener_id=listener_id,
        session_dir=str(root / session_id),
    )
    log = Log(root / session_id, config)
    log.write(*told.decisions, *told.intents, *told.commands)
    log.close()
    begin(config)
    return config


def wait_for_approval() -> None:
    with open_store(listeners_root(DeviceConfig())) as store:
        settings.propose(store, store.demand("ada"), CHOICE, wall_time())


def plays(tmp_path: Path) -> SessionConfig:
    with prepared(DeviceConfig(), Prescription(), listener="ada", minutes=1.0, seed=1, out=tmp_path / "next") as config:
        return config


def test_who_is_not_known_is_refused() -> None:
    assert isotone("bob").exit_code == Exit.RECORDING


def test_with_one_session_it_says_how_many_are_missing(ada: str) -> None:
    done = isotone("ada", "--people", "200")
    assert done.exit_code == Exit.OK, done.output
    assert "Too little is known: 1 of 1 sessions" in done.stdout
    assert "2 more" in done.stdout


def test_three_sessions_are_judged_and_nothing_changes_by_itself(ada: str, tmp_path: Path) -> None:
    for days_ago in (2, 3):
        play(tmp_path, ada, days_ago)
    told = json.loads(isotone("ada", "--people", "200", "--json").stdout)
    assert told["says"] in ("propose", "keep")
    assert told["sessions"] == 3
    assert {row["policy"] for row in told["candidates"]} >= {"plan", "silence", "target"}
    assert plays(tmp_path).device.control.policy == DeviceConfig().control.policy


def test_sessions_of_two_people_are_refused(ada: str, tmp_path: Path) -> None:
    other = play(tmp_path, "f" * 32, 5, listener="bob")
    done = isotone("ada", "--session", other.session_dir)
    assert done.exit_code == Exit.CONFIG
    assert "is of bob, and a refinement is for one listener" in done.output


def test_what_is_approved_plays_from_the_next_session_on_until_it_is_taken_back(ada: str, tmp_path: Path) -> None:
    wait_for_approval()
    assert plays(tmp_path).device.control.policy == ControlConfig().policy
    assert isotone("ada", "--approve", "00000000").exit_code == Exit.CONFIG
    done = isotone("ada", "--approve", CHOICE.id)
    assert done.exit_code == Exit.OK, done.output
    config = plays(tmp_path)
    assert config.device.control.policy == "plan"
    assert any("`plan` plays for this listener, as was approved on" in remark for remark in config.remarks)
    assert "plays for ada again" in isotone("ada", "--take-back").stdout
    assert plays(tmp_path).device.control.policy == ControlConfig().policy
    assert isotone("ada", "--take-back").exit_code == Exit.CONFIG


def test_an_approved_policy_that_is_gone_does_not_stop_a_session(ada: str, tmp_path: Path) -> None:
    with open_store(listeners_root(DeviceConfig())) as store:
        settings.approve(store, store.demand("ada"), msgspec.structs.replace(CHOICE, policy="gone"), wall_time())
    config = plays(tmp_path)
    assert config.device.control.policy == ControlConfig().policy
    assert any("cannot play" in remark for remark in config.remarks)


def test_a_refinement_that_dies_is_a_sentence(ada: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refine, "interpreter", lambda *_: ["/bin/sh", "-c", "echo it broke >&2; exit 1"])
    done = isotone("ada")
    assert done.exit_code == Exit.CONFIG
    assert "it broke" in done.output
