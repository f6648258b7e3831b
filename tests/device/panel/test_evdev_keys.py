"""Media keys and knobs through real pipes: they come, go, repeat themselves, lose events and speak nonsense."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.clock import VirtualClock
from device.config import PanelConfig
from device.errors import ConfigError
from device.panel.evdev_keys import EVENT, KEY_CODES, USUAL, EvdevKeys, buttons_of
from device.panel.gestures import Edge
from device.panel.source import Gone, Unused
from hardware.bench.input_node import Node


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(10**9)


def open_keys(folder: Path, clock: VirtualClock, **config: object) -> EvdevKeys:
    keys = EvdevKeys(PanelConfig(input_folder=str(folder), **config), clock)  # type: ignore[arg-type]
    keys.read()
    return keys


def told(keys: EvdevKeys) -> list[tuple[str, str]]:
    return [(each.button, each.level) for each in keys.read() if isinstance(each, Edge)]


def test_media_keys_and_a_dial_are_edges(tmp_path: Path, clock: VirtualClock) -> None:
    node = Node(tmp_path)
    keys = open_keys(tmp_path, clock)
    for key in ("KEY_PLAYPAUSE", "KEY_STOPCD", "KEY_MUTE", "KEY_VOLUMEUP", "KEY_VOLUMEDOWN"):
        node.down(key)
        node.repeat(key)
        node.up(key)
    node.dial(3)
    node.dial(-1)
    buttons = ["play", "stop", "stop", "louder", "softer"]
    presses = [(button, level) for button in buttons for level in ("down", "up")]
    assert told(keys) == [*presses, ("louder", "click"), ("softer", "click")]
    assert told(keys) == []
    keys.close()
    node.unplug()


def test_a_headset_that_is_plugged_in_later_is_heard_and_one_that_goes_is_told_of(
    tmp_path: Path, clock: VirtualClock
) -> None:
    keys = open_keys(tmp_path / "none yet", clock)
    (tmp_path / "none yet").mkdir()
    for _ in range(3):  # a device that comes again has the same name
        node = Node(tmp_path / "none yet", "event7")
        clock.advance(1.1)
        keys.read()
        node.down("KEY_PLAYPAUSE")
        assert told(keys) == [("play", "down")]
        node.unplug()
        assert [each for _ in range(2) for each in keys.read()] == [Gone("event7 [event7]")]
        assert keys.devices == []
    keys.close()


def test_several_are_heard_at_once_and_apart(tmp_path: Path, clock: VirtualClock) -> None:
    nodes = [Node(tmp_path, f"event{number}") for number in range(3)]
    keys = open_keys(tmp_path, clock)
    for node in nodes:
        node.down("KEY_PLAYPAUSE")
    assert len({each.source for each in keys.read()}) == 3
    keys.close()


def test_only_devices_that_device_toml_names_are_heard(tmp_path: Path, clock: VirtualClock) -> None:
    nodes = [Node(tmp_path, name) for name in ("event1", "event2")]
    keys = open_keys(tmp_path, clock, input_devices=("event2",))
    for node in nodes:
        node.down("KEY_PLAYPAUSE")
    assert [each.source for each in keys.read()] == ["event2 [event2]"]
    keys.close()


def test_what_was_down_when_events_were_lost_is_up(tmp_path: Path, clock: VirtualClock) -> None:
    node = Node(tmp_path)
    keys = open_keys(tmp_path, clock)
    node.down("KEY_VOLUMEUP")
    node.lose_events()
    assert told(keys) == [("louder", "down"), ("louder", "up")]
    keys.close()


def test_device_toml_gives_keys_another_meaning(tmp_path: Path, clock: VirtualClock) -> None:
    node = Node(tmp_path)
    keys = open_keys(tmp_path, clock, keys={"KEY_NEXTSONG": "more", "KEY_MUTE": "softer"})
    node.down("KEY_NEXTSONG")
    node.down("KEY_MUTE")
    assert told(keys) == [("more", "down"), ("softer", "down")]
    keys.close()


def test_a_key_without_meaning_is_named_as_device_toml_would(tmp_path: Path, clock: VirtualClock) -> None:
    node = Node(tmp_path)
    keys = open_keys(tmp_path, clock)
    node.down("KEY_NEXTSONG")
    node.up("KEY_NEXTSONG")
    assert keys.read() == [Unused("event0 [event0]", "KEY_NEXTSONG")]
    keys.close()


def test_a_key_that_is_none_is_refused_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match=r"panel\.keys\.KEY_PLAYPAUS`.*KEY_PLAYPAUSE"):
        buttons_of({"KEY_PLAYPAUS": "play"})
    assert buttons_of({}).keys() == {KEY_CODES[name] for name in USUAL}


@given(st.lists(st.one_of(
    st.binary(max_size=80),
    st.builds(
        EVENT.pack, st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1),
        st.integers(0, 4), st.sampled_from([*KEY_CODES.values(), 7, 3]), st.integers(-3, 3),
    ),
), max_size=8))  # fmt: skip
def test_any_bytes_are_edges_keys_without_meaning_or_nothing(writes: list[bytes]) -> None:
    clock = VirtualClock(10**9)
    with tempfile.TemporaryDirectory() as folder:
        node = Node(Path(folder))
        keys = open_keys(Path(folder), clock)
        for data in writes:
            node.write(data)
            for each in keys.read():
                assert isinstance(each, Unused) or each.button in buttons_of({}).values()
        node.unplug()
        keys.read()
        keys.close()
