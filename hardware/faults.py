"""The faults that can be injected into a running rig, by name: each begins, and each can be mended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from hardware.emulators.bluez import EmulatedBluez
from hardware.emulators.cyton import PtyCyton
from hardware.emulators.private_bus import PrivateBus
from hardware.emulators.wristband import HeartRateBand

Act = Callable[[], Awaitable[None]]
FOR_EVER = 1_000_000


class Breakage(NamedTuple):
    """What breaks a part of the rig, and what mends it again."""

    begin: Act
    end: Act


def _switch(thing: object, name: str, broken: object, whole: object) -> Breakage:
    async def begin() -> None:
        setattr(thing, name, broken)

    async def end() -> None:
        setattr(thing, name, whole)

    return Breakage(begin, end)


def _calls(begin_by: Callable[[], object], end_by: Callable[[], object]) -> Breakage:
    async def begin() -> None:
        begin_by()

    async def end() -> None:
        end_by()

    return Breakage(begin, end)


def list_faults(cyton: PtyCyton, band: HeartRateBand, bluez: EmulatedBluez, bus: PrivateBus) -> dict[str, Breakage]:
    """All faults of a rig of these parts."""

    def leave() -> None:
        band.advertising = False
        band.drop()

    def come_back() -> None:
        band.advertising = True

    async def lose_bus() -> None:
        await bluez.stop()
        await bus.stop()

    async def find_bus() -> None:
        await bus.start()
        await bluez.start()

    board = cyton.board
    return {
        "unplug": _calls(cyton.unplug, cyton.replug),
        "switch_off_board": _calls(board.switch_off, board.switch_on),
        "silence_board": _calls(board.silence, lambda: board.silence(silent=False)),
        "drop_wristband": _calls(leave, come_back),
        "silence": _switch(band, "silent", broken=True, whole=False),
        "lose_contact": _switch(band, "contact", broken=False, whole=True),
        "no_rr": _switch(band, "sends_rr", broken=False, whole=band.sends_rr),
        "hr_zero": _switch(band, "confused", broken=True, whole=False),
        "busy_scan": _switch(bluez, "busy_scans", broken=FOR_EVER, whole=0),
        "remove_adapter": _calls(bluez.remove_adapter, bluez.restore_adapter),
        "kill_bluetoothd": Breakage(bluez.stop, bluez.start),
        "kill_bus": Breakage(lose_bus, find_bus),
    }
