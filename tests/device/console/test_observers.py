import json
import threading
import time

import msgspec

from device import messages as m
from device.console.observers import JsonWatcher, PlainWatcher, Watcher
from device.console.wish_keys import PATIENT, THERAPIST
from device.messages import Command
from device.runtime.board import Board
from device.runtime.bus import Received
from device.streams import topic_of

S = 1_000_000_000


def received(message: m.Message) -> Received:
    return Received(topic_of(message), "x", 0, 0, message.t_ns, msgspec.msgpack.encode(message))


def lost() -> Received:
    return received(m.SensorStatus(t_ns=S, source="cyton", state="lost", sentence="The headset was unplugged."))


def test_the_plain_printer_tells_every_event_and_a_line_every_ten_seconds() -> None:
    lines: list[str] = []
    with PlainWatcher("t", lines.append) as watcher:
        watcher.see(lost())
        for second in range(25):
            watcher.refresh((100 + second) * S)
    assert "unplugged" in lines[0]
    assert len(lines) == 1 + 3
    assert "unknown" in lines[1]
    assert "no bar" in lines[1]


def test_the_json_printer_writes_one_object_a_second_with_the_news() -> None:
    lines: list[str] = []
    with JsonWatcher("t", lines.append) as watcher:
        watcher.see(lost())
        for tenth in range(25):
            watcher.refresh(100 * S + tenth * S // 10)
    states = [json.loads(line) for line in lines]
    assert len(states) == 3
    assert states[0]["sources"] == {"cyton": "lost"}
    assert "unplugged" in states[0]["events"][0]
    assert states[1]["events"] == []


def test_a_reader_that_is_held_does_not_hold_the_session() -> None:
    held = threading.Event()
    began = time.monotonic()
    with JsonWatcher("t", lambda _: held.wait(30)) as watcher:
        for second in range(100):
            watcher.refresh(second * S)
    assert time.monotonic() - began < 10
    held.set()


def test_a_view_that_is_held_shows_the_newest_afterwards_and_not_all() -> None:
    class Slow(Watcher):
        backlog = 1

        def draw(self) -> None:
            self.put(self.board.now_ns)

    shown: list[int] = []
    gate = threading.Event()
    with Slow("t", lambda drawing: (gate.wait(30), shown.append(drawing))) as watcher:
        for second in range(1, 200):
            watcher.refresh(second * 10 * S)
        gate.set()
    assert 1 <= len(shown) <= 3


def test_keys_become_commands(monkeypatch) -> None:
    class Manager:
        def __init__(self) -> None:
            self.done: list[str] = []

        def wish(self, command: Command) -> None:
            self.done.append(f"{command.kind} by {command.author}")

    manager, extra = Manager(), []
    watcher = PlainWatcher("t", print, {"u": ("unplug", lambda: extra.append("unplugged"))})
    watcher.attach(manager)
    monkeypatch.setattr(watcher._keys, "pressed", lambda: "-cuy" + "q")
    watcher.refresh(S)
    assert manager.done == ["softer by patient", "calmer by patient", "stop by patient"]
    assert extra == ["unplugged"]
    assert all(key in watcher.keys_lines() for key in [*PATIENT, *THERAPIST, "u"])


def test_a_wish_that_was_not_obeyed_is_an_event_with_its_reason() -> None:
    board = Board()
    for answer, sentence in (("taken", ""), ("refused", "No phase is held."), ("queued", "It counts later.")):
        told = m.CommandAnswer(t_ns=S, process="loop", id="patient-1", answer=answer, sentence=sentence)
        board.see(received(told))
    assert [text for _, text in board.take_news()] == ["refused: No phase is held.", "queued: It counts later."]
