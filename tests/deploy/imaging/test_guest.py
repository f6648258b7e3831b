"""A machine in QEMU that is waited for: what it says is found, and what it never says is told."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest

from deploy.imaging.guest import Guest, Machine
from device.errors import SystemMissingError


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A card, and in place of QEMU a program that talks like a box."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path / "card.img"


def play(card: Path, script: str) -> None:
    fake = card.parent / "bin/qemu-system-aarch64"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)


class Log(io.StringIO):
    name = "the log"


def test_what_the_box_says_is_found_in_its_order_and_kept(card: Path) -> None:
    play(card, r"printf 'one \033[0;1mready 12.5\033[0m s\r\ntwo'; sleep 60")
    log = Log()
    with Guest(Machine(card), log) as box:
        assert box.wait_for(r"ready ([\d.]+) s", 30)[1] == "12.5"
        box.wait_for("two", 30)
    assert log.getvalue() == "one ready 12.5 s\ntwo"


def test_a_box_that_never_says_it_is_told_with_its_log(card: Path) -> None:
    play(card, "echo one; exec sleep 60")
    with Guest(Machine(card), Log()) as box, pytest.raises(SystemMissingError, match=r"never said 'two'.*the log"):
        box.wait_for("two", 2)


def test_a_box_that_goes_off_before_is_told(card: Path) -> None:
    play(card, "echo one")
    with Guest(Machine(card), Log()) as box, pytest.raises(SystemMissingError, match="never said"):
        box.wait_for("two", 30)


def test_a_box_that_starts_again_has_ended(card: Path) -> None:
    play(card, "echo one")
    with Guest(Machine(card), Log()) as box:
        box.wait_for_end(30)


def test_a_box_that_goes_on_is_told(card: Path) -> None:
    play(card, "exec sleep 60")
    with Guest(Machine(card), Log()) as box, pytest.raises(SystemMissingError, match="neither"):
        box.wait_for_end(0.5)


def test_a_box_has_a_sound_card_and_a_stick_where_it_is_given_them(card: Path) -> None:
    play(card, 'echo "$@"')
    with Guest(Machine(card, card.parent / "sound.wav", card.parent / "stick.img"), Log()) as box:
        box.wait_for(r"wav,id=sound,path=\S+sound\.wav .* usb-storage,drive=stick", 30)
    with Guest(Machine(card), Log()) as box, pytest.raises(SystemMissingError):
        box.wait_for("hda", 30)


def test_what_is_tried_beside_the_image_comes_from_the_machine(card: Path) -> None:
    words = Machine(card, units={"trial.service": "[Service]\nExecStart=true\n"}).command()
    given = dict(word.split("binary:")[1].split("=", 1) for word in words if word.startswith("type=11,"))
    assert base64.b64decode(given["systemd.extra-unit.trial.service"]) == b"[Service]\nExecStart=true\n"
    assert base64.b64decode(given["systemd.unit-dropin.multi-user.target"]) == b"[Unit]\nWants=trial.service\n"
