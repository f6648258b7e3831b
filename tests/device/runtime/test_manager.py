import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import zmq

from device.clock import SystemClock
from device.config import SessionConfig
from device.errors import Exit
from device.messages import AudioReport, Exposure, Fault, MusicIntent, Stop
from device.processes import Process
from device.runtime.asking import ask
from device.runtime.bus import Received
from device.runtime.children import Child, InterpreterLauncher, ThreadLauncher
from device.runtime.context import ProcessContext
from device.runtime.door import Reply
from device.runtime.life import fault_path, leave_fault
from device.runtime.manager import Manager
from tests.device.table import SMALL, Decide, play, use_table


class Witness:
    """An observer that counts streams and may act once on a stream."""

    def __init__(self, act_on: str = "", act: Callable[[], None] | None = None) -> None:
        self.seen: list[Received] = []
        self._act_on, self._act = act_on, act

    def see(self, received: Received) -> None:
        self.seen.append(received)
        if self._act and received.stream == self._act_on:
            act, self._act = self._act, None
            act()

    def refresh(self, now_ns: int) -> None:
        pass

    def count(self) -> Counter[str]:
        return Counter(received.stream for received in self.seen)


def manage(config: SessionConfig, witness: Witness) -> Manager:
    return Manager(config, SystemClock(), ThreadLauncher(), witness)


def test_a_session_runs_from_start_to_its_own_end(monkeypatch: pytest.MonkeyPatch, config: SessionConfig) -> None:
    use_table(monkeypatch, SMALL)
    witness = Witness()
    manager = manage(config, witness)
    assert manager.run() is Exit.OK
    assert manager.fault is None
    count = witness.count()
    assert count["transport"] >= 9
    assert count["intents"] >= 9
    assert count["bars"] >= 9


def test_stop_ends_the_session_early_and_well(monkeypatch: pytest.MonkeyPatch, config: SessionConfig) -> None:
    use_table(monkeypatch, SMALL)
    witness = Witness("intents", lambda: manager.stop("patient"))
    manager = manage(config, witness)
    assert manager.run() is Exit.OK
    assert witness.count()["intents"] < 6


def in_the_meantime(work: Callable[[], None]) -> Callable[[], None]:
    """Work for another thread, as whoever is outside does not stop the manager."""
    return lambda: threading.Thread(target=work, daemon=True).start()


def test_a_wish_at_the_door_reaches_who_obeys_and_is_answered(
    monkeypatch: pytest.MonkeyPatch, config: SessionConfig
) -> None:
    use_table(monkeypatch, SMALL)
    answers: list[Reply | None] = []

    def calm() -> None:
        run_dir = Path(config.run_dir)
        answers.extend(ask(run_dir, "therapist", {"kind": kind}, SystemClock()) for kind in ("start", "calmer"))

    witness = Witness("intents", in_the_meantime(calm))
    assert manage(config, witness).run() is Exit.OK
    intents = [received.message for received in witness.seen if received.stream == "intents"]
    assert any(isinstance(intent, MusicIntent) and intent.tempo_bpm == 59 for intent in intents)
    assert [(reply.answer, reply.process) for reply in answers if reply] == [("refused", ""), ("taken", "loop")]
    assert ask(Path(config.run_dir), "patient", {"kind": "calmer"}, SystemClock()) is None, "nobody is there any more"


def test_a_stop_at_the_door_is_answered_by_the_end_and_nothing_else_is(
    monkeypatch: pytest.MonkeyPatch, config: SessionConfig
) -> None:
    use_table(monkeypatch, SMALL)
    answers: list[Reply | None] = []
    witness = Witness(
        "intents",
        in_the_meantime(lambda: answers.append(ask(Path(config.run_dir), "patient", {"kind": "stop"}, SystemClock()))),
    )
    assert manage(config, witness).run() is Exit.OK
    assert witness.count()["intents"] < 6
    settle(lambda: bool(answers))
    assert answers == [Reply(answer="taken", sentence="The session has ended.", process="manager")]


def test_garbage_at_the_old_door_and_at_the_new_ones_does_nothing(
    monkeypatch: pytest.MonkeyPatch, config: SessionConfig
) -> None:
    use_table(monkeypatch, SMALL)

    def throw() -> None:
        for name in ("control.ipc", "patient.door", "therapist.door"):
            with zmq.Context.instance().socket(zmq.PUSH) as door:
                door.setsockopt(zmq.LINGER, 0)
                door.connect(f"ipc://{config.run_dir}/{name}")
                for data in (b"", b"\x84\xa4text\xa3\xff\xfe\xfd", b"\x81\xa1x" + b"\x91" * 100_000 + b"\xc0"):
                    with contextlib.suppress(zmq.Again):
                        door.send(data, zmq.NOBLOCK)
                door.poll(50)

    witness = Witness("intents", in_the_meantime(throw))
    assert manage(config, witness).run() is Exit.OK
    assert witness.count()["bars"] >= 9


@pytest.mark.parametrize("left", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"t_ns": 1}'])
def test_a_fault_that_was_left_half_written_is_a_death_without_words(
    monkeypatch: pytest.MonkeyPatch, config: SessionConfig, left: bytes
) -> None:
    use_table(monkeypatch, SMALL)

    def die() -> None:
        fault_path(Path(config.run_dir), "composer").write_bytes(left)
        manager._supervisor.watched["composer"].child.kill()  # type: ignore[union-attr]

    manager = manage(config, Witness("bars", die))
    assert manager.run() is Exit.OK
    assert manager._supervisor.watched["composer"].incarnation == 1


stops_heard: list[Received] = []


def play_after_a_restart(context: ProcessContext) -> None:
    """Play as audio does that joined the bus a moment after the first stop was said."""
    receive = context.receive

    def hear(timeout_ms: int) -> list[Received]:
        items = receive(timeout_ms)
        stops_heard.extend(item for item in items if isinstance(item.message, Stop))
        return [item for item in items if not isinstance(item.message, Stop) or len(stops_heard) > 1]

    context.receive = hear  # type: ignore[method-assign]
    play(context)


def test_a_stop_is_said_until_it_is_heard(monkeypatch: pytest.MonkeyPatch, config: SessionConfig) -> None:
    audio = Process(f"{__name__}:play_after_a_restart", reads=("commands", "bars"))
    use_table(monkeypatch, SMALL | {"audio": audio})
    monkeypatch.setattr(Decide, "last_bar", 10_000)
    monkeypatch.setattr("tests.device.table.N_BARS", 10_000)
    stops_heard.clear()
    manager = manage(config, Witness("intents", lambda: manager.stop("patient")))
    assert manager.run() is Exit.OK
    assert [item.message.author for item in stops_heard] == ["patient", "manager"]  # type: ignore[attr-defined]


def give_up(context: ProcessContext) -> None:
    """Leave a reason and go in good order."""
    context.loaded()
    while context.beat() and not context.started:
        context.receive(20)
    leave_fault(
        Path(context.config.run_dir),
        Fault(
            t_ns=1, process=context.name, code="manager-gone", sentence="The manager is gone.", action="", fatal=True
        ),
    )


def test_last_words_end_the_session_as_a_fault_also_with_exit_code_0(
    monkeypatch: pytest.MonkeyPatch, config: SessionConfig
) -> None:
    use_table(monkeypatch, SMALL | {"sensors": Process(f"{__name__}:give_up")})
    manager = manage(config, Witness())
    assert manager.run() is Exit.SESSION_FAULT
    assert manager.fault is not None
    assert manager.fault.code == "manager-gone"


def test_music_that_ends_before_its_time_is_a_fault(monkeypatch: pytest.MonkeyPatch, config: SessionConfig) -> None:
    use_table(monkeypatch, SMALL)
    monkeypatch.setattr(Decide, "last_bar", 10_000)
    manager = manage(config, Witness())
    assert manager.run() is Exit.SESSION_FAULT
    assert manager.fault is not None
    assert "before its time" in manager.fault.sentence


def test_a_manager_that_stood_still_blames_nobody_and_says_so(
    monkeypatch: pytest.MonkeyPatch, config: SessionConfig
) -> None:
    use_table(monkeypatch, SMALL)
    clock = JumpingClock()
    witness = Witness("intents", lambda: clock.jump(20.0))
    manager = Manager(config, clock, ThreadLauncher(), witness)
    assert manager.run() is Exit.OK
    assert {watched.incarnation for watched in manager._supervisor.watched.values()} == {0}, "none was started again"


class JumpingClock(SystemClock):
    """The manager's own clock, which finds that much time has passed."""

    def __init__(self) -> None:
        self._ahead_ns = 0

    def jump(self, seconds: float) -> None:
        self._ahead_ns += round(seconds * 1e9)

    def now_ns(self) -> int:
        return super().now_ns() + self._ahead_ns


def settle(is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_done() and time.monotonic() < deadline:
        time.sleep(0.01)


def test_a_process_that_keeps_dying_ends_the_session_with_a_fault(
    monkeypatch: pytest.MonkeyPatch, config: SessionConfig
) -> None:
    use_table(monkeypatch, SMALL | {"sensors": Process("tests.device.table:crash")})
    monkeypatch.setattr("threading.excepthook", lambda _: None)
    manager = manage(config, Witness())
    assert manager.run() is Exit.SESSION_FAULT
    assert manager.fault is not None
    assert "sensors" in manager.fault.sentence


def test_a_process_that_dies_in_the_session_is_started_again(
    monkeypatch: pytest.MonkeyPatch, config: SessionConfig
) -> None:
    use_table(monkeypatch, SMALL)
    witness = Witness("bars", lambda: manager._supervisor.watched["composer"].child.kill())  # type: ignore[union-attr]
    manager = manage(config, witness)
    assert manager.run() is Exit.OK
    assert manager._supervisor.watched["composer"].incarnation == 1
    faults = [received.message for received in witness.seen if received.stream == "faults"]
    assert any(isinstance(fault, Fault) and "started again" in fault.sentence for fault in faults)


def test_what_cannot_be_had_is_told_as_the_music_begins(monkeypatch: pytest.MonkeyPatch, config: SessionConfig) -> None:
    use_table(monkeypatch, SMALL)
    witness = Witness()
    told = "song.mid is no file. The music goes on without this melody. Give an existing MIDI file."
    assert manage(msgspec.structs.replace(config, remarks=(told,)), witness).run() is Exit.OK
    faults = [received.message for received in witness.seen if received.stream == "faults"]
    assert [fault.sentence for fault in faults if isinstance(fault, Fault) and not fault.fatal] == [told]


def test_a_refusal_before_the_start_gives_its_own_exit_code(
    monkeypatch: pytest.MonkeyPatch, config: SessionConfig
) -> None:
    use_table(monkeypatch, SMALL | {"loop": Process("tests.device.runtime.test_context:refuse")})
    manager = manage(config, Witness())
    assert manager.run() is Exit.MODEL
    assert manager.fault is not None
    assert manager.fault.sentence == "The model is corrupt."


def test_a_restarted_process_learns_when_the_music_began(
    monkeypatch: pytest.MonkeyPatch, config: SessionConfig
) -> None:
    use_table(monkeypatch, SMALL)
    manager = manage(config, Witness())
    manager.run()
    left = msgspec.json.decode((Path(config.run_dir) / "session.json").read_bytes(), type=SessionConfig)
    assert left.started_ns > 0
    assert msgspec.structs.replace(left, started_ns=0) == config


def test_audio_that_is_started_again_learns_what_the_ears_had_and_how_loud_it_was_wished(
    monkeypatch: pytest.MonkeyPatch, config: SessionConfig
) -> None:
    use_table(monkeypatch, SMALL)
    manager = manage(config, Witness())
    manager.run()
    told = Exposure(t_ns=1, session_pa2h=0.25, heard_s=1.0, dose_percent=0.0, headphones="unknown")
    manager._take(Received("exposure", "audio", 0, 0, 1, msgspec.msgpack.encode(told)))
    for volume_db in (6.0, -3.0):
        report = AudioReport(t_ns=1, sink="card", frame=0, peak_dbfs=-20, rms_dbfs=-30, underruns=0, late_bars=0,
                             limiter_db=0, state="playing", volume_db=volume_db)  # fmt: skip
        manager._take(Received("audio_report", "audio", 0, 0, 1, msgspec.msgpack.encode(report)))
        assert manager._config.volume_db <= 0.0, "a wish for more is heard again, and not begun with"
    manager._tell_children()
    left = msgspec.json.decode((Path(config.run_dir) / "session.json").read_bytes(), type=SessionConfig)
    assert left.hearing.session_pa2h == 0.25
    assert left.volume_db == -3.0


class Swept(ThreadLauncher):
    """Somebody removed the run folder after the start, as systemd does at the end of a login."""

    def start(self, name: str, incarnation: int, config: SessionConfig) -> Child:
        if incarnation == 0:
            return super().start(name, incarnation, config)
        return InterpreterLauncher().start(name, incarnation, msgspec.structs.replace(config, run_dir="/nowhere/run"))


def test_a_process_that_cannot_be_started_again_ends_the_session_by_a_fade(
    monkeypatch: pytest.MonkeyPatch, config: SessionConfig
) -> None:
    use_table(monkeypatch, SMALL)
    witness = Witness("bars", lambda: manager._supervisor.watched["composer"].child.kill())  # type: ignore[union-attr]
    manager = Manager(config, SystemClock(), Swept(), witness)
    assert manager.run() is Exit.SYSTEM
    assert manager.fault is not None
    assert "`composer` cannot be started" in manager.fault.sentence
