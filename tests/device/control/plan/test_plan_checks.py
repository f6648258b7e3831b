"""What is wrong with a written plan is found, and what is right is played as it is written."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.config import Limits, Prescription
from device.control.plan.plan_checks import JUMP_MAX, own_minutes, problems, tightened
from device.control.plan.session_plan import SLOPE_PER_S, State, distance, plan_for
from device.plan_layout import PathPoint, PhaseLayout, PlanGoal, PlanLayout
from tests.device.control.plan.test_session_plan import layouts

REST, MATCH, SHIFT, HOLD, END = (
    PhaseLayout(kind="baseline"),
    PhaseLayout(kind="match", share=3.0),
    PhaseLayout(kind="shift", share=11.0),
    PhaseLayout(kind="hold", share=4.0),
    PhaseLayout(kind="cool-down", share=2.0),
)
GOAL = PathPoint(at=1.0, valence=0.4, arousal=-0.6)
USUAL = Prescription()
WHOLE = (REST, MATCH, SHIFT, HOLD, END)


def wrong(layout: PlanLayout, minutes: float = 20.0, prescription: Prescription = USUAL) -> list[str]:
    return [f"{found.key}: {found.sentence}" for found in problems(layout, prescription, minutes, 60.0)]


def of(*phases: PhaseLayout, **more: object) -> PlanLayout:
    return PlanLayout(phase=phases, **more)  # type: ignore[arg-type]


def changed(phase: PhaseLayout, **fields: object) -> PhaseLayout:
    return msgspec.structs.replace(phase, **fields)


def path(*points: tuple[float, float, float]) -> tuple[PathPoint, ...]:
    return tuple(PathPoint(at=at, valence=valence, arousal=arousal) for at, valence, arousal in points)


@pytest.mark.parametrize("order", ["iso", "compensatory"])
@pytest.mark.parametrize("minutes", [0.2, 2.0, 20.0, 240.0])
def test_the_plans_there_are_without_a_file_are_right_at_any_length(order: str, minutes: float) -> None:
    assert not wrong(msgspec.convert({"order": order}, PlanLayout), minutes)


def test_a_whole_plan_is_right_with_silence_and_a_path_too() -> None:
    assert not wrong(of(*WHOLE))
    quiet = changed(HOLD, silent=True)
    way = changed(SHIFT, points=path((0.5, 0.0, 0.0), (1.0, 0.4, -0.6)))
    assert not wrong(of(REST, MATCH, way, quiet, HOLD, END))
    contrast = of(REST, SHIFT, HOLD, END, order="compensatory")
    assert not wrong(contrast)


@pytest.mark.parametrize(
    ("layout", "key", "word"),
    [
        (of(REST, MATCH, SHIFT), "phase[2].kind", "no end"),
        (of(REST, MATCH, SHIFT, END, HOLD), "phase[3].kind", "last phase"),
        (of(MATCH, REST, SHIFT, END), "phase[1].kind", "first phase"),
        (of(MATCH, SHIFT, MATCH, END), "phase[2].kind", "first"),
        (of(REST, MATCH, PhaseLayout(kind="shift"), END), "phase[2].kind", "no length"),
        (of(REST, MATCH, changed(SHIFT, minutes=3.0), END), "phase[2].share", "either"),
        (of(REST, MATCH, SHIFT, END, order="compensatory"), "phase[1].kind", "compensatory"),
        (of(REST, changed(MATCH, share=1e-3), SHIFT, END), "phase[1].kind", "lasts"),
        (of(MATCH, HOLD, END), "phase[1].kind", "jumps"),
        (of(REST, MATCH, changed(SHIFT, course="points"), END), "phase[2].course", "points"),
        (of(changed(REST, points=(GOAL,)), SHIFT, END), "phase[0].points", "nothing leads"),
        (of(MATCH, changed(SHIFT, points=path((0.0, 0.4, -0.6))), END), "phase[1].points", "wherever"),
        (of(MATCH, changed(SHIFT, points=path((0.6, 0, 0), (0.6, 0.4, -0.6))), END), "phase[1].points", "order"),
        (of(MATCH, changed(SHIFT, points=path((0.9, 0, 1), (0.91, 0.4, -0.6))), END), "phase[1].points", "jumps"),
        (of(MATCH, changed(SHIFT, points=path((0.9, 0, 1))), HOLD, END), "phase[2].kind", "at once"),
        (of(SHIFT, HOLD, changed(END, points=path((1.0, 0.4, 0.5)))), "phase[2].points", "contradicts the goal"),
        (of(*WHOLE, limits={"tempo_max_bpm": 130}), "limits.tempo_max_bpm", "120 at most"),
        (of(*WHOLE, limits={"pitch_min": 20}), "limits.pitch_min", "28 at least"),
        (of(*WHOLE, limits={"tempo_slope_percent_s": 3}), "limits.tempo_slope_percent_s", "contradicts"),
        (of(*WHOLE, limits={"tempo": 60}), "limits.tempo", "no such limit"),
        (of(*WHOLE, limits={"pitch_max": 60.5}), "limits.pitch_max", "int"),
        (of(*WHOLE, limits={"tempo_max_bpm": float("nan")}), "limits.tempo_max_bpm", "Expected"),
        (of(*WHOLE, goal=PlanGoal(arousal=-0.2)), "goal.arousal", "at most -0.6"),
        (of(*WHOLE, goal=PlanGoal(valence=0.1)), "goal.valence", "at least 0.4"),
        (of(*WHOLE, goal=PlanGoal(arousal_side="at least")), "goal.arousal_side", "at most"),
        (of(*WHOLE, goal=PlanGoal(zone=0.5)), "goal.zone", "wider"),
    ],
)
def test_what_is_wrong_is_named_with_its_key(layout: PlanLayout, key: str, word: str) -> None:
    found = wrong(layout)
    assert any(one.startswith(f"{key}: ") and word in one for one in found), found


def test_phases_with_minutes_say_how_long_the_session_is_and_another_length_is_refused() -> None:
    layout = of(REST, PhaseLayout(kind="shift", minutes=8.0), PhaseLayout(kind="cool-down", minutes=1.0))
    assert own_minutes(layout, 60.0) == pytest.approx(10.0)
    assert own_minutes(layout, 600.0) == pytest.approx(12.0)
    assert own_minutes(of(*WHOLE), 60.0) is None
    assert not wrong(layout, 10.0)
    assert "10.0 minutes, and the session 20.0" in wrong(layout, 20.0)[0]
    assert "have nothing" in wrong(of(changed(SHIFT, share=None, minutes=30.0), END))[0]
    endless = of(*[PhaseLayout(kind="hold", minutes=200.0)] * 2, END)
    assert [found.action for found in problems(endless, USUAL, 20.0, 60.0)] == ["A session has 240 at most."]


def test_a_plan_tightens_what_is_prescribed() -> None:
    layout = of(*WHOLE, goal=PlanGoal(arousal=-0.8, zone=0.1), limits={"tempo_max_bpm": 90, "pitch_min": 40})
    assert not wrong(layout)
    played = tightened(Prescription(), layout)
    assert played.limits == Limits(tempo_max_bpm=90.0, pitch_min=40)
    assert (played.goal_valence, played.goal_arousal, played.goal_zone) == (0.4, -0.8, 0.1)
    assert (played.goal_valence_side, played.goal_arousal_side) == ("at least", "at most")
    assert tightened(played, layout) == played
    assert not wrong(layout, prescription=played)
    assert msgspec.json.decode(msgspec.json.encode(played), type=Prescription) == played


def test_a_goal_near_a_value_may_move_within_its_zone() -> None:
    near = Prescription(goal_arousal_side="near")
    assert not wrong(of(*WHOLE, goal=PlanGoal(arousal=-0.5)), prescription=near)
    assert wrong(of(*WHOLE, goal=PlanGoal(arousal=-0.3)), prescription=near)


@given(layout=layouts, minutes=st.floats(0.2, 60), start=st.builds(State, st.floats(-1, 1), st.floats(-1, 1)))
def test_a_plan_that_is_right_jumps_nowhere_but_to_meet_the_listener(
    layout: PlanLayout, minutes: float, start: State
) -> None:
    if wrong(layout, minutes):
        return
    plan = plan_for(tightened(Prescription(), layout), minutes, 60.0)
    written = [phase for phase in plan.stretches if phase.layout.points and phase.layout.course in ("ramp", "straight")]
    for stretch in written:
        at_s, last = stretch.begins_s, plan.at(stretch.begins_s, start).setpoint
        while (at_s := at_s + 1.0) < stretch.ends_s:
            now = plan.at(at_s, start).setpoint
            first = stretch.layout.points[0].at * stretch.length_s + stretch.begins_s
            assert at_s <= first + 1.0 or distance(last, now) <= max(SLOPE_PER_S, JUMP_MAX) + 1e-6
            last = now
