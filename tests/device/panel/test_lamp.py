"""A pattern is shown from its start whenever the light says something else, and goes on when it says the same."""

from __future__ import annotations

from device.clock import VirtualClock
from device.panel.lamp import Lamp


def blink_count(lamp: Lamp, clock: VirtualClock, levels: list[float], seconds: float) -> int:
    levels.clear()
    end_ns = clock.now_ns() + round(seconds * 1e9)
    while clock.now_ns() < end_ns:
        lamp.turn()
        clock.advance(max(1, min(lamp.due_ns, end_ns) - clock.now_ns()) / 1e9)
    return sum(before < 1 <= level for before, level in zip([0.0, *levels], levels, strict=False))


def test_the_light_counts_as_the_table_says() -> None:
    clock, levels = VirtualClock(10**9), []
    lamp = Lamp(levels.append, clock, dark_music=False)
    for light, count in (("ready", 1), ("guide", 2), ("help", 3)):
        lamp.say(light)
        assert blink_count(lamp, clock, levels, 3.9) == count
    lamp.say("help")
    assert blink_count(lamp, clock, levels, 1.0) == 0, "said again, it does not begin anew"


def test_a_steady_light_is_set_again_now_and_then() -> None:
    clock, levels = VirtualClock(10**9), []
    lamp = Lamp(levels.append, clock, dark_music=True)
    lamp.say("playing")
    blink_count(lamp, clock, levels, 60.0)
    assert levels.count(0.0) == len(levels)
    assert 2 <= len(levels) <= 30
