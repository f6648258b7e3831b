"""The light can be learned by whoever sees no colours, is safe for whoever flashes harm, and startles nobody."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.messages import Light
from device.panel.led import SHINES
from device.panel.light import DARK, FRAME_MS, PATTERNS, Pattern, pattern_of

STEP_MS = 10
EVERY = [pytest.param(pattern, id=name) for name, pattern in PATTERNS.items()]


def shown(pattern: Pattern, seconds: int) -> list[float]:
    """What a driver shows that sets the light when the pattern asks for it, sampled every 10 ms."""
    levels: list[float] = []
    due_ms: int | None = 0
    for at_ms in range(0, seconds * 1000, STEP_MS):
        if due_ms is not None and at_ms >= due_ms:
            level, wait_ms = pattern.level(at_ms), pattern.next_ms(at_ms)
            due_ms = None if wait_ms is None else at_ms + wait_ms
        levels.append(level)
    return levels


def flashes_at(levels: list[float]) -> list[float]:
    """Times at which the light has gone up and down again by a tenth of its range (general flash, WCAG 2.2)."""
    times, low, high, is_up = [], levels[0], levels[0], False
    for step, level in enumerate(levels):
        low, high = min(low, level), max(high, level)
        if not is_up and level > low + 0.1:
            is_up, high = True, level
        elif is_up and level < high - 0.1:
            is_up, low = False, level
            times.append(step * STEP_MS / 1000)
    return times


@pytest.mark.parametrize("pattern", EVERY)
def test_it_never_flashes_three_times_in_a_second(pattern: Pattern) -> None:
    times = flashes_at(shown(pattern, 60))
    assert all(third - first > 1.0 for first, third in zip(times, times[2:], strict=False))


def test_the_count_of_flashes_sees_a_dangerous_light() -> None:
    strobe = Pattern(200, ((0, 0.0), (50, 1.0), (100, 0.0)), "", "")
    assert len(flashes_at(shown(strobe, 2))) >= 9


@pytest.mark.parametrize("pattern", EVERY)
def test_it_grows_and_fades_but_never_jumps(pattern: Pattern) -> None:
    steps = [abs(after - before) for before, after in pairwise(shown(pattern, 20))]
    assert max(steps) <= 0.51, "at the most half of the way in one frame"


def blinks(pattern: Pattern) -> int:
    return len(flashes_at(shown(pattern, pattern.period_ms // 1000)))


def test_patterns_differ_in_shape_however_bright_they_are() -> None:
    assert {name: blinks(PATTERNS[name]) for name in ("ready", "guide", "help")} == {"ready": 1, "guide": 2, "help": 3}
    for (one, first), (other, second) in combinations(PATTERNS.items(), 2):
        shapes = [[level / max(levels) for level in levels] for levels in (shown(first, 20), shown(second, 20))]
        apart = sum(abs(a - b) > 0.3 for a, b in zip(*shapes, strict=True)) * STEP_MS
        assert apart > 1000, f"{one} and {other} look alike"


def test_patterns_differ_too_where_a_light_knows_only_on_and_off() -> None:
    """Told by how often it goes on in a while, and for how much of it: nobody measures milliseconds."""
    told = {}
    for name, pattern in PATTERNS.items():
        is_on = [level >= SHINES for level in shown(pattern, 20)]
        n_blinks = sum(after and not before for before, after in pairwise(is_on))
        told[name] = (n_blinks, round(sum(is_on) / len(is_on), 1))
    assert told["playing"] == (0, 1.0)
    assert told["wait"][1] >= 0.6, "mostly on, and out now and then"
    assert all(told[name][1] <= 0.3 for name in ("ready", "guide", "help")), "mostly dark, with blinks to count"
    assert [told[name][0] for name in ("ready", "guide", "help")] == [5, 10, 12], "one, two, three in each period"


def test_every_light_of_the_box_has_a_pattern_with_words() -> None:
    assert set(PATTERNS) == set(get_args(Light))
    assert all(pattern.looks and pattern.means for pattern in PATTERNS.values())
    assert len({pattern.looks for pattern in PATTERNS.values()}) == len(PATTERNS)


def test_it_is_dark_in_the_night_while_music_plays_and_at_no_other_time() -> None:
    assert pattern_of("playing", dark_music=True) is DARK
    assert not any(shown(DARK, 5))
    assert all(pattern_of(light, dark_music=True) is PATTERNS[light] for light in PATTERNS if light != "playing")


@pytest.mark.parametrize("pattern", EVERY)
@given(at_ms=st.integers(0, 10**12))
def test_at_any_time_it_has_a_level_and_a_next_time(pattern: Pattern, at_ms: int) -> None:
    assert 0 <= pattern.level(at_ms) <= 1
    wait_ms = pattern.next_ms(at_ms)
    assert wait_ms is None or 0 < wait_ms <= pattern.period_ms


@pytest.mark.parametrize("pattern", EVERY)
def test_it_asks_for_no_more_than_its_frames(pattern: Pattern) -> None:
    at_ms, frames = 0, 0
    while at_ms < 60_000 and (wait_ms := pattern.next_ms(at_ms)):
        at_ms, frames = at_ms + wait_ms, frames + 1
    assert frames <= 60_000 / FRAME_MS
