"""What a box does not do for anybody who asks: units, ports, passwords, consoles, USB and the kernel."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.imaging import root
from device.errors import SystemMissingError
from tests.deploy.test_udev import OWN_NAMESPACE, may_unshare, told_by_udev

SYSTEM = root.HERE / "system"
UNITS = [
    *sorted((SYSTEM / "usr/lib/systemd/system").glob("*.service")),
    *sorted((root.REPOSITORY / "deploy/systemd").glob("*.service")),
]
SCORE_MAX_TENTHS = 15
RULES = SYSTEM / "usr/lib/udev/rules.d/70-isotone-usb.rules"


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [name for name in programs if shutil.which(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} is not installed")


@needs("systemd-analyze")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_every_unit_of_ours_is_held_safe(unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={SCORE_MAX_TENTHS}", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


# -- the network


def test_whatever_comes_in_unasked_is_dropped() -> None:
    text = (SYSTEM / "etc/nftables.conf").read_text()
    assert "type filter hook input priority 0; policy drop;" in text
    assert "type filter hook forward priority 0; policy drop;" in text
    assert "dport" not in text.replace("udp sport 67 udp dport 68", ""), "only an answer of DHCP comes in"


@needs("nft")
@pytest.mark.skipif(not may_unshare(), reason="may not make a namespace")
def test_the_firewall_is_understood_with_and_without_a_technician(tmp_path: Path) -> None:
    rules = tmp_path / "technician.nft"
    text = (SYSTEM / "etc/nftables.conf").read_text().replace("/etc/nftables.d", str(tmp_path))
    (tmp_path / "nftables.conf").write_text(text)
    for opened in ("", "add rule inet filter input tcp dport 22 accept\n"):
        rules.write_text(opened)
        command = [*OWN_NAMESPACE, "--net", "nft", "--check", "--file", str(tmp_path / "nftables.conf")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_nobody_is_answered_about_names() -> None:
    text = (SYSTEM / "etc/systemd/resolved.conf.d/isotone.conf").read_text()
    assert "LLMNR=no" in text
    assert "MulticastDNS=no" in text


def test_ssh_takes_keys_alone_and_forwards_nothing() -> None:
    text = (SYSTEM / "etc/ssh/sshd_config.d/isotone.conf").read_text()
    for line in ("PasswordAuthentication no", "KbdInteractiveAuthentication no", "AllowTcpForwarding no"):
        assert line in text.splitlines()


# -- who may log in


@pytest.mark.parametrize("unit", ["getty@", "serial-getty@", "console-getty", "container-getty@", "debug-shell"])
def test_no_console_asks_for_a_name(unit: str) -> None:
    assert str((SYSTEM / f"etc/systemd/system/{unit}.service").readlink()) == "/dev/null"


@given(st.sampled_from(["*", "!", "!*", "!!", "*!"]))
def test_a_locked_password_is_none(word: str) -> None:
    root.refuse_passwords(f"root:{word}:20786:0:99999:7:::\nisotone:!:20786::::::\n")


@pytest.mark.parametrize("word", ["", "$y$j9T$salt$hash", "x", "$1$a$b"])
def test_an_image_with_a_password_is_not_made(word: str) -> None:
    with pytest.raises(SystemMissingError, match="isotone has a password"):
        root.refuse_passwords(f"root:*:20786:0:99999:7:::\nisotone:{word}:20786::::::\n")


# -- USB


SOCKET = "/devices/pci0000:00/0000:00:14.0/usb1/1-1"
RECORDING = f"""P: {SOCKET}
E: SUBSYSTEM=usb
E: DEVTYPE=usb_device
A: idVendor=VENDOR\\n
A: idProduct=PRODUCT\\n

P: {SOCKET}/1-1:1.0
E: SUBSYSTEM=usb
E: DEVTYPE=usb_interface
A: bInterfaceClass=CLASS\\n
A: authorized=1\\n
"""


@needs("umockdev-run", "udevadm")
@pytest.mark.skipif(not may_unshare() or not Path("/etc/udev/rules.d").is_dir(), reason="may not make a namespace")
@pytest.mark.parametrize(
    ("kind", "device", "is_taken"),
    [
        ("01", "1234:0001", True),
        ("03", "1234:0001", True),
        ("08", "1234:0001", True),
        ("e0", "1234:0001", True),
        ("ff", "0403:6015", True),
        ("ff", "0424:ec00", True),
        ("ff", "1234:0001", False),
        ("02", "1234:0001", False),
        ("0a", "1234:0001", False),
        ("07", "1234:0001", False),
        ("0e", "1234:0001", False),
        ("dc", "1234:0001", False),
    ],
)
def test_only_known_kinds_of_usb_devices_get_a_driver(tmp_path: Path, kind: str, device: str, is_taken: bool) -> None:
    vendor, product = device.split(":")
    text = RECORDING.replace("VENDOR", vendor).replace("PRODUCT", product).replace("CLASS", kind)
    told = told_by_udev(tmp_path, "add", f"{SOCKET}/1-1:1.0", text, RULES)
    assert bool([line for line in told if "authorized" in line]) is not is_taken, told


# -- the kernel


def test_kernel_parameters_are_named_as_the_kernel_names_them() -> None:
    lines = root.words_of(SYSTEM / "usr/lib/sysctl.d/60-isotone.conf")
    told = [re.fullmatch(r"(-?)([a-z0-9_.]+) = (\S+)", line) for line in lines]
    assert all(told)
    names = [line[2] for line in told if line and not line[1]]
    assert len(set(names)) == len(names)
    assert not [name for name in names if not Path("/proc/sys", *name.split(".")).exists()]


@pytest.mark.parametrize("line", ["fs.suid_dumpable = 0", "kernel.kptr_restrict = 2", "net.ipv4.ip_forward = 0"])
def test_the_kernel_keeps_to_itself(line: str) -> None:
    assert line in (SYSTEM / "usr/lib/sysctl.d/60-isotone.conf").read_text().splitlines()
