"""What a hand does at a headset or the box reaches the bus and audio's own door, and the light says how the box is."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from device.audio.stop_door import StopDoor
from device.clock import SystemClock, VirtualClock
from device.config import DeviceConfig, PanelConfig
from device.messages import BoxState, BoxStatus, Fault, Light, Message, Press
from device.panel import fittings, panel
from device.panel.light import PATTERNS
from device.panel.panel import Panel
from device.runtime.bus import Publisher
from device.runtime.door import Door, Reply, stop_path
from device.runtime.resident import device_path, run_resident
from device.runtime.run_folder import claim_run_folder, make_always_dir, name_session
from hardware.bench.input_node import Node


def make_light(folder: Path) -> Path:
    """A light as the kernel has them; returns the file that tells how bright it is."""
    place = folder / "status"
    place.mkdir()
    for name, text in {"max_brightness": "1000", "trigger": "", "brightness": ""}.items():
        (place / name).write_text(text)
    return place / "brightness"


class Bench:
    """A panel with a headset, a light and a clock."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.said = VirtualClock(10**9), list[Message]()
        self.headset = Node(folder)
        make_light(folder)
        config = PanelConfig(input_folder=str(folder), led="status", brightness=1.0)
        self.panel = Panel(config, self.clock, self.said.append)

    def turn(self, seconds: float = 0.0) -> None:
        end_ns = self.clock.now_ns() + round(seconds * 1e9)
        self.panel.turn()
        while self.clock.now_ns() < end_ns:
            self.clock.advance(max(self.panel.wait_ms(), 1) / 1e3)
            self.panel.turn()

    def presses(self) -> list[tuple[str, str]]:
        return [(each.button, each.kind) for each in self.said if isinstance(each, Press)]

    def faults(self) -> list[str]:
        return [each.code for each in self.said if isinstance(each, Fault)]

    def box_says(self, light: Light) -> None:
        states: dict[Light, BoxState] = {"help": "needs_help", "ready": "ready"}
        state = states.get(light, "session")
        self.panel.hear(BoxStatus(t_ns=0, state=state, sentence="", light=light))


@pytest.fixture
def bench(tmp_path: Path, run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))
    monkeypatch.setattr(fittings, "KERNEL_LEDS", tmp_path)
    bench = Bench(tmp_path)
    yield bench
    bench.panel.close()


def test_a_press_is_told_once_it_is_clear_which(bench: Bench) -> None:
    bench.turn()
    bench.headset.down("KEY_PLAYPAUSE")
    bench.turn(0.2)
    bench.headset.up("KEY_PLAYPAUSE")
    bench.turn(0.1)
    assert bench.presses() == []
    bench.turn(1.0)
    assert bench.presses() == [("play", "short")]


def test_a_press_of_a_box_that_is_ready_is_told_at_once(bench: Bench) -> None:
    bench.turn()
    bench.box_says("ready")
    bench.headset.down("KEY_PLAYPAUSE")
    bench.turn(0.05)
    assert bench.presses() == [("play", "short")]
    bench.headset.up("KEY_PLAYPAUSE")
    bench.turn(2.0)
    assert bench.presses() == [("play", "short")]


def test_a_headset_that_is_pulled_with_a_key_down_presses_nothing_more(bench: Bench) -> None:
    bench.turn()
    bench.headset.down("KEY_VOLUMEUP")
    bench.turn(0.1)
    bench.headset.unplug()
    bench.turn(60.0)
    assert bench.presses() == [("louder", "short")]
    assert bench.faults() == []


def test_a_button_that_is_stuck_for_an_hour_is_told_of_once_and_the_light_asks_for_help(bench: Bench) -> None:
    bench.turn()
    bench.headset.down("KEY_VOLUMEUP")
    for _ in range(60):
        bench.box_says("ready")
        bench.turn(1.0)
    assert bench.presses() == [("louder", "short"), ("louder", "stuck")]
    assert bench.faults() == ["button-stuck"]
    assert bench.panel._light() == "help"
    bench.headset.up("KEY_VOLUMEUP")
    bench.turn(0.1)
    assert bench.presses()[-1] == ("louder", "freed")
    assert bench.panel._light() == "ready"


def test_the_light_follows_the_box_and_asks_for_help_when_that_is_silent(bench: Bench) -> None:
    assert bench.panel._light() == "wait"
    bench.box_says("playing")
    bench.turn(1.0)
    assert bench.panel._light() == "playing"
    bench.turn(panel.SILENT_NS / 1e9 + 0.5)
    assert bench.panel._light() == "help", "a box that says nothing is broken"


@pytest.mark.parametrize(("light", "is_lit"), [("playing", True), ("ready", False)])
@pytest.mark.parametrize("key", ["KEY_PLAYPAUSE", "KEY_VOLUMEUP", "KEY_STOPCD"])
def test_the_light_answers_any_press_at_once_also_while_it_may_become_a_double_one(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, light: Light, is_lit: bool, key: str
) -> None:
    levels: list[float] = []
    monkeypatch.setattr(bench.panel._lamp, "_show", levels.append)
    bench.turn()
    bench.box_says(light)
    bench.turn(0.9)  # between two blinks
    assert (levels[-1] > 0) == is_lit
    bench.headset.down(key)
    bench.turn(0.15)
    assert (levels[-1] > 0) != is_lit
    bench.headset.up(key)
    bench.turn(0.75)
    bench.box_says(light)
    levels.clear()
    bench.turn(5.0)
    assert max(levels) == max(level for _, level in PATTERNS[light].points), "then it says again how the box is"


def test_what_is_missing_is_a_sentence_told_once_and_everything_else_works(
    tmp_path: Path, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))
    clock, said = VirtualClock(10**9), list[Message]()
    headset = Node(tmp_path)
    config = PanelConfig(input_folder=str(tmp_path), pins={"play": 5}, led="no such light")
    broken = Panel(config, clock, said.append)
    for _ in range(200):
        broken.turn()
        clock.advance(0.2)
    assert sorted(each.code for each in said if isinstance(each, Fault)) == ["panel-light", "panel-pins"]
    headset.down("KEY_STOPCD")
    broken.turn()
    assert [each.meaning for each in said if isinstance(each, Press)] == ["stop"]
    broken.close()


def test_stop_goes_to_the_door_of_every_living_session_by_itself(bench: Bench) -> None:
    bench.turn()
    with claim_run_folder(name_session()) as one, claim_run_folder(name_session()) as other:
        doors = [Door({"patient": stop_path(folder, "patient")}, SystemClock()) for folder in (one, other)]
        bench.headset.down("KEY_STOPCD")
        bench.turn()
        for door in doors:
            requests = [request for _ in range(2) for request in door.requests()]
            assert [(request.wish.kind, request.wish.author) for request in requests] == [("stop", "patient")]
            requests[0].answer(Reply(answer="taken"))
        bench.turn(15.0)
        for door in doors:
            assert [request for _ in range(2) for request in door.requests()] == []
            door.close()
    assert bench.faults() == []


def test_stop_goes_to_what_the_box_says_too_and_nobody_is_blamed_where_it_had_just_ended(bench: Bench) -> None:
    bench.turn()
    announcer = StopDoor(make_always_dir(), SystemClock(), "announcement")
    bench.headset.down("KEY_STOPCD")
    bench.turn()
    assert [wish.author for _ in range(2) for wish in announcer.stops()] == ["patient"]
    bench.headset.up("KEY_STOPCD")
    bench.turn(1.0)
    bench.headset.down("KEY_STOPCD")
    bench.turn(0.1)
    announcer.close()
    bench.turn(15.0)
    assert bench.faults() == []


def test_a_session_that_has_no_door_yet_is_stopped_as_soon_as_it_has(bench: Bench) -> None:
    bench.turn()
    with claim_run_folder(name_session()) as folder:
        bench.headset.down("KEY_STOPCD")
        bench.turn(1.0)
        door = Door({"patient": stop_path(folder, "patient")}, SystemClock())
        bench.turn(0.3)
        assert [request.wish.kind for _ in range(2) for request in door.requests()] == ["stop"]
        door.close()


def test_a_sound_that_begins_again_before_it_answered_is_stopped_too(bench: Bench) -> None:
    bench.turn()
    with claim_run_folder(name_session()) as folder:
        dying = Door({"patient": stop_path(folder, "patient")}, SystemClock())
        bench.headset.down("KEY_STOPCD")
        bench.turn()
        dying.close()
        bench.turn(0.5)
        door = Door({"patient": stop_path(folder, "patient")}, SystemClock())
        bench.turn(0.5)
        assert [request.wish.kind for _ in range(2) for request in door.requests()] == ["stop"]
        door.close()


def test_a_sound_that_takes_no_stop_is_a_fault(bench: Bench) -> None:
    bench.turn()
    with claim_run_folder(name_session()) as folder:
        deaf = socket.socket(socket.AF_UNIX)
        deaf.bind(str(stop_path(folder, "patient")))
        deaf.listen(1)
        bench.headset.down("KEY_STOPCD")
        bench.turn(11.0)
        deaf.close()
    assert bench.faults() == ["stop-unanswered"]


def test_it_sleeps_while_nothing_happens(bench: Bench) -> None:
    bench.box_says("playing")
    bench.turn()
    assert bench.panel.wait_ms() == panel.WAIT_MS


def test_the_process_shows_what_the_box_says_and_is_dark_when_it_ends(
    tmp_path: Path, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real process, on the real bus."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))
    monkeypatch.setattr(fittings, "KERNEL_LEDS", tmp_path)
    place = make_light(tmp_path)
    folder = make_always_dir()
    config = DeviceConfig(panel=PanelConfig(input_folder=str(tmp_path), led="status", brightness=1.0))
    device_path(folder).write_bytes(msgspec.json.encode(config))
    stop, box = threading.Event(), Publisher(folder, "box", 0, SystemClock())
    process = threading.Thread(target=run_resident, args=("panel", 0, folder, stop))
    process.start()
    deadline = time.monotonic() + 20
    while not place.read_text().endswith("300") and time.monotonic() < deadline:
        box.send(BoxStatus(t_ns=0, state="session", sentence="", light="playing"))
        time.sleep(0.1)
    assert place.read_text().endswith("300"), "it shines softly and steadily"
    stop.set()
    process.join(20)
    assert place.read_text().endswith("3000"), "300, and then 0"
    box.close()
