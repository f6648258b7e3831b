"""What RAUC asks of a boot loader, question by question."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.errors import Exit
from device.slots.__main__ import main
from device.slots.boot_block import BootBlock, current, read, write


def ask(path: Path, *words: str) -> int:
    return main(words, path)


def test_an_update_is_tried_and_then_proven(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "slots.env"
    assert ask(path, "get-primary") == Exit.OK
    assert capsys.readouterr().out == "a\n"
    assert ask(path, "set-state", "b", "bad") == Exit.OK
    assert ask(path, "set-primary", "b") == Exit.OK
    ask(path, "get-primary")
    ask(path, "get-state", "b")
    assert capsys.readouterr().out == "b\ngood\n"
    assert ask(path, "set-state", "b", "good") == Exit.OK
    assert read(path) == BootBlock(order=("b", "a"), a_left=8, b_left=8)


def test_a_slot_that_used_up_its_tries_is_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "slots.env"
    write(path, BootBlock(order=("b", "a"), a_left=8, b_left=0))
    ask(path, "get-primary")
    ask(path, "get-state", "b")
    assert capsys.readouterr().out == "a\nbad\n"


@pytest.mark.parametrize(
    "words", [(), ("get-primary", "a"), ("set-primary", "c"), ("set-state", "a", "fine"), ("format",)]
)
def test_what_is_no_question_is_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert ask(tmp_path / "slots.env", *words) == Exit.USAGE
    assert not (tmp_path / "slots.env").exists()


def test_a_boot_partition_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(tmp_path / "gone" / "slots.env", "set-primary", "b") == Exit.DISK
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "slot"),
    [("root=PARTLABEL=isotone-b rauc.slot=b quiet", "b"), ("rauc.slot=a", "a"), ("quiet xrauc.slot=a", ""), ("", "")],
)
def test_the_running_slot_is_what_the_boot_loader_said(line: str, slot: str) -> None:
    assert current(line) == slot


@pytest.fixture
def running_b(tmp_path: Path) -> Path:
    line = tmp_path / "cmdline"
    line.write_text("quiet rauc.slot=b\n")
    return line


def test_a_passed_check_proves_the_slot_that_runs(tmp_path: Path, running_b: Path) -> None:
    path = tmp_path / "slots.env"
    write(path, BootBlock(order=("b", "a"), a_left=5, b_left=2))
    assert main(("on-trial",), path, running_b) == Exit.OK
    assert main(("passed",), path, running_b) == Exit.OK
    assert read(path) == BootBlock(order=("b", "a"), a_left=5, b_left=8)
    assert main(("on-trial",), path, running_b) == Exit.INTERNAL


def test_a_slot_with_nothing_to_fall_back_to_is_never_given_up(tmp_path: Path, running_b: Path) -> None:
    path = tmp_path / "slots.env"
    write(path, BootBlock(order=("b", "a"), a_left=0, b_left=0))
    assert main(("on-trial",), path, running_b) == Exit.INTERNAL


def test_a_machine_that_was_not_started_by_our_boot_loader_has_no_slot_to_prove(tmp_path: Path) -> None:
    line = tmp_path / "cmdline"
    line.write_text("quiet\n")
    assert main(("passed",), tmp_path / "slots.env", line) == Exit.USAGE
    assert main(("on-trial",), tmp_path / "slots.env", line) == Exit.INTERNAL
