"""A roll-out goes from one box to all, a few at a time, and nobody is offered anything any more when it has halted."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from device.fleet.board import Line
from device.fleet.report import FleetReport
from device.fleet.rollout import (
    FAILED,
    LOST_NS,
    SETTLED,
    Become,
    Rollout,
    Told,
    Watch,
    advance,
    is_waiting_for_nobody,
    order,
    tally,
)
from tests.cases import cases

FATES = ("good", "good", "good", "failed", "refused", "lost", "off")
TWENTY = tuple(f"box-{number:02d}" for number in range(20))


def rollout(boxes: tuple[str, ...] = TWENTY, **changes: object) -> Rollout:
    begun = Rollout(id="ward-1", group="ward", release="1.1.0", sha256="0" * 64, boxes=boxes)
    return msgspec.structs.replace(begun, **changes)


def all_told(become: Become, boxes: tuple[str, ...] = TWENTY) -> dict[str, Told]:
    return {box: Told(become, online=True) for box in boxes}


def test_the_first_is_alone_then_a_tenth_then_a_few_at_a_time() -> None:
    told = all_told("")
    state = advance(rollout(), told)
    assert state.offered == TWENTY[:1]
    assert advance(state, told).offered == TWENTY[:1]
    told[TWENTY[0]] = Told("good", online=True)
    state = advance(state, told)
    assert (state.stage, state.offered) == ("10 %", TWENTY[:3])
    told |= all_told("good", TWENTY[:3])
    state = advance(state, told)
    assert (state.stage, state.offered) == ("all", TWENTY[:8])


def test_a_first_box_that_fails_halts_it_at_once() -> None:
    told = all_told("")
    state = advance(rollout(), told)
    told[TWENTY[0]] = Told("refused", online=True)
    state = advance(state, told)
    assert (state.state, state.offered) == ("halted", TWENTY[:1])
    assert TWENTY[0] in state.why


@settings(max_examples=cases(60), deadline=None)
@given(
    ends=st.lists(st.sampled_from(FATES), min_size=1, max_size=60),
    failures_max=st.integers(0, 5),
    at_once=st.integers(1, 7),
    turns=st.randoms(use_true_random=False),
)  # fmt: skip
def test_whatever_boxes_do_few_are_at_it_and_no_more_fail_than_are_borne(
    ends: list[Become], failures_max: int, at_once: int, turns: object
) -> None:
    boxes = tuple(f"box-{number:02d}" for number in range(len(ends)))
    fate = dict(zip(boxes, ends, strict=True))
    told = {box: Told("", online=fate[box] != "off") for box in boxes}
    state = rollout(boxes, failures_max=failures_max, at_once=at_once)
    for _ in range(400):
        before = state
        state = advance(state, told)
        assert before.offered == state.offered[: len(before.offered)], "nobody who was offered it is forgotten"
        at_it = [box for box in state.offered if told[box].online and told[box].become not in SETTLED]
        assert len(at_it) <= at_once
        if state.state != "runs" or (state == before and not at_it):
            break
        if not at_it:
            continue
        box = turns.choice(at_it)  # type: ignore[attr-defined]
        told[box] = Told(fate[box], online=True)
    n_failed = sum(told[box].become in FAILED for box in boxes)
    if state.state == "halted":
        n_borne = 0 if state.stage == "canary" else failures_max
        assert n_failed == n_borne + 1
    elif state.state == "done":
        assert all(told[box].become in SETTLED for box in boxes)
    else:
        assert is_waiting_for_nobody(state, told)


def line(name: str, **changes: object) -> Line:
    online = bool(changes.pop("online", True))
    return Line(msgspec.structs.replace(FleetReport(name=name, state="ready"), **changes), online)


def test_the_first_is_the_one_that_was_named_or_one_that_is_well() -> None:
    lines = [line("a", online=False), line("b", state="needs_help"), line("c"), line("d")]
    assert order(lines) == ("c", "d", "b", "a")
    assert order(lines, "d") == ("d", "c", "b", "a")


def test_a_box_that_began_and_tells_nothing_more_is_lost() -> None:
    watch, state = Watch(), rollout(("a", "b"), offered=("a",))
    trying = [line("a", rollout="ward-1", update="trial"), line("b", rollout="ward-1", update="trial")]
    assert watch.told(state, trying, 0) == {"a": Told("trial", online=True), "b": Told("", online=True)}
    gone = [line("a", rollout="ward-1", update="trial", online=False)]
    assert watch.told(state, gone, LOST_NS + 1)["a"] == Told("lost", online=False)
    assert tally(watch.told(state, gone, LOST_NS + 2)) == {"lost": 1, "off": 1}


def test_what_a_box_told_of_another_rollout_is_nothing() -> None:
    lines = [line("a", rollout="older", update="failed")]
    assert Watch().told(rollout(("a",), offered=("a",)), lines, 0)["a"].become == ""
