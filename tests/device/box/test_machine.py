"""The box's table: whatever happens in whichever order, stop is near, silence has a sentence, and music comes back."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.box.machine import EVENTS, FACES, FAULTS_IN_A_ROW, STATES, TABLE, Action, Event, EventKind, Machine
from device.messages import WISHES, BoxState
from device.voice.prompts import PROMPTS

TOLD = (
    "up", "play", "refused", "wish", "stop", "sounding", "fitted", "ended", "stopped", "broke", "declined", "news",
    "unheard", "heard",
    "failing", "mended", "remind", "update", "updated",
)  # fmt: skip
WHAT = {"wish": "softer", "refused": "quiet-hours", "declined": "hearing-rests", "news": "session-ends-soon"}
"""What a daemon feeds: `pause`, `resume` and `broke_again` the machine finds itself."""


def event_of(kind: EventKind) -> Event:
    return Event(
        kind, WHAT.get(kind, ""), "A reason." if kind in ("failing", "broke") else "", "21" if kind == "failing" else ""
    )


def machine_in(state: BoxState) -> Machine:
    machine = Machine()
    machine.state = state
    return machine


def told(machine: Machine, *kinds: EventKind) -> list[Action]:
    return [action for kind in kinds for action in machine.hear(event_of(kind))]


def said(actions: list[Action]) -> list[str]:
    return [action.what for action in actions if action.kind == "say"]


sequences = st.lists(st.sampled_from(TOLD), max_size=60)


@given(sequences)
def test_after_anything_a_stop_ends_the_sound_and_silence_is_explained(kinds: list[EventKind]) -> None:
    follow(kinds)


def test_ten_thousand_random_sequences_too() -> None:
    for seed in range(10_000):
        dice = random.Random(seed)
        follow(dice.choices(TOLD, k=dice.randint(1, 60)))


def follow(kinds: Sequence[EventKind]) -> None:
    machine = Machine()
    for kind in kinds:
        sounded = FACES[machine.state].sounds
        actions = told(machine, kind)
        assert machine.sentence, "a state without a reason"
        if sounded and not FACES[machine.state].sounds:
            assert said(actions) or Action("stop") in actions, f"{kind} made it silent without a word"
    sounded = FACES[machine.state].sounds
    stopped = told(machine, "stop")
    assert Action("hush") in stopped
    assert sounded == (Action("stop") in stopped and machine.state == "closing") or machine.state == "closing"
    assert not FACES[machine.state].sounds


@given(sequences)
def test_after_anything_music_can_be_had_again(kinds: list[EventKind]) -> None:
    """No dead end: what goes on by itself (starting, ending, renewing) comes to its end, and a press plays."""
    machine = Machine()
    told(machine, *kinds)
    told(machine, "stop", "stopped", "up", "updated")
    actions = told(machine, "play")
    assert machine.state == "fitting"
    assert Action("start") in actions


@pytest.mark.parametrize("state", STATES)
def test_stop_is_in_every_state(state: BoxState) -> None:
    assert (state, "stop") in TABLE


@pytest.mark.parametrize("state", STATES)
def test_every_state_can_be_reached_and_left(state: BoxState) -> None:
    assert state == "starting" or any(row.to == state for (here, _), row in TABLE.items() if here != state)
    assert any(row.to != state for (here, _), row in TABLE.items() if here == state)


def test_every_prompt_and_wish_of_the_table_exists() -> None:
    actions = [action for row in TABLE.values() for action in row.actions if action.what]
    assert {action.what for action in actions if action.kind == "say"} <= set(PROMPTS)
    assert {action.what for action in actions if action.kind == "wish"} <= set(WISHES)
    assert {event for _, event in TABLE} <= set(EVENTS)


def test_only_what_plays_sounds() -> None:
    """A start is asked for by a press alone: nothing plays by itself."""
    starts = {event for (_, event), row in TABLE.items() if any(action.kind == "start" for action in row.actions)}
    assert starts == {"play"}
    assert {here for (here, _), row in TABLE.items() if FACES[row.to].sounds and not FACES[here].sounds} == {
        "ready",
        "needs_help",
    }


def test_a_session_comes_and_goes() -> None:
    machine = Machine()
    assert told(machine, "up", "play") == [Action("hush"), Action("start"), Action("say", "welcome")]
    assert told(machine, "sounding") == [Action("hold")]
    assert told(machine, "fitted") == [Action("go_on"), Action("say", "session-begins")]
    assert said(told(machine, "ended")) == ["session-ended"]
    assert (machine.state, machine.light) == ("ready", "ready")


def test_a_press_while_music_plays_pauses_it_and_the_next_lets_it_go_on() -> None:
    machine = machine_in("session")
    assert told(machine, "play")[0] == Action("wish", "rest")
    assert machine.is_paused
    assert "press" in machine.sentence
    assert told(machine, "play")[0] == Action("wish", "play_on")
    assert (machine.state, machine.is_paused) == ("session", False)


def test_a_session_that_nobody_hears_waits_and_goes_on_when_it_is_heard_again() -> None:
    machine = machine_in("session")
    assert told(machine, "unheard") == [Action("hold")]
    assert (machine.state, machine.light) == ("session", "guide")
    assert "waits" in machine.sentence
    assert told(machine, "heard") == [Action("go_on"), Action("say", "sound-back")]
    assert (machine.light, machine.sentence) == ("playing", FACES["session"].sentence)


def test_who_pulls_the_headphones_while_they_are_guided_misses_nothing_of_the_plan() -> None:
    machine = machine_in("fitting")
    assert told(machine, "sounding", "unheard") == [Action("hold"), Action("hold")]
    assert Action("go_on") not in told(machine, "fitted")
    assert (machine.state, machine.light) == ("session", "guide")
    assert Action("go_on") in told(machine, "heard")
    machine = machine_in("fitting")
    assert told(machine, "unheard", "heard") == [Action("hold"), Action("say", "sound-back")], (
        "it waits for the fitting"
    )


def test_the_next_session_knows_nothing_of_headphones_that_were_out_before() -> None:
    machine = machine_in("session")
    told(machine, "unheard", "stop", "stopped")
    assert machine.light == "ready"
    told(machine, "play")
    assert Action("go_on") in told(machine, "sounding", "fitted")


def test_the_end_ends_a_pause_too() -> None:
    machine = machine_in("session")
    told(machine, "play", "stop", "stopped")
    assert (machine.state, machine.is_paused) == ("ready", False)


def test_a_press_while_the_last_session_ends_begins_the_next_when_it_has() -> None:
    machine = machine_in("session")
    told(machine, "stop")
    assert told(machine, "play") == []
    assert Action("start") in told(machine, "stopped")
    assert machine.state == "fitting"


def test_a_stop_takes_back_a_press_that_waits() -> None:
    machine = machine_in("session")
    told(machine, "stop", "play", "stop")
    assert Action("start") not in told(machine, "stopped")
    assert machine.state == "ready"


def test_the_third_fault_in_a_row_asks_for_help_with_a_code_and_a_press_tries_again() -> None:
    machine = Machine()
    told(machine, "up")
    for _ in range(FAULTS_IN_A_ROW):
        assert Action("start") in told(machine, "play")
        (last,) = machine.hear(Event("broke", sentence="The card is gone.", code="5"))
    assert last == Action("say", "needs-help-code", "5")
    assert (machine.state, machine.code, machine.sentence) == ("needs_help", "5", "The card is gone.")
    assert Action("start") in told(machine, "play")
    assert machine.code == ""


def test_a_session_that_did_not_break_ends_the_row_of_faults() -> None:
    machine = Machine()
    told(machine, "up", "play", "broke", "play", "broke", "play", "ended", "play", "broke")
    assert machine.state == "ready"


UNASKED = Event("failing", "intake-missing", "Nobody was asked.", "12")


@pytest.mark.parametrize("state", ["starting", "ready", "fitting", "closing"])
def test_what_is_missing_is_told_with_its_code_and_with_why_where_a_prompt_says_it(state: BoxState) -> None:
    machine = machine_in(state)
    assert machine.hear(UNASKED) == (Action("say", "intake-missing"), Action("say", "needs-help-code", "12"))
    assert (machine.state, machine.light, machine.code) == ("needs_help", "help", "12")
    assert machine.sentence == "Nobody was asked."
    assert said(told(machine, "mended")) == ["ready"]
    assert machine.light == "ready"


def test_without_a_code_help_is_called_for_in_other_words() -> None:
    assert machine_in("ready").hear(Event("failing", sentence="It is odd.")) == (Action("say", "needs-help"),)


def test_nobody_is_told_of_music_before_it_sounds() -> None:
    machine = machine_in("ready")
    machine.hear(Event("play", sentence="The music begins in a moment."))
    assert "plays" not in machine.sentence
    told(machine, "sounding")
    assert "plays" in machine.sentence
