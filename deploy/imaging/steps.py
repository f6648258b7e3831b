"""What `deploy/check-image` tries, step by step. Seconds are the guest's own, from its kernel's start on."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from deploy.imaging import bundle, disk, wrong_bundles
from deploy.imaging.card import BOX, Trial, expect, fat
from deploy.imaging.clinic import Clinic
from deploy.imaging.programs import call
from device.clock import SystemClock
from device.console.printing import say
from device.errors import SystemMissingError
from device.runtime import interpreter
from device.slots.boot_block import BootBlock

BOARD = "qemu-virt"
LIMIT_S = 1800.0
READY = r"isotone: ready and healthy ([\d.]+) s after the start"
NEWEST = "999.0.0.0"
FLEET_TRIES = 24
HEARD_S = 15.0
BYTES_USED_AT = 40
"""Where a squashfs says how long it is (kernel source, fs/squashfs/squashfs_fs.h)."""
AS_BOX = """User=isotone
SupplementaryGroups=audio
Environment=XDG_RUNTIME_DIR=/run/isotone XDG_DATA_HOME=/var/lib HOME=/var/lib/isotone LANG=C.UTF-8"""
SESSION = f"""[Unit]
After=isotone-health.service
[Service]
Type=oneshot
{AS_BOX}
StandardOutput=journal+console
StandardError=journal+console
ExecStart=/bin/sh -c 'exec isotone demo --minutes 0.5 --json --out /var/lib/isotone/sessions/trial >/dev/null'
ExecStartPost=/bin/sync
ExecStopPost=/bin/echo "trial: the session ended with ${{EXIT_STATUS}}"
"""
REFUSALS = """[Unit]
After=isotone-health.service
[Service]
Type=oneshot
Environment=XDG_RUNTIME_DIR=/run/isotone LANG=C.UTF-8
StandardOutput=journal+console
StandardError=journal+console
ExecStart=/bin/mount --mkdir -o ro LABEL=WRONG /run/wrong
ExecStart=/bin/sh -c 'cd /run/wrong; for each in *; do \\
    echo "trial: $each: $(isotone update image $each 2>&1 | tail -n 1)"; done'
"""


def first_starts(trial: Trial, clinic: Clinic, *, is_exact: bool) -> None:
    """The first start makes the box what the file says; the second is quicker."""
    for which in ("first", "second"):
        with trial.start(is_exact=is_exact) as box:
            if which == "first":
                box.wait_for(rf"This box is {BOX}\.", LIMIT_S)
            ready = box.wait_for(READY, LIMIT_S)
            say(f"The {which} start: ready and healthy after {ready[1]} s.")
            if which == "first":
                fleet_status(clinic)
            box.pull_plug()
    expect("the provisioning file is gone from the card", trial.read("isotone.toml") is None)
    expect(f"the data partition has grown ({trial.data_mib():.0f} MiB)", trial.data_mib() > disk.DATA_MIB * 2)
    expect("the slot is proven", trial.slots() == BootBlock())
    findings = json.loads(trial.kept("/isotone/health.json"))
    for finding in findings:
        say(f"  {finding['state']:4} {finding['name']}: {finding['sentence']}")
    expect("the health test is kept as JSON", {"box", "sound"} <= {finding["name"] for finding in findings})


def fleet_status(clinic: Clinic) -> None:
    """The clinic sees the box."""
    command = interpreter.interpreter("-m", "device.cli", "fleet", "status", "--json", "--config")
    clock = SystemClock()
    for _ in range(FLEET_TRIES):
        done = subprocess.run([*command, clinic.technician()], capture_output=True, check=False)
        boxes = [line for line in done.stdout.decode().splitlines() if BOX in line]
        if boxes:
            say(f"ok: the fleet knows the box: {' '.join(boxes)[:400]}")
            return
        clock.sleep(5)
    raise SystemMissingError("The fleet never heard of the box.", "Look into the log.")


def session(trial: Trial) -> None:
    """Half a minute with the rig's sensors, heard by the sound card; a machine that is slower than music plays none."""
    with trial.start(units={"trial.service": SESSION}, is_exact=True) as box:
        box.wait_for(READY, LIMIT_S)
        ended = box.wait_for(r"trial: the session ended with (\S+)\n", LIMIT_S)
        expect("a session was played to its end", ended[1] == "0")
        box.pull_plug()
    expect("its log is kept", "log-" in trial.listing("/isotone/sessions/trial"))
    expect(f"it was heard for {trial.heard_s():.0f} s", trial.heard_s() > HEARD_S)


def refusals(trial: Trial, release: str, signing: tuple[Path, Path]) -> None:
    """Six bundles are refused, each by its name."""
    folder = trial.folder / "wrong"
    folder.mkdir()
    wrong_bundles.make(folder, BOARD, release, signing)
    stick = fat(trial.folder / "wrong.img", "WRONG", sorted(folder.iterdir()))
    with trial.start(stick=stick, units={"trial.service": REFUSALS}) as box:
        box.wait_for(READY, LIMIT_S)
        for name, why in sorted(wrong_bundles.REASONS.items()):
            told = box.wait_for(rf"trial: {name}\.raucb: (.*)\n", LIMIT_S)[1]
            expect(f"a bundle that is {name} is refused: {told.strip()}", why in told)
        box.pull_plug()
    expect("slot a runs on", trial.slots().order[0] == "a" and trial.slots().a_left == 8)


def failing_update(trial: Trial, stick: Path) -> None:
    """A newer release comes on a stick, and in it no sound card is found: three starts later the old one runs again."""
    with trial.start(stick=stick) as box:
        box.wait_for(READY, LIMIT_S)
        box.wait_for(r"Installing release", LIMIT_S)
        box.wait_for(r"tried at the next start", LIMIT_S)
        box.wait_for_end(LIMIT_S)
    expect("the new release is tried next", trial.slots() == BootBlock(order=("b", "a"), a_left=8, b_left=3))
    for n_starts in (1, 2, 3):
        with trial.start(sound=None) as box:
            box.wait_for("does not pass its health check", LIMIT_S)
            box.wait_for_end(LIMIT_S)
        say(f"The new release has failed {n_starts} times.")
    expect("it has no try left", trial.slots().b_left == 0)


def good_update(trial: Trial, stick: Path) -> None:
    """The old release runs, takes the stick's again, and this time it is kept."""
    with trial.start(stick=stick) as box:
        box.wait_for("Slot a of", LIMIT_S)
        say(f"The old release runs again: {box.wait_for(READY, LIMIT_S)[0]}.")
        box.wait_for(r"tried at the next start", LIMIT_S)
        box.wait_for_end(LIMIT_S)
    with trial.start() as box:
        box.wait_for("Slot b of", LIMIT_S)
        box.wait_for(READY, LIMIT_S)
        box.pull_plug()
    expect("the new release is kept", trial.slots() == BootBlock(order=("b", "a"), a_left=8, b_left=8))


def make_stick(folder: Path, image: Path, signing: tuple[Path, Path]) -> Path:
    """A stick with the same root as the image's, signed as a release that is newer than any."""
    start = (disk.START_MIB + disk.BOOT_MIB) * disk.MIB
    root = folder / "root.img"
    with image.open("rb") as whole:
        whole.seek(start + BYTES_USED_AT)
        size = -(-int.from_bytes(whole.read(8), "little") // 4096) * 4096
        whole.seek(start)
        root.write_bytes(whole.read(size))
    update = folder / "update.raucb"
    bundle.make(update, root, BOARD, NEWEST, signing, folder / "bundle")
    return fat(folder / "stick.img", "UPDATE", [update])


def release_of(image: Path) -> str:
    """The release that is in slot A of an image."""
    start = (disk.START_MIB + disk.BOOT_MIB) * disk.MIB
    return call("unsquashfs", "-o", str(start), "-cat", image, "usr/lib/isotone/release").decode().strip()
