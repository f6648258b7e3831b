from __future__ import annotations

import pytest

from device.acquisition.source import Backoff, InterruptionError, StatusReporter, own_keys
from device.clock import VirtualClock
from device.config import Config, EntryError, SourceConfig
from device.messages import Message, SensorStatus


def test_a_state_is_told_once() -> None:
    told: list[Message] = []
    status = StatusReporter("cyton", VirtualClock(7), told.append)
    status.tell("streaming", "It streams.")
    status.tell("streaming", "It streams.")
    status.tell("lost", "It was unplugged.")
    assert told == [
        SensorStatus(t_ns=7, source="cyton", state="streaming", sentence="It streams."),
        SensorStatus(t_ns=7, source="cyton", state="lost", sentence="It was unplugged."),
    ]
    assert status.state == "lost"


def test_a_new_battery_level_is_told() -> None:
    told: list[Message] = []
    status = StatusReporter("band", VirtualClock(), told.append)
    status.tell("streaming", "It streams.", 90)
    status.tell("streaming", "It streams.", 89)
    assert len(told) == 2


def test_pauses_grow_to_a_limit_and_begin_anew() -> None:
    backoff = Backoff(first_s=1.0, longest_s=5.0)
    assert [backoff.next_s() for _ in range(5)] == [1.0, 2.0, 4.0, 5.0, 5.0]
    backoff.reset()
    assert backoff.next_s() == 1.0


def test_an_interruption_carries_state_and_words() -> None:
    error = InterruptionError("silent", "It is silent.", "Wake it.")
    assert (error.state, str(error)) == ("silent", "It is silent. Wake it.")


class Amplifier(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    port: str
    gain: int = 24


def test_a_sensor_gets_its_own_keys_and_options() -> None:
    config = SourceConfig(type="amplifier", port="/dev/x", options={"gain": 12})
    assert own_keys("head", config, Amplifier) == Amplifier(port="/dev/x", gain=12)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (SourceConfig(type="amplifier"), "`sources.head.port` is missing"),
        (SourceConfig(type="amplifier", port="x", address="aa"), "`sources.head.address` is no key"),
        (SourceConfig(type="amplifier", port="x", options={"gian": 2}), "`sources.head.options.gian` is no key"),
        (SourceConfig(type="amplifier", port="x", options={"gain": "2"}), "`sources.head.options.gain` cannot be used"),
    ],
)
def test_a_key_that_a_sensor_cannot_take_is_named(config: SourceConfig, words: str) -> None:
    with pytest.raises(EntryError) as caught:
        own_keys("head", config, Amplifier)
    assert caught.value.sentence.startswith(words)
    assert caught.value.action
    assert caught.value.at(None) is caught.value
