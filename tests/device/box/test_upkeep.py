"""What keeps a box from being ready is told, and taken back by itself when it is mended."""

import fcntl
from pathlib import Path

import msgspec
import pytest

from device.box.chores import Done
from device.box.machine import Event, Machine
from device.box.residents import Residents
from device.box.upkeep import FIRST_LOOK_NS, LOOK_AGAIN_NS, Upkeep, update_lock
from device.clock import VirtualClock
from tests.device.box.processes import FakeChild

NO_CARD = Event("failing", sentence="There is no sound card.", code="5")


class Box:
    """A machine with its upkeep, as the daemon turns them."""

    def __init__(self, folder: Path) -> None:
        self.clock = VirtualClock(1)
        self.residents = Residents((), lambda *_: FakeChild(), folder, self.clock)
        self.upkeep = Upkeep(folder, "ada", self.residents, self.clock.now_ns(), examines=True)
        self.machine = Machine()

    def turn(self) -> str:
        for event in self.upkeep.events(self.machine.state, self.clock.now_ns()):
            self.machine.hear(event)
        return self.machine.state

    def finds(self, event: Event) -> None:
        (chore,) = self.upkeep.chores(self.clock.now_ns())
        assert chore.may_be_broken_off
        self.upkeep.take(Done(chore, 0, msgspec.json.encode(event)))


@pytest.fixture
def box(tmp_path: Path) -> Box:
    box = Box(tmp_path)
    box.finds(Event("mended"))
    assert box.turn() == "ready"
    box.upkeep.look()
    return box


def test_a_box_that_starts_looks_first_and_never_calls_itself_ready_where_something_is_missing(tmp_path: Path) -> None:
    box = Box(tmp_path)
    assert box.turn() == "starting"
    box.finds(NO_CARD)
    assert box.turn() == "needs_help"


def test_a_look_that_hangs_keeps_no_box_from_being_ready(tmp_path: Path) -> None:
    box = Box(tmp_path)
    assert box.turn() == "starting"
    box.clock.advance(FIRST_LOOK_NS / 1e9 + 1)
    assert box.turn() == "ready"


def test_a_box_that_examines_nothing_is_ready_at_once(tmp_path: Path) -> None:
    upkeep = Upkeep(
        tmp_path, "ada", Residents((), lambda *_: FakeChild(), tmp_path, VirtualClock(1)), 1, examines=False
    )
    assert [event.kind for event in upkeep.events("starting", 1)] == ["up"]
    assert not list(upkeep.chores(1))


def test_what_a_press_found_missing_is_taken_back_too_when_it_is_mended(box: Box) -> None:
    box.machine.hear(Event("play"))
    box.machine.hear(Event("failing", "intake-missing", "Nobody was asked.", "12"))
    box.finds(NO_CARD)
    assert box.turn() == "needs_help"
    box.clock.advance(LOOK_AGAIN_NS / 1e9 + 1)
    box.finds(Event("mended"))
    assert box.turn() == "ready"


def test_what_is_missing_needs_help_with_its_code_and_is_looked_for_again(box: Box) -> None:
    box.finds(NO_CARD)
    assert box.turn() == "needs_help"
    assert (box.machine.sentence, box.machine.code) == (NO_CARD.sentence, "5")
    assert not list(box.upkeep.chores(box.clock.now_ns()))
    box.clock.advance(LOOK_AGAIN_NS / 1e9 + 1)
    box.finds(Event("mended"))
    assert box.turn() == "ready"


def test_where_nothing_is_missing_nobody_looks_again_until_something_breaks(box: Box) -> None:
    box.finds(Event("mended"))
    box.clock.advance(10 * LOOK_AGAIN_NS / 1e9)
    assert not list(box.upkeep.chores(box.clock.now_ns()))
    box.upkeep.look()
    assert list(box.upkeep.chores(box.clock.now_ns()))


def test_help_that_sessions_asked_for_is_not_taken_back_by_a_look(box: Box) -> None:
    for _ in range(3):
        box.machine.hear(Event("play"))
        box.machine.hear(Event("broke", code="10"))
    box.finds(Event("mended"))
    assert box.turn() == "needs_help"


@pytest.mark.parametrize("said", [b"", b"nonsense", b'{"kind": "failing"}', b'["exploding"]', b"\xff"])
def test_a_look_that_tells_nothing_is_none(box: Box, said: bytes) -> None:
    (chore,) = box.upkeep.chores(0)
    box.upkeep.take(Done(chore, 1, said))
    assert box.turn() == "ready"


def test_while_somebody_renews_the_box_it_says_so(box: Box, tmp_path: Path) -> None:
    with update_lock(tmp_path).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert box.turn() == "updating"
        assert box.turn() == "updating"
    assert box.turn() == "ready", "the kernel let go of the lock, however the update ended"


def test_an_update_waits_for_a_session(box: Box, tmp_path: Path) -> None:
    box.machine.hear(Event("play"))
    with update_lock(tmp_path).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert box.turn() == "fitting"
        box.machine.hear(Event("ended"))
        assert box.turn() == "updating"
