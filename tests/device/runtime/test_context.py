import threading
from pathlib import Path

import msgspec
import pytest

from device.clock import SystemClock
from device.config import SessionConfig
from device.errors import Exit, ModelError
from device.messages import Bar, Fault, Health, Message, MusicIntent, Start, Tick, Trace, Transport
from device.processes import Process
from device.runtime.bus import Publisher, Received, Subscriber
from device.runtime.context import REJOIN_NS, ProcessContext, run_process
from device.runtime.life import fault_path
from device.runtime.stage_runner import StageRunner, reads_of
from tests.device.table import SMALL, Compose, Decide, use_table


def transport(bar_index: int) -> Transport:
    return Transport(t_ns=0, bar_index=bar_index, start_frame=0, starts_ns=0, deadline_ns=0)


def test_a_message_runs_through_all_hosted_stages_in_order(config: SessionConfig) -> None:
    runner = StageRunner([Decide(config), Compose(config)])
    produced = runner.step(transport(4), now_ns=99)
    assert [type(message) for message in produced] == [MusicIntent, Bar]
    assert {message.t_ns for message in produced} == {99}


def test_a_tick_reaches_only_the_stage_it_is_for(config: SessionConfig) -> None:
    first, second = Decide(config), Decide(config)
    runner = StageRunner([first, second])
    assert runner.tick(1, Tick(t_ns=5)) == []
    assert (first.ticks, second.ticks) == (0, 1)


def test_a_process_subscribes_only_to_what_its_stages_do_not_write(config: SessionConfig) -> None:
    stages = [Decide(config), Compose(config)]
    assert reads_of(Process("x", reads=("faults",)), stages) == ("commands", "faults", "transport")


@pytest.fixture
def manager(run_dir: Path) -> Publisher:
    return Publisher(run_dir, "manager", 0, SystemClock())


def heartbeat(process: str) -> Health:
    return Health(t_ns=0, process=process, pid=1, incarnation=0, ready=False, rss_mb=0, cpu_s=0)


def await_message(subscriber: Subscriber, kind: type[Message]) -> Received:
    for _ in range(100):
        for received in subscriber.receive(50):
            if isinstance(received.message, kind):
                return received
    raise AssertionError(f"no {kind.__name__} came")


def test_a_process_is_ready_once_it_hears_all_it_reads(
    monkeypatch: pytest.MonkeyPatch, config: SessionConfig, run_dir: Path, manager: Publisher
) -> None:
    use_table(monkeypatch, SMALL)
    audio = Publisher(run_dir, "audio", 0, SystemClock())
    context = ProcessContext("loop", 0, config, SystemClock())
    context.loaded()
    assert not context.ready
    for _ in range(200):
        manager.send(heartbeat("manager"))
        audio.send(heartbeat("audio"))
        context.receive(10)
        if context.ready:
            break
    assert context.ready
    assert context.beat()
    for item in (context, manager, audio):
        item.close()


def test_a_process_that_was_started_again_is_not_ready_before_it_takes_what_is_said(
    monkeypatch: pytest.MonkeyPatch, config: SessionConfig, manager: Publisher
) -> None:
    use_table(monkeypatch, SMALL)
    context = ProcessContext("composer", 1, config, SystemClock())
    context.loaded()
    context._awaited.clear()
    assert not context.ready
    context._began_ns -= 2 * REJOIN_NS
    assert context.ready
    for item in (context, manager):
        item.close()


def test_what_a_stage_consumed_is_traced_before_what_it_produced(
    monkeypatch: pytest.MonkeyPatch, config: SessionConfig, run_dir: Path, manager: Publisher
) -> None:
    use_table(monkeypatch, SMALL)
    listener = Subscriber(run_dir, ["loop"], ["trace", "intents", "health"])
    context = ProcessContext("loop", 2, config, SystemClock())
    while not listener.receive(10):
        context.beat()
        context._beat_ns = 0
    given = Received("transport", "audio", 1, 17, 0, msgspec.msgpack.encode(transport(3)))
    context.step(Tick(t_ns=55, frame=8))
    (intent,) = context.step(given)
    assert isinstance(intent, MusicIntent)
    trace = await_message(listener, Trace)
    message = trace.message
    assert isinstance(message, Trace)
    assert (message.process, message.incarnation) == ("loop", 2)
    assert [(entry.topic, entry.incarnation, entry.seq) for entry in message.entries] == [
        ("tick/0", 0, 8),
        ("transport", 1, 17),
    ]
    assert message.entries[1].now_ns == intent.t_ns
    for item in (context, manager, listener):
        item.close()


def test_a_process_stops_when_asked_and_when_the_manager_falls_silent(
    monkeypatch: pytest.MonkeyPatch, config: SessionConfig, manager: Publisher
) -> None:
    use_table(monkeypatch, SMALL)
    stop = threading.Event()
    context = ProcessContext("composer", 0, config, SystemClock(), stop)
    assert context.beat()
    stop.set()
    assert not context.beat()
    assert context.stop_reason == "asked"
    stop.clear()
    context.stop_reason = ""
    context._manager_ns = 1
    assert not context.beat()
    assert context.stop_reason == "manager gone"
    context.close()
    manager.close()


def test_a_start_is_noticed_from_the_command_and_after_a_restart_from_the_heartbeat(
    monkeypatch: pytest.MonkeyPatch, config: SessionConfig, manager: Publisher
) -> None:
    use_table(monkeypatch, SMALL)
    for message in (
        Start(t_ns=0, author="manager"),
        msgspec.structs.replace(heartbeat("manager"), ready=True),
    ):
        context = ProcessContext("composer", 0, config, SystemClock())
        for _ in range(200):
            manager.send(message)
            context.receive(10)
            if context.started:
                break
        assert context.started
        context.close()
    manager.close()


def refuse(context: ProcessContext) -> None:
    raise ModelError("The model is corrupt.", "Reinstall it.")


def test_a_refusal_is_left_as_a_fault_with_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, config: SessionConfig, run_dir: Path
) -> None:
    use_table(monkeypatch, {"audio": Process("tests.device.runtime.test_context:refuse")})
    assert run_process("audio", 0, config, threading.Event()) == Exit.MODEL
    fault = msgspec.json.decode(fault_path(run_dir, "audio").read_bytes(), type=Fault)
    assert fault.fatal
    assert fault.sentence == "The model is corrupt."
    assert fault.action == "Reinstall it."


class Unbuildable:
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    tick_hz = 0.0

    def __init__(self, config: SessionConfig) -> None:
        raise ModelError("No model.", "Get one.")


def test_a_stage_that_cannot_be_built_is_a_refusal_too(
    monkeypatch: pytest.MonkeyPatch, config: SessionConfig, run_dir: Path
) -> None:
    row = Process("device.runtime.context:run_stages", stages=("tests.device.runtime.test_context:Unbuildable",))
    use_table(monkeypatch, {"loop": row})
    assert run_process("loop", 0, config, threading.Event()) == Exit.MODEL
    assert fault_path(run_dir, "loop").exists()
