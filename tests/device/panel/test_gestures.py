"""What a hand does, bounce and all, is what the box hears: no press without an edge, and no stop that is lost."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.messages import Button, Press
from device.panel.gestures import (
    BOUNCE_NS,
    CLICK_NS,
    DOUBLE_NS,
    KEYS_MAX,
    LONG_NS,
    MEANINGS,
    STUCK_NS,
    Edge,
    Gestures,
)

BUTTONS: tuple[Button, ...] = get_args(Button)
MS = 1_000_000
HOUR_NS = 3600 * 10**9


def play(*edges: tuple[str, int], button: Button = "play", until_ms: int = 60_000) -> list[tuple[str, Button | None]]:
    """Kinds and meanings that come of edges at times in ms."""
    gestures = Gestures()
    presses = [p for level, at_ms in edges for p in gestures.take(Edge("box", button, level, at_ms * MS))]  # type: ignore[arg-type]
    return [(p.kind, p.meaning) for p in presses + gestures.wait(until_ms * MS)]


def test_a_press_waits_to_see_whether_it_becomes_a_double_one() -> None:
    gestures = Gestures()
    assert gestures.take(Edge("box", "play", "down", 0)) == []
    assert gestures.take(Edge("box", "play", "up", 200 * MS)) == []
    assert gestures.due_ns() == 200 * MS + DOUBLE_NS
    assert gestures.wait(599 * MS) == []
    assert gestures.wait(600 * MS) == [Press(t_ns=600 * MS, button="play", meaning="play", source="box")]
    assert gestures.due_ns() is None


def test_where_nothing_plays_a_press_counts_at_once_and_what_follows_never_begins_anything_else() -> None:
    def eager(*edges: tuple[str, int]) -> list[tuple[str, Button | None, int]]:
        gestures = Gestures()
        presses = []
        for level, at_ms in edges:
            gestures.is_eager = at_ms == 0  # the box plays from then on
            presses += gestures.take(Edge("box", "play", level, at_ms * MS))  # type: ignore[arg-type]
        return [(p.kind, p.meaning, p.t_ns // MS) for p in presses + gestures.wait(60_000 * MS)]

    assert eager(("down", 0), ("up", 150)) == [("short", "play", 0)]
    assert eager(("down", 0), ("up", 150), ("down", 300), ("up", 450)) == [
        ("short", "play", 0),
        ("double", "more", 300),
    ]
    assert eager(("down", 0), ("up", 3000)) == [("short", "play", 0), ("long", "stop", 1500)], (
        "stop is stop in any state"
    )
    again = eager(("down", 0), ("up", 150), ("down", 2000), ("up", 2100))
    assert again == [("short", "play", 0), ("short", "play", 2500)]


def test_double_and_long_presses_of_play_mean_something_else() -> None:
    assert play(("down", 0), ("up", 150), ("down", 300), ("up", 450)) == [("double", "more")]
    assert play(("down", 0), ("up", 3000)) == [("long", "stop")]
    assert play(("down", 0), ("up", 150), ("down", 700), ("up", 800)) == [("short", "play"), ("short", "play")]


def test_a_second_press_that_is_held_is_a_double_one_and_nothing_more() -> None:
    assert play(("down", 0), ("up", 150), ("down", 300), ("up", 5000)) == [("double", "more")]


@pytest.mark.parametrize("button", [button for button in BUTTONS if button != "play"])
def test_other_buttons_count_as_soon_as_the_contact_closes(button: Button) -> None:
    (press,) = Gestures().take(Edge("box", button, "down", 7))
    assert (press.t_ns, press.button, press.kind, press.meaning) == (7, button, "short", button)


def test_softer_that_is_held_says_too_much() -> None:
    assert play(("down", 0), ("up", 2000), button="softer") == [("short", "softer"), ("long", "too_much")]
    assert play(("down", 0), ("up", 2000), button="louder") == [("short", "louder")], "louder never runs away"


def test_bounce_is_one_press_and_a_quick_release_is_not_lost() -> None:
    bouncing = [("down", 0), ("up", 1), ("down", 2), ("up", 4), ("down", 5)]
    assert play(*bouncing, ("up", 200), ("down", 203), ("up", 206), button="louder") == [("short", "louder")]
    assert play(("down", 0), ("up", 5), ("down", 100), ("up", 105), button="louder") == [("short", "louder")] * 2
    assert play(*bouncing, ("up", 25)) == [("short", "play")]


def test_a_stuck_button_is_told_of_once_and_again_when_it_is_free() -> None:
    gestures = Gestures()
    first = gestures.take(Edge("box", "louder", "down", 0))
    hour = [press for second in range(3600) for press in gestures.wait(second * 10**9)]
    assert [press.kind for press in first + hour] == ["short", "stuck"]
    assert hour[0].t_ns == STUCK_NS
    assert [key.button for key in gestures.stuck] == ["louder"]
    assert gestures.due_ns() is None, "nothing is done while it is stuck"
    assert [(p.kind, p.meaning) for p in gestures.take(Edge("box", "louder", "up", HOUR_NS))] == [("freed", None)]
    assert [p.kind for p in gestures.take(Edge("box", "louder", "down", HOUR_NS + 10**9))] == ["short"]


def test_a_stuck_button_takes_nothing_from_the_same_button_elsewhere() -> None:
    gestures = Gestures()
    gestures.take(Edge("box", "stop", "down", 0))
    gestures.wait(HOUR_NS)
    (press,) = gestures.take(Edge("headset", "stop", "down", HOUR_NS))
    assert (press.meaning, press.source) == ("stop", "headset")


def test_a_stop_that_was_stuck_stops_again_the_moment_it_is_free() -> None:
    gestures = Gestures()
    gestures.take(Edge("box", "stop", "down", 0))
    freed = gestures.take(Edge("box", "stop", "up", HOUR_NS))
    assert [p.kind for p in freed] == ["stuck", "freed"]
    assert [p.meaning for p in gestures.take(Edge("box", "stop", "down", HOUR_NS + MS))] == ["stop"]


def test_a_source_that_vanishes_lets_go_of_its_keys() -> None:
    gestures = Gestures()
    gestures.take(Edge("headset", "louder", "down", 0))
    gestures.take(Edge("headset", "play", "down", 0))
    gestures.take(Edge("headset", "play", "up", 100 * MS))
    assert [p.meaning for p in gestures.forget("headset", 200 * MS)] == ["play"], "it was pressed"
    assert gestures.wait(HOUR_NS) == [], "a key of a headset that is gone is not stuck"


def test_a_knob_makes_a_press_of_each_step_but_not_of_a_whirl() -> None:
    gestures = Gestures()
    steps = [gestures.take(Edge("knob", "louder", "click", 10**9 + i * CLICK_NS // 5)) for i in range(50)]
    assert sum(map(len, steps)) == 10


EDGES = st.lists(
    st.tuples(
        st.sampled_from(["box", "headset", "knob"]),
        st.sampled_from(BUTTONS),
        st.sampled_from(["down", "up", "click"]),
        st.one_of(st.integers(0, 60 * MS), st.integers(0, 30 * 10**9)),
        st.booleans(),
    ),
    max_size=60,
)


@given(EDGES)
def test_any_edges_give_no_press_without_one_and_lose_no_stop(
    moves: list[tuple[str, Button, str, int, bool]],
) -> None:
    gestures, now_ns, edges, presses = Gestures(), 0, [], []
    for source, button, level, gap_ns, asks in moves:
        now_ns += gap_ns
        if asks:
            presses += gestures.wait(now_ns)
        edges.append(Edge(source, button, level, now_ns))  # type: ignore[arg-type]
        presses += gestures.take(edges[-1])
    end_ns = now_ns + 2 * STUCK_NS
    presses += gestures.wait(end_ns)
    assert gestures.due_ns() is None
    for press in presses:
        assert any(e.t_ns <= press.t_ns and (e.source, e.button) == (press.source, press.button) for e in edges)
        assert press.meaning == MEANINGS[press.button].get(press.kind)
    for source in ("box", "headset", "knob"):
        for button in BUTTONS:
            asked = [p for p in presses if (p.source, p.button) == (source, button) and p.meaning]
            begun = [e for e in edges if (e.source, e.button) == (source, button) and e.level != "up"]
            assert len(asked) <= (2 if "long" in MEANINGS[button] else 1) * len(begun)
    for edge in edges:
        if edge.button == "stop" and edge.level == "down":
            assert any(
                p.source == edge.source and p.meaning == "stop" and edge.t_ns - BOUNCE_NS < p.t_ns <= edge.t_ns
                for p in presses
            ), "stop acts on the first edge down"


@given(st.lists(st.tuples(st.text(max_size=3), st.sampled_from(BUTTONS)), max_size=200))
def test_state_is_bounded_and_a_stop_acts_whatever_else_is_held(places: list[tuple[str, Button]]) -> None:
    gestures = Gestures()
    for number, (source, button) in enumerate(places):
        gestures.take(Edge(source, button, "down", number))
    assert len(gestures._keys) <= KEYS_MAX
    assert [p.meaning for p in gestures.take(Edge("new", "stop", "down", 10**9))][-1:] == ["stop"]


def test_every_button_has_a_short_press_of_its_own_name() -> None:
    assert set(MEANINGS) == set(BUTTONS)
    assert all(meanings["short"] == button for button, meanings in MEANINGS.items())
    assert LONG_NS < STUCK_NS
