"""What a box tests at each start: does its card keep, does sound go out, is its supply good (`doctor --box`)."""

from __future__ import annotations

import os
import tempfile
from functools import partial
from pathlib import Path
from typing import NamedTuple

from device.acquisition.source import Check
from device.clock import SystemClock, wall_time
from device.config import DeviceConfig
from device.errors import DiskError, SoundError, SystemMissingError
from device.imports import import_name
from device.provisioning.refusal import REFUSED, find_refusal
from device.runtime.bus import is_publishing
from device.runtime.run_folder import make_always_dir
from device.slots.boot_block import COMMAND_LINE, current

SOUND_S, SOUND_TRIES_S = 0.5, 5.0
"""Length of silence that must go out, and the longest time it may take."""
WRITTEN_BYTES = 4 * 2**20
SLOW_MB_S = 2.0
"""A card of speed class 2 writes as much; a worn one does not."""
HOT_C = 80.0
"""A Raspberry Pi slows down from here on (documentation, "Frequency management and thermal control")."""
OLDEST_YEAR = 2026


class Machine(NamedTuple):
    """Where the kernel tells of the machine."""

    data_lost: Path = Path("/run/isotone-boot/data-lost")
    hwmon: Path = Path("/sys/class/hwmon")
    thermal: Path = Path("/sys/class/thermal")
    refused: Path = REFUSED


def self_test_checks(device: DeviceConfig, machine: Machine | None = None) -> list[Check]:
    """What decides whether the software that runs may be kept (needed), and what a technician should know."""
    machine = machine or Machine()
    return [
        Check("slot", find_slot, is_needed=False),
        Check("setup", partial(find_refusal, machine.refused), is_needed=False),
        Check("box", find_box),
        Check("sound", partial(play_silence, device)),
        Check("data partition", partial(find_data, machine.data_lost)),
        Check("disk speed", partial(time_disk, device), is_needed=False),
        Check("clock", look_at_clock, is_needed=False),
        Check("power", partial(look_at_power, machine.hwmon), is_needed=False),
        Check("temperature", partial(look_at_temperature, machine.thermal), is_needed=False),
    ]


def find_slot() -> str:
    slot = current(COMMAND_LINE.read_text())
    return f"Slot {slot} of the card runs." if slot else "This machine has no slots."


def find_box() -> str:
    if not is_publishing(make_always_dir(), "box"):
        raise SystemMissingError("The box does not run.", "Look why: journalctl -u isotone.")
    return "The box runs."


def play_silence(device: DeviceConfig) -> str:
    """Whether frames go out: a card that opens and then stands still is as silent as none.

    Raises:
        SoundError: there is no card, or it takes no frames.
    """
    clock = SystemClock()
    sink = import_name("device.audio.engine:open_sink")(device.audio, clock)
    try:
        wanted = round(SOUND_S * device.audio.sfreq_hz / device.audio.block_frames)
        silence, n_heard, until_ns = bytes(device.audio.block_frames * 4), 0, clock.now_ns() + SOUND_TRIES_S * 1e9
        while n_heard < wanted and clock.now_ns() < until_ns:
            for _ in range(sink.room()):
                sink.push(silence)
            clock.sleep(device.audio.block_frames / device.audio.sfreq_hz / 2)
            n_heard += len(sink.heard())
    finally:
        sink.close()
    if n_heard < wanted:
        raise SoundError(f"The sound card {sink.name} takes no sound.", "Unplug it and plug it in again.")
    return f"{sink.name} took {n_heard * device.audio.block_frames} frames."


def find_data(lost: Path) -> str:
    if lost.exists():
        raise DiskError("The data partition cannot be used: nothing is kept.", "Flash a new card.")
    return "What is kept outlives a restart."


def time_disk(device: DeviceConfig) -> str:
    """Writes a few megabytes where sessions are kept, down to the card itself.

    Raises:
        DiskError: it is slow, as worn-out cards are.
    """
    root: Path = import_name("device.commands.session_folder:sessions_root")(device)
    folder = next(parent for parent in (root, *root.parents) if parent.exists())
    clock = SystemClock()
    with tempfile.TemporaryFile(dir=folder) as file:
        began_ns = clock.now_ns()
        file.write(os.urandom(WRITTEN_BYTES))
        file.flush()
        os.fsync(file.fileno())
        speed_mb_s = WRITTEN_BYTES / 1e6 / max((clock.now_ns() - began_ns) / 1e9, 1e-6)
    if speed_mb_s < SLOW_MB_S:
        raise DiskError(f"The card writes {speed_mb_s:.1f} MB/s, as worn-out ones do.", "Take a new card soon.")
    return f"{speed_mb_s:.0f} MB/s."


def look_at_clock() -> str:
    now = wall_time()
    if now.year < OLDEST_YEAR:
        raise SystemMissingError(f"The clock says {now:%Y-%m-%d}.", "Give the box a network once, or a clock module.")
    return f"{now:%Y-%m-%d %H:%M}."


def look_at_power(hwmon: Path) -> str:
    """The kernel's alarm of too low a voltage (driver raspberrypi-hwmon)."""
    for alarm in hwmon.glob("*/in0_lcrit_alarm"):
        if alarm.read_text().strip() == "1":
            raise SystemMissingError("The power supply is too weak.", "Use the supply that came with the board.")
    return "No alarm of too low a voltage."


def look_at_temperature(thermal: Path) -> str:
    found = [int(zone.read_text()) / 1000 for zone in thermal.glob("thermal_zone*/temp")]
    if not found:
        return "Nobody measures it."
    if max(found) > HOT_C:
        raise SystemMissingError(f"The processor has {max(found):.0f} °C.", "Let air reach the box.")
    return f"{max(found):.0f} °C."
