from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hardware.control import Control, send
from hardware.faults import Breakage


def fault_that_notes(name: str, notes: list[str]) -> Breakage:
    async def begin() -> None:
        notes.append(f"{name} broken")

    async def end() -> None:
        notes.append(f"{name} whole")

    return Breakage(begin, end)


def play(folder: Path, *commands: dict[str, object], then_s: float = 0.0) -> list[str]:
    """What the faults noted while the commands were given."""
    notes: list[str] = []

    async def scene() -> None:
        control = Control(folder, {name: fault_that_notes(name, notes) for name in ("a", "b")})
        await control.start()
        try:
            for command in commands:
                await asyncio.to_thread(send, folder, command)
            await asyncio.sleep(then_s)
        finally:
            await control.stop()

    asyncio.run(scene())
    return notes


def test_a_fault_stays_until_it_is_mended(tmp_path: Path) -> None:
    assert play(tmp_path, {"do": "a"}, {"do": "mend", "fault": "a"}) == ["a broken", "a whole"]
    assert play(tmp_path, {"do": "a"}) == ["a broken"]


def test_a_fault_with_a_time_mends_itself_once(tmp_path: Path) -> None:
    assert play(tmp_path, {"do": "a", "for_s": 0.05}, then_s=0.3) == ["a broken", "a whole"]
    assert play(tmp_path, {"do": "a", "for_s": 0.05}, {"do": "mend"}, then_s=0.3) == ["a broken", "a whole"]


def test_mend_mends_all(tmp_path: Path) -> None:
    notes = play(tmp_path, {"do": "a"}, {"do": "b", "for_s": 30}, {"do": "mend"}, {"do": "mend"})
    assert notes == ["a broken", "b broken", "a whole", "b whole"]


def test_a_fault_begun_twice_is_mended_in_between(tmp_path: Path) -> None:
    assert play(tmp_path, {"do": "a"}, {"do": "a"}) == ["a broken", "a whole", "a broken"]


@pytest.mark.parametrize("command", [{"do": "c"}, {}, {"do": "a", "for_s": "long"}, {"do": "mend", "fault": "c"}])
def test_nonsense_is_refused_with_what_is_known(command: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="known faults: a, b"):
        play(tmp_path, command)


def test_without_a_rig_sending_fails(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        send(tmp_path, {"do": "a"})
