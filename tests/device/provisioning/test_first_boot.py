"""The first start of a box: it becomes what the file says, keeps no password where everybody reads, or says why not."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from device.errors import Exit
from device.provisioning.__main__ import main, wipe

TEXT = (
    'name = "practice-03"\ntimezone = "Europe/Berlin"\n[wifi]\nnetwork = "n"\npassword = "top secret"\ncountry = "DE"\n'
)


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The boot partition and the root of a box that was flashed."""
    monkeypatch.setattr(socket, "sethostname", lambda name: (tmp_path / "hostname").write_text(name))
    shipped = tmp_path / "root/usr/share/isotone/device.toml"
    shipped.parent.mkdir(parents=True)
    shipped.write_text('[sources.wristband]\ntype = "hrs"\n')
    (tmp_path / "boot").mkdir()
    (tmp_path / "boot/isotone.toml").write_text(TEXT)
    return tmp_path


def start(card: Path) -> int:
    return main(card / "boot", card / "root")


def test_a_box_becomes_what_the_file_says_and_keeps_no_password_on_the_boot_partition(card: Path) -> None:
    assert start(card) == Exit.OK
    assert (card / "hostname").read_text() == "practice-03"
    assert (card / "root/etc/hostname").read_text() == "practice-03\n"
    assert str((card / "root/etc/localtime").readlink()) == "/usr/share/zoneinfo/Europe/Berlin"
    assert list((card / "boot").iterdir()) == []


def test_a_second_file_changes_it_again(card: Path) -> None:
    start(card)
    (card / "boot/isotone.toml").write_text('name = "other"\nlanguage = "fr"\n')
    assert start(card) == Exit.OK
    assert (card / "root/etc/hostname").read_text() == "other\n"
    assert (card / "root/etc/isotone/device.toml").read_text().count("[voice]") == 1


def test_a_file_that_is_not_understood_stays_with_the_reason_beside_it(
    card: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (card / "boot/isotone.toml").write_text(TEXT.replace("country", "county"))
    assert start(card) == Exit.CONFIG
    assert "isotone.toml:6: unknown key `wifi.county`" in (card / "boot/isotone-refused.txt").read_text()
    assert "unknown key" in capsys.readouterr().err
    assert not (card / "root/etc").exists()
    (card / "boot/isotone.toml").write_text(TEXT)
    assert start(card) == Exit.OK
    assert list((card / "boot").iterdir()) == []


def test_a_power_cut_before_the_wiping_does_it_again(card: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(_: Path) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr("device.provisioning.__main__.wipe", cut)
        with pytest.raises(SystemExit):
            start(card)
    assert start(card) == Exit.OK
    assert list((card / "boot").iterdir()) == []


def test_the_key_of_the_fleet_is_for_the_agent_alone(card: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owners: dict[str, str] = {}
    monkeypatch.setattr(shutil, "chown", lambda path, owner: owners.update({path.name: owner}))
    pem = '"""-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"""'
    lines = [f"{key} = {pem}" for key in ("authority", "certificate", "key")]
    (card / "boot/isotone.toml").write_text("\n".join(['name = "a"', "[fleet]", 'broker = "b"', *lines]))
    assert start(card) == Exit.OK
    assert owners == {"key.pem": "isotone"}
    assert (card / "root/etc/isotone/fleet/key.pem").stat().st_mode & 0o777 == 0o400


def test_settings_that_cannot_be_kept_are_told_and_the_file_stays(card: Path) -> None:
    (card / "root/etc").write_text("in the way")
    assert start(card) == Exit.DISK
    assert (card / "boot/isotone.toml").exists()


def test_what_was_in_a_wiped_file_is_not_in_its_blocks(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("top secret")
    kept = tmp_path / "same blocks"
    kept.hardlink_to(path)
    wipe(path)
    assert kept.read_bytes() == bytes(10)
