"""The device rules on a recorded dongle: udev itself reads them, where it can change nothing of this machine."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

RULES = Path(__file__).resolve().parents[2] / "deploy" / "udev" / "99-isotone.rules"
RECORDING = Path(__file__).with_name("dongle.umockdev")
PORT = "/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/ttyUSB0"
OWN_NAMESPACE = ("unshare", "--map-root-user", "--mount")
SCRIPT = """set -e
mkdir "$1/rules"
cp "$2" "$1/rules/"
mount --bind "$1/rules" /etc/udev/rules.d
mount --rbind /dev /dev
mount -o remount,bind,ro /dev
mount -t tmpfs none /run
exec umockdev-run --device "$1/dongle" -- udevadm test --action="$3" "$4" 2>&1
"""


def may_unshare() -> bool:
    return subprocess.run([*OWN_NAMESPACE, "true"], check=False, capture_output=True).returncode == 0


pytestmark = [
    pytest.mark.skipif(not shutil.which("umockdev-run"), reason="needs umockdev"),
    pytest.mark.skipif(not shutil.which("udevadm"), reason="needs udev"),
    pytest.mark.skipif(not Path("/etc/udev/rules.d").is_dir(), reason="needs udev's folder of rules"),
    pytest.mark.skipif(not shutil.which("unshare") or not may_unshare(), reason="may not make a namespace"),
]


def told_by_udev(folder: Path, action: str, device: str, recording: str, rules: Path = RULES) -> list[str]:
    """What udev would do by `rules` when `device` of the recording comes, goes or changes."""
    (folder / "dongle").write_text(recording, "utf-8")
    command = [*OWN_NAMESPACE, "sh", "-c", SCRIPT, "sh", str(folder), str(rules), action, device]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert rules.name in done.stdout, done.stdout
    lines = [line for line in done.stdout.splitlines() if f"{rules.name}:" in line]
    return [line for line in lines if "Unknown group 'gpio'" not in line]  # which a box has, and this machine may lack


@pytest.mark.parametrize("action", ["add", "bind", "change"])
def test_the_dongle_hands_bytes_over_each_millisecond(tmp_path: Path, action: str) -> None:
    told = told_by_udev(tmp_path, action, PORT, RECORDING.read_text("utf-8"))
    assert [line for line in told if "/ttyUSB0/latency_timer" in line], told


def test_its_port_has_a_name_that_stays_and_a_group_that_may_open_it(tmp_path: Path) -> None:
    told = told_by_udev(tmp_path, "add", f"{PORT}/tty/ttyUSB0", RECORDING.read_text("utf-8"))
    assert [line for line in told if "isotone-cyton" in line], told
    assert [line for line in told if "0660" in line], told


@pytest.mark.parametrize("device", [PORT, f"{PORT}/tty/ttyUSB0"])
def test_another_adapter_of_the_same_maker_is_left_alone(tmp_path: Path, device: str) -> None:
    other = RECORDING.read_text("utf-8").replace("idProduct=6015", "idProduct=6001")
    assert told_by_udev(tmp_path, "add", device, other) == []


CHIP = "/devices/platform/soc/fe200000.gpio/gpiochip0"
LIGHT = "/devices/platform/leds/leds/ACT"
BOARD = f"""P: {CHIP}
N: gpiochip0
E: DEVNAME=/dev/gpiochip0
E: MAJOR=254
E: MINOR=0
E: SUBSYSTEM=gpio

P: {LIGHT}
E: SUBSYSTEM=leds
A: brightness=0\\n
A: trigger=none\\n
"""


def test_pins_may_be_used_by_their_group(tmp_path: Path) -> None:
    told = told_by_udev(tmp_path, "add", CHIP, BOARD)
    assert [line for line in told if "0660" in line], told


def test_lights_may_be_set_by_the_same_group(tmp_path: Path) -> None:
    told = told_by_udev(tmp_path, "add", LIGHT, BOARD)
    assert [line for line in told if "chgrp gpio" in line], told
    assert [line for line in told if "chmod g+w" in line], told
