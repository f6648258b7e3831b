"""A pattern is shown from its start whenever the light says something else, and goes on when it says the same."""

from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from device.clock import VirtualClock
from device.messages import Light
from device.panel.lamp import Lamp
from tests.device.panel.test_light import STEP_MS, flashes_at


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


LIGHTS: tuple[Light, ...] = get_args(Light)


@given(st.sampled_from(LIGHTS), st.sampled_from(LIGHTS), st.lists(st.integers(0, 800), max_size=40), st.integers(0, 40))
def test_whoever_presses_however_often_makes_no_light_that_harms(
    first: Light, second: Light, presses: list[int], n_before: int
) -> None:
    """The light says something else after some of the presses, which are steps of 10 ms from each other."""
    clock, levels = VirtualClock(10**9), [0.0]
    lamp = Lamp(levels.append, clock, dark_music=False)
    shown: list[float] = []

    def wait(steps: int) -> None:
        for _ in range(steps):
            lamp.turn()
            shown.append(levels[-1])
            clock.advance(STEP_MS / 1000)

    lamp.say(first)
    for index, steps in enumerate(presses):
        wait(steps)
        lamp.answer()
        if index == n_before:
            lamp.say(second)
    wait(500)
    times = flashes_at(shown)
    assert all(third - one > 0.99 for one, third in zip(times, times[2:], strict=False))
