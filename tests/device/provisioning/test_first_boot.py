"""The first start of a box: it becomes what the file says, keeps no password where everybody reads, or says why not."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from device.errors import ConfigError, Exit
from device.listeners.roles import is_pin_of, read_roles
from device.provisioning.__main__ import main, wipe
from device.provisioning.layout import read
from device.provisioning.refusal import find_refusal

TEXT = (
    'name = "practice-03"\ntimezone = "Europe/Berlin"\n[wifi]\nnetwork = "n"\npassword = "top secret"\ncountry = "DE"\n'
)
PEM = '"""-----BEGIN EC PRIVATE KEY-----\nTOPSECRET\n-----END EC PRIVATE KEY-----\n"""'
FLEET = "\n".join(["[fleet]", 'broker = "b"', *(f"{key} = {PEM}" for key in ("authority", "certificate", "key"))])
ROLES = '[roles]\ntherapist_pin = "top secret 1"\ntechnician_pin = "top secret 2"\n'
needs_creds = pytest.mark.skipif(not shutil.which("systemd-creds"), reason="systemd-creds is not installed")


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The boot partition and the root of a box that was flashed."""
    monkeypatch.setattr(shutil, "chown", lambda *_: None)  # there is no user isotone here
    monkeypatch.setenv("SYSTEMD_CREDENTIAL_SECRET", str(tmp_path / "credential.secret"))
    shipped = tmp_path / "root/usr/share/isotone/device.toml"
    shipped.parent.mkdir(parents=True)
    shipped.write_text('[sources.wristband]\ntype = "hrs"\n')
    (tmp_path / "boot").mkdir()
    (tmp_path / "boot/isotone.toml").write_text(TEXT)
    return tmp_path


def start(card: Path) -> int:
    return main(card / "boot", card / "root", card / "refused")


def on_boot(card: Path) -> set[str]:
    return {path.name for path in (card / "boot").iterdir()}


def test_a_box_becomes_what_the_file_says_and_keeps_no_password_on_the_boot_partition(card: Path) -> None:
    assert start(card) == Exit.OK
    assert (card / "root/etc/hostname").read_text() == "practice-03\n"
    assert str((card / "root/etc/localtime").readlink()) == "/usr/share/zoneinfo/Europe/Berlin"
    assert on_boot(card) == {"isotone-applied.toml"}


@needs_creds
def test_what_stays_on_the_card_has_no_secret_and_is_a_file_to_begin_anew_with(card: Path) -> None:
    (card / "boot/isotone.toml").write_text(f'technician_key = "ssh-ed25519 {"A" * 68}"\n{TEXT}{ROLES}{FLEET}')
    assert start(card) == Exit.OK
    kept = (card / "boot/isotone-applied.toml").read_text()
    assert "secret" not in kept.replace("its secrets are not here", "").lower()
    assert 'network = "n"' in kept
    again = kept.partition("[wifi]")[0]
    (card / "again.toml").write_text(again)
    assert read(card / "again.toml").name == "practice-03"


@needs_creds
def test_no_secret_can_be_read_anywhere_on_a_box_but_the_networks_by_root(card: Path) -> None:
    (card / "boot/isotone.toml").write_text(f"{TEXT}{ROLES}{FLEET.replace('TOPSECRET', 'TOPSECRETx', 2)}")
    assert start(card) == Exit.OK
    found = [path for path in card.rglob("*") if path.is_file() and b"top secret" in path.read_bytes()]
    assert [path.name for path in found] == ["n.psk"]
    assert found[0].stat().st_mode & 0o777 == 0o600
    assert not [path for path in card.rglob("*") if path.is_file() and b"TOPSECRET\n" in path.read_bytes()]


@needs_creds
def test_the_key_of_the_fleet_is_opened_by_this_machine_alone(card: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (card / "boot/isotone.toml").write_text(f"{TEXT}{FLEET}")
    assert start(card) == Exit.OK
    opening = ["systemd-creds", "decrypt", "--name=isotone-fleet-key"]
    sealed = card / "root/etc/credstore.encrypted/isotone-fleet-key"
    done = subprocess.run([*opening, sealed, "-"], capture_output=True, check=True)
    assert b"TOPSECRET" in done.stdout
    monkeypatch.setenv("SYSTEMD_CREDENTIAL_SECRET", str(card / "another.secret"))
    assert subprocess.run([*opening, sealed, "-"], capture_output=True, check=False).returncode


def test_a_secret_that_cannot_be_sealed_leaves_the_box_as_it_was(card: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(card))
    (card / "boot/isotone.toml").write_text(f"{TEXT}{FLEET}")
    assert start(card) == Exit.SYSTEM
    assert "systemd-creds cannot be run" in (card / "boot/isotone-refused.txt").read_text()
    assert not (card / "root/etc").exists()


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
    with pytest.raises(ConfigError, match=r"isotone\.toml:6: unknown key"):
        find_refusal(card / "refused")
    (card / "boot/isotone.toml").write_text(TEXT)
    assert start(card) == Exit.OK
    assert on_boot(card) == {"isotone-applied.toml"}
    assert find_refusal(card / "refused").startswith("No ")


def test_a_power_cut_before_the_wiping_does_it_again(card: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(_: Path) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr("device.provisioning.__main__.wipe", cut)
        with pytest.raises(SystemExit):
            start(card)
    assert start(card) == Exit.OK
    assert on_boot(card) == {"isotone-applied.toml"}


def test_pins_are_for_who_asks_them_alone(card: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owners: dict[str, str] = {}
    monkeypatch.setattr(shutil, "chown", lambda path, owner: owners.update({path.name: owner}))
    (card / "boot/isotone.toml").write_text(f"{TEXT}{ROLES}")
    assert start(card) == Exit.OK
    assert owners == {"roles.json": "isotone"}
    kept = card / "root/etc/isotone/roles.json"
    assert kept.stat().st_mode & 0o777 == 0o400
    pins = read_roles(kept)
    assert is_pin_of(pins, "therapist", "top secret 1")
    assert not is_pin_of(pins, "technician", "top secret 1")


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
