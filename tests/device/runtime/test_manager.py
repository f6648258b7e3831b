from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import zmq

from device.clock import SystemClock
from device.config import SessionConfig
from device.errors import Exit
from device.messages import Calmer, Fault, MusicIntent, Start
from device.processes import Process
from device.runtime.bus import Received
from device.runtime.children import ThreadLauncher
from device.runtime.manager import Manager
from tests.device.table import SMALL, use_table


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


def test_a_command_through_the_door_reaches_the_stages(monkeypatch: pytest.MonkeyPatch, config: SessionConfig) -> None:
    use_table(monkeypatch, SMALL)

    def calm() -> None:
        with zmq.Context.instance().socket(zmq.PUSH) as door:
            door.connect(f"ipc://{config.run_dir}/control.ipc")
            door.send(b"not a command")
            door.send(msgspec.msgpack.encode(Start(t_ns=0, author="patient")))
            door.send(msgspec.msgpack.encode(Calmer(t_ns=0, author="patient")))

    witness = Witness("intents", calm)
    assert manage(config, witness).run() is Exit.OK
    intents = [received.message for received in witness.seen if received.stream == "intents"]
    assert any(isinstance(intent, MusicIntent) and intent.tempo_bpm == 59 for intent in intents)


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
    witness = Witness("bars", lambda: manager._watched["composer"].child.kill())  # type: ignore[union-attr]
    manager = manage(config, witness)
    assert manager.run() is Exit.OK
    assert manager._watched["composer"].incarnation == 1
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
    use_table(monkeypatch, SMALL | {"loop": Process("tests.device.test_host:refuse")})
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
