"""What becomes of processes that die, hang, will not go, or leave nonsense as their last words."""

from pathlib import Path

import pytest

from device.clock import VirtualClock
from device.messages import Fault, Health
from device.processes import Process
from device.runtime.life import fault_path, leave_fault
from device.runtime.supervisor import DEATHS_PER_MINUTE, HUNG_S, Supervisor, read_fault
from tests.device.table import use_table


class FakeChild:
    pid = 1

    def __init__(self, *, stubborn: bool = False) -> None:
        self.code: int | None = None
        self._stubborn = stubborn

    def exit_code(self) -> int | None:
        return self.code

    def ask_to_stop(self) -> None:
        self.code = self.code if self._stubborn else 0

    def kill(self) -> None:
        self.code = -9

    def wait(self, timeout_s: float) -> None:
        CLOCK.advance(timeout_s)


CLOCK = VirtualClock(1)


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch, run_dir: Path) -> Supervisor:
    use_table(monkeypatch, {"a": Process("x:y"), "b": Process("x:y", when_it_dies="end")})
    made = Supervisor(["a", "b"], lambda *_: FakeChild(), run_dir, CLOCK)
    made.start()
    return made


def heartbeat(name: str, incarnation: int = 0, *, ready: bool = True) -> Health:
    return Health(t_ns=0, process=name, pid=1, incarnation=incarnation, ready=ready, rss_mb=0, cpu_s=0)


def watch(supervisor: Supervisor) -> list[tuple[str, int, bool]]:
    return [(item.name, item.exit_code, item.is_last) for item in supervisor.watch(CLOCK.now_ns(), kill_hung=True)]


def child(supervisor: Supervisor, name: str) -> FakeChild:
    found = supervisor.watched[name].child
    assert isinstance(found, FakeChild)
    return found


def test_a_process_is_ready_by_its_own_word_and_not_by_its_predecessors(supervisor: Supervisor) -> None:
    supervisor.hear(heartbeat("a"))
    supervisor.hear(heartbeat("b", incarnation=7))
    supervisor.hear(heartbeat("stranger"))
    assert supervisor.unready() == ["b"]


def test_a_silent_process_is_killed_but_not_where_the_silence_was_ours(supervisor: Supervisor) -> None:
    CLOCK.advance(HUNG_S - 1)
    supervisor.hear(heartbeat("a"))
    assert supervisor.is_fresh()
    CLOCK.advance(2)
    assert not supervisor.is_fresh()
    supervisor.forgive()
    assert watch(supervisor) == []
    CLOCK.advance(HUNG_S - 1)
    supervisor.hear(heartbeat("a"))
    CLOCK.advance(2)
    assert watch(supervisor) == [("b", -9, True)]


def test_a_process_that_dies_too_often_or_whose_row_says_so_is_not_started_again(supervisor: Supervisor) -> None:
    for death in range(DEATHS_PER_MINUTE):
        child(supervisor, "a").code = 1
        assert watch(supervisor) == [("a", 1, death == DEATHS_PER_MINUTE - 1)]
        supervisor.restart("a")
    CLOCK.advance(61)
    supervisor.forgive()
    child(supervisor, "a").code = 1
    assert watch(supervisor) == [("a", 1, False)]
    child(supervisor, "b").code = 0
    assert watch(supervisor) == [("b", 0, True)]


def test_the_last_words_of_a_predecessor_are_not_a_successors(supervisor: Supervisor, run_dir: Path) -> None:
    leave_fault(run_dir, Fault(t_ns=1, process="a", code="c", sentence="s", action="x", fatal=True))
    child(supervisor, "a").code = 1
    (first,) = supervisor.watch(CLOCK.now_ns(), kill_hung=True)
    assert first.fault is not None
    supervisor.restart("a")
    child(supervisor, "a").code = 1
    (second,) = supervisor.watch(CLOCK.now_ns(), kill_hung=True)
    assert second.fault is None


def test_who_does_not_go_is_made_to(supervisor: Supervisor) -> None:
    supervisor.watched["b"].child = FakeChild(stubborn=True)
    polite, stubborn, beats = child(supervisor, "a"), child(supervisor, "b"), []
    supervisor.stop(["a", "b"], lambda: beats.append(1))
    assert (polite.code, stubborn.code) == (0, -9)
    assert len(beats) > 10


@pytest.mark.parametrize("left", [b"", b"{", b"\xff", b"[" * 90_000, b'{"t_ns": 1}'])
def test_last_words_that_are_none_are_not_believed(run_dir: Path, left: bytes) -> None:
    assert read_fault(run_dir, "a") is None
    fault_path(run_dir, "a").write_bytes(left)
    assert read_fault(run_dir, "a") is None


def test_last_words_are_left_whole(run_dir: Path) -> None:
    fault = Fault(t_ns=1, process="a", code="c", sentence="s", action="x", fatal=True)
    leave_fault(run_dir, fault)
    assert read_fault(run_dir, "a") == fault
    assert [path.name for path in run_dir.iterdir()] == ["a.fault.json"]
    leave_fault(run_dir / "gone", fault)
