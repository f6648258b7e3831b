"""A version that was installed is kept when its box is up and sounds, and left after three starts that are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.box.chores import Done
from device.box.proof import AGAIN_NS, RESTART, TRIES, UP_NS, Proof
from device.commands import update_proof
from device.commands.diagnosis import Finding
from device.messages import BoxState
from device.updates.bundle import open_bundle
from device.updates.folders import COMPATIBLE, Folders
from tests.deploy.bundling.signing import make_bundle, make_keys


class Home:
    """Version 1.0.0 in one folder, proven; 1.1.0 in the other, on trial. `start` is a start of the box in it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.home, self._environment = folder, folder / "home", monkeypatch
        signing = make_keys(folder)
        for version in ("1.0.0", "1.1.0"):
            bundle = make_bundle(folder, version, signing, COMPATIBLE)
            running = "a" if version == "1.1.0" else ""
            Folders(self.home, running).install(open_bundle(bundle, signing[0]), lambda _share: None)
            if not running:
                Folders(self.home, "a").mark_good()

    def start(self, slot: str) -> Proof:
        self._environment.setenv("ISOTONE_HOME", str(self.home))
        self._environment.setenv("ISOTONE_SLOT", slot)
        return Proof(self.folder, 0)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    return Home(tmp_path, monkeypatch)


def fail(proof: Proof, times: int, now_ns: int = 0) -> int:
    """A test that fails again and again; gives the time then."""
    for _ in range(times):
        now_ns += AGAIN_NS + 1
        (chore,) = proof.chores("ready", now_ns)
        assert not proof.take(Done(chore, 5, b""), now_ns)
    return now_ns


def test_a_trial_that_passes_is_kept_and_tested_no_more(home: Home) -> None:
    proof = home.start("b")
    (chore,) = proof.chores("ready", 1)
    assert proof.take(Done(chore, 0, b""), 2)
    assert not list(proof.chores("ready", 10 * UP_NS))
    assert proof.why_to_restart("ready", 10 * UP_NS) == ""


def test_a_trial_that_fails_its_test_three_times_is_a_start_too_few(home: Home) -> None:
    proof = home.start("b")
    now_ns = fail(proof, TRIES - 1)
    assert proof.why_to_restart("ready", now_ns) == ""
    now_ns = fail(proof, 1, now_ns)
    assert "does not prove itself" in proof.why_to_restart("needs_help", now_ns)


def test_a_trial_that_does_not_come_up_is_left_too(home: Home) -> None:
    proof = home.start("b")
    assert not list(proof.chores("starting", 1))
    assert proof.why_to_restart("starting", UP_NS) == ""
    assert "does not prove itself" in proof.why_to_restart("starting", UP_NS + 1)


def test_a_version_that_proved_itself_is_never_left(home: Home) -> None:
    proof = home.start("a")
    assert proof.why_to_restart("starting", UP_NS + 1) == ""
    assert proof.why_to_restart("needs_help", fail(proof, TRIES)) == ""
    assert not list(proof.chores("ready", 10 * UP_NS))


def test_a_test_that_was_broken_off_for_a_session_is_none(home: Home) -> None:
    proof = home.start("b")
    for turn in range(10):
        (chore,) = proof.chores("ready", turn * (AGAIN_NS + 1))
        assert not proof.take(Done(chore, -9, b""), turn * (AGAIN_NS + 1))
    assert proof.why_to_restart("ready", 11 * AGAIN_NS) == ""


@pytest.mark.parametrize(("state", "restarts"), [("ready", True), ("needs_help", True), ("session", False)])
def test_what_was_installed_is_started_when_nobody_listens(home: Home, state: BoxState, restarts: bool) -> None:
    proof = home.start("a")
    (home.folder / RESTART).touch()
    assert ("starts again into it" in proof.why_to_restart(state, 1)) == restarts
    assert proof.why_to_restart(state, 2) == ""


def test_a_start_takes_back_what_was_asked_before_it(home: Home) -> None:
    (home.folder / RESTART).touch()
    assert home.start("b").why_to_restart("ready", 1) == ""


def test_a_machine_without_folders_has_nothing_to_prove(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ISOTONE_HOME", raising=False)
    proof = Proof(tmp_path, 0)
    assert not list(proof.chores("ready", 1))
    assert proof.why_to_restart("starting", UP_NS + 1) == ""


def test_only_what_passes_the_self_test_is_marked_good(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update_proof, "read_device", lambda _folder: None)
    silent = Finding("sound", "fail", "The sound card takes no sound.", "Unplug it.", 5)
    for found, code, good in ((silent, 5, "a"), (Finding("sound", "ok", "It took frames."), 0, "b")):
        monkeypatch.setattr(update_proof, "self_test", lambda _device, found=found: [found])
        assert update_proof.prove(home.folder, home.home, "b") == code
        assert Folders(home.home, "b").record().good == good
