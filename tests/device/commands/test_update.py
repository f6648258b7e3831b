"""`isotone update` on a machine without an image: installed, tried, kept, left; never while somebody listens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from device.box.proof import RESTART
from device.box.upkeep import update_lock
from device.cli import main
from device.files.locks import claim, is_held
from device.runtime.run_folder import claim_run_folder, make_always_dir
from device.updates.folders import COMPATIBLE, Folders
from device.updates.playing import playing
from tests.deploy.bundling.signing import make_bundle, make_keys


class Machine:
    """A home, a bundle for it, and the command; `slot` is the folder that runs."""

    def __init__(self, folder: Path) -> None:
        self.signing = make_keys(folder)
        self.bundle = make_bundle(folder, "1.2.3", self.signing, COMPATIBLE)
        self._home, self.slot = folder / "home", ""

    def update(self, *words: str) -> Result:
        around = {"ISOTONE_HOME": str(self._home), "ISOTONE_KEYRING": str(self.signing[0]), "ISOTONE_SLOT": self.slot}
        return CliRunner().invoke(main, ["update", *words], env=around)

    def status(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.update("status", "--json").stdout)
        return told


@pytest.fixture
def machine(tmp_path: Path, run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))
    return Machine(tmp_path)


def test_a_bundle_is_shown_installed_tried_and_kept(machine: Machine) -> None:
    assert "version: 1.2.3" in machine.update("show", str(machine.bundle)).stdout
    assert machine.update("install", str(machine.bundle)).exit_code == 0
    assert (machine.status()["a"], machine.status()["a_tries"]) == ("1.2.3", 3)
    machine.slot = "a"
    assert "Version 1.2.3 is kept." in machine.update("good").stdout
    assert (machine.status()["newest"], machine.status()["a_tries"]) == ("1.2.3", 8)


def test_a_stranger_s_bundle_is_refused_with_the_code_of_updates(machine: Machine, tmp_path: Path) -> None:
    stranger = make_bundle(tmp_path, "1.2.4", make_keys(tmp_path, "stranger"), COMPATIBLE)
    for words in (("show", str(stranger)), ("install", str(stranger))):
        refused = machine.update(*words)
        assert (refused.exit_code, "does not trust" in refused.stderr) == (13, True)
    assert machine.status()["a"] == ""


def test_nothing_is_installed_while_a_session_plays_or_another_update_is(machine: Machine) -> None:
    with claim_run_folder("20261129T100000Z-abcdef"):
        assert "A session plays." in machine.update("install", str(machine.bundle)).stderr
    with claim(update_lock(make_always_dir())):
        assert "Another update" in machine.update("install", str(machine.bundle)).stderr
    assert machine.update("install", str(machine.bundle)).exit_code == 0


def test_a_session_of_another_user_or_runtime_folder_is_waited_for_too(machine: Machine, tmp_path: Path) -> None:
    assert machine.update("install", str(machine.bundle)).exit_code == 0
    with playing(str(tmp_path / "home")):
        assert "A session plays." in machine.update("install", str(machine.bundle)).stderr
    with Folders(tmp_path / "home", "").renewing():
        assert "Another update" in machine.update("install", str(machine.bundle)).stderr
    assert machine.update("install", str(machine.bundle)).exit_code == 0


def test_a_session_says_of_the_home_it_was_started_from_that_it_plays(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISOTONE_HOME", str(tmp_path))
    with claim_run_folder("20261129T100000Z-abcdef"):
        assert is_held(tmp_path / "playing.lock", even_shared=True)
    assert not is_held(tmp_path / "playing.lock", even_shared=True)


def test_a_box_starts_again_only_when_it_is_asked_to(machine: Machine) -> None:
    asked = make_always_dir() / RESTART
    assert (machine.update("install", str(machine.bundle)).exit_code, asked.exists()) == (0, False)
    assert (machine.update("install", str(machine.bundle), "--restart").exit_code, asked.exists()) == (0, True)


def test_there_is_nothing_to_go_back_to_before_there_are_two(machine: Machine) -> None:
    machine.slot = "a"
    refused = machine.update("back")
    assert (refused.exit_code, "no other version" in refused.stderr) == (13, True)
