"""What lies over Debian on a box: units that systemd understands and holds safe, and a card that grows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.imaging import disk, root
from device.config import DeviceConfig, load

SYSTEM = root.HERE / "system"
UNITS = SYSTEM / "usr/lib/systemd/system"
PRESET = SYSTEM / "usr/lib/systemd/system-preset/00-isotone.preset"


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [name for name in programs if shutil.which(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} is not installed")


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """The root of a box with our units, and programs that do nothing in place of those they start."""
    shutil.copytree(SYSTEM, tmp_path, dirs_exist_ok=True, symlinks=True)
    for unit in (root.REPOSITORY / "deploy/systemd").glob("*.service"):
        shutil.copy(unit, tmp_path / "usr/lib/systemd/system")
    names = {"usr/bin/systemctl"}
    for unit in UNITS.glob("*.service"):
        names |= set(re.findall(r"^Exec\w+=[-+]*/(\S+)", unit.read_text(), re.MULTILINE))
    for name in names:
        program = tmp_path / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    return tmp_path


def verify(box: Path) -> subprocess.CompletedProcess[str]:
    names = [unit.name.replace("@.", "@sda1.") for unit in (box / "usr/lib/systemd/system").glob("isotone*.service")]
    command = ["systemd-analyze", "verify", f"--root={box}", "--recursive-errors=no", *names]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@needs("systemd-analyze")
def test_systemd_understands_every_unit(box: Path) -> None:
    done = verify(box)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    unit = box / "usr/lib/systemd/system/isotone-health.service"
    unit.write_text(unit.read_text().replace("UMask=", "Umsak="))
    assert "Umsak" in verify(box).stderr


def test_nothing_starts_that_is_not_named() -> None:
    lines = root.words_of(PRESET)
    assert lines[-1] == "disable *"
    ours = {line.split()[1] for line in lines if line.startswith("enable isotone")}
    assert {"isotone.service", "isotone-first-boot.service", "isotone-health.service"} <= ours
    assert ours <= {unit.name for folder in (UNITS, root.REPOSITORY / "deploy/systemd") for unit in folder.iterdir()}


def test_ssh_and_its_keys_wait_for_a_technician() -> None:
    for unit in ("ssh", "sshd-keygen"):
        text = (SYSTEM / f"etc/systemd/system/{unit}.service.d/isotone.conf").read_text()
        assert "ConditionPathExists=/etc/ssh/technicians" in text
    assert "PasswordAuthentication no" in (SYSTEM / "etc/ssh/sshd_config.d/isotone.conf").read_text()


def test_the_box_understands_what_its_image_brings() -> None:
    assert load(SYSTEM / "usr/share/isotone/device.toml", DeviceConfig).sources


@needs("systemd-repart", "sfdisk", "mkfs.vfat", "mcopy", "mkfs.ext4")
def test_data_grows_to_the_end_of_the_card_and_nothing_else_does(tmp_path: Path) -> None:
    (tmp_path / "boot").mkdir()
    (tmp_path / "boot/a").write_text("a")
    (tmp_path / "root.img").write_bytes(b"hsqs" + bytes(4092))
    disk.boot_image(tmp_path / "boot", tmp_path / "boot.img", "1", 1_700_000_000)
    disk.data_image(tmp_path / "data.img", "1", 1_700_000_000)
    card = tmp_path / "card.img"
    disk.assemble(card, tmp_path / "boot.img", tmp_path / "root.img", tmp_path / "data.img", "1")

    def sizes() -> dict[str, int]:
        table = json.loads(subprocess.run(["sfdisk", "--json", card], capture_output=True, check=True).stdout)
        return {row["name"]: row["size"] * 512 // disk.MIB for row in table["partitiontable"]["partitions"]}

    before = sizes()
    with card.open("r+b") as file:
        file.truncate(3 * 2**30)
    definitions = SYSTEM / "usr/lib/repart.d"
    command = ["systemd-repart", f"--definitions={definitions}", "--dry-run=no", "--no-pager", card]
    subprocess.run(command, check=True, capture_output=True)
    after = sizes()
    assert after.pop("isotone-data") > 1900
    assert before.pop("isotone-data") == disk.DATA_MIB
    assert after == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("doctor --box", "-u isotone -- env XDG_RUNTIME_DIR=/run/isotone XDG_DATA_HOME=/var/lib "),
        ("listeners intake 'anna maria'", "/usr/bin/isotone listeners intake <anna maria>"),
    ],
)
def test_a_technicians_commands_run_as_the_user_of_the_box(words: str, told: str) -> None:
    script = (
        f'runuser() {{ printf \'%s \' "${{@:1:$#-1}}" "<${{@: -1}}>"; }}; . {SYSTEM}/etc/profile.d/isotone.sh; isotone'
    )
    done = subprocess.run(["bash", "-c", f"{script} {words}"], capture_output=True, text=True, check=True)
    assert told in done.stdout
