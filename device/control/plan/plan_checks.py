"""Says what is wrong with a plan that somebody wrote: no end, phases without length, jumps, a contradiction.

A plan may tighten what is prescribed and never loosen it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

import msgspec

from device.config import Limits, Prescription
from device.control.plan.session_plan import (
    RESTING,
    SLOPE_PER_S,
    Sides,
    State,
    Stretch,
    distance,
    gap,
    goal_sides,
    is_open,
    stretches_of,
)
from device.plan_layout import MINUTES_MAX, PhaseLayout, PlanLayout

JUMP_MAX = 0.25
"""A target may change at once by so much: about two of the steps in which it goes by itself."""
PHASE_MIN_S = 1.0
EASE = 1.0 + 1e-9
"""A slope that is met to rounding is met."""
FIT = 0.01
"""Phases with minutes fill the session to this share."""


class Problem(NamedTuple):
    """What is wrong, at which key of the plan (`phase[2].points`), and what to do."""

    key: str
    sentence: str
    action: str


def problems(layout: PlanLayout, prescription: Prescription, minutes: float, baseline_s: float) -> Iterator[Problem]:
    """All that is wrong with a plan of `minutes` under a prescription, the gravest first."""
    found = [*_phases(layout), *_lengths(layout, minutes, baseline_s), *_limits(layout, prescription.limits)]
    found += _goal(layout, prescription)
    yield from found
    if layout.phase and not found:
        yield from _paths(layout, tightened(prescription, layout), minutes, baseline_s)


def own_minutes(layout: PlanLayout, baseline_s: float) -> float | None:
    """How long a plan is whose phases all have minutes; None: as long as it is given."""
    rest = [phase for phase in layout.phases if is_open(phase)]
    minutes = [phase.minutes for phase in layout.phases if not is_open(phase)]
    if not all(minutes):
        return None
    left = sum(filter(None, minutes))
    # A rest that the estimate decides takes a quarter at most.
    return left + min(baseline_s / 60.0, left / 3.0) * len(rest)


def tightened(prescription: Prescription, layout: PlanLayout) -> Prescription:
    """The prescription as this plan is played under it: with its goal, its limits and itself.

    Raises:
        msgspec.ValidationError: a limit is unknown or no number that it can be; `problems` says so before.
    """
    goal, sides = layout.goal, goal_sides(prescription)
    given = msgspec.structs.asdict(prescription.limits) | layout.limits
    return msgspec.structs.replace(
        prescription,
        goal_valence=prescription.goal_valence if goal.valence is None else goal.valence,
        goal_arousal=prescription.goal_arousal if goal.arousal is None else goal.arousal,
        goal_valence_side=goal.valence_side or sides.valence,
        goal_arousal_side=goal.arousal_side or sides.arousal,
        goal_zone=goal.zone or prescription.goal_zone,
        limits=msgspec.convert(given, Limits, strict=False),
        plan=layout,
    )


def allows(goal: State, sides: Sides, zone: float, state: State) -> bool:
    """Whether a goal counts as reached at a point."""
    away = (gap(goal.valence, state.valence, sides.valence), gap(goal.arousal, state.arousal, sides.arousal))
    return all(abs(float(value)) <= zone * EASE for value in away)


def place(state: State) -> str:
    """`(+0.40, -0.60)`: valence and arousal."""
    return f"({float(state.valence):+.2f}, {float(state.arousal):+.2f})"


# -- phases and their lengths


def title(index: int, phase: PhaseLayout) -> str:
    """`phase 3 (shift)`, with the therapist's own name if there is one."""
    return f"phase {index + 1} ({phase.name or phase.kind})"


def _phases(layout: PlanLayout) -> Iterator[Problem]:
    phases = layout.phases
    for index, phase in enumerate(phases):
        if phase.kind == "baseline" and index:
            yield Problem(f"phase[{index}].kind", "a baseline can only be the first phase", "Put it first.")
        if phase.kind == "baseline" and phase.points:
            sentence = "in a baseline nothing leads, so that rest can be measured"
            yield Problem(f"phase[{index}].points", sentence, "Remove its points.")
        if phase.kind == "cool-down" and index < len(phases) - 1:
            yield Problem(f"phase[{index}].kind", "a cool-down can only be the last phase", "Put it last.")
        if phase.kind == "match" and [before.kind for before in phases[:index]] not in ([], ["baseline"]):
            yield Problem(
                f"phase[{index}].kind", "a match can only come first, or after the baseline", "Move it there."
            )
        if phase.course == "points" and not phase.points:
            yield Problem(f"phase[{index}].course", "a course of points has none", "Give points, or another course.")
        if phase.kind == "match" and layout.order == "compensatory" and not phase.points:
            sentence = "a match meets the listener's state, which the compensatory order does not"
            yield Problem(f"phase[{index}].kind", sentence, 'Remove it, or set order = "iso".')
    if phases[-1].kind != "cool-down":
        sentence = f"the plan has no end: its last phase is of kind {phases[-1].kind}"
        yield Problem(f"phase[{len(phases) - 1}].kind", sentence, "Let a phase of kind cool-down come last.")


def _lengths(layout: PlanLayout, minutes: float, baseline_s: float) -> Iterator[Problem]:
    odd = False
    for index, phase in enumerate(layout.phases):
        if phase.minutes is not None and phase.share is not None:
            odd = True
            yield Problem(f"phase[{index}].share", "a phase has either minutes or a share", "Remove one of them.")
        if phase.minutes is None and phase.share is None and not is_open(phase):
            odd = True
            yield Problem(f"phase[{index}].kind", f"{title(index, phase)} has no length", "Give minutes or a share.")
    if not odd and layout.phase:
        yield from _fit(layout, minutes, baseline_s)


def _fit(layout: PlanLayout, minutes: float, baseline_s: float) -> Iterator[Problem]:
    """Whether the phases fill the session, and each of them lasts."""
    own, fixed = own_minutes(layout, baseline_s), sum(phase.minutes or 0.0 for phase in layout.phases)
    if fixed > MINUTES_MAX:
        yield Problem("phase", f"its phases last {fixed:g} minutes", f"A session has {MINUTES_MAX:g} at most.")
    elif own is not None and abs(own - minutes) > FIT * minutes:
        sentence = f"its phases last {own:.1f} minutes, and the session {minutes:.1f}"
        yield Problem("phase", sentence, "Give both the same length, or give phases a share in place of minutes.")
    elif own is None and fixed >= minutes:
        sentence = f"phases with minutes last {fixed:.1f}, so that those with a share have nothing of {minutes:.1f}"
        yield Problem("phase", sentence, "Make them shorter, or the session longer.")
    else:
        for index, stretch in enumerate(stretches_of(layout.phases, minutes * 60.0, baseline_s)):
            if stretch.length_s < PHASE_MIN_S and not is_open(stretch.layout):
                sentence = f"{title(index, stretch.layout)} lasts {stretch.length_s:.2g} s"
                yield Problem(f"phase[{index}].kind", sentence, f"Give it {PHASE_MIN_S:g} s at least.")


# -- what is prescribed


def _limits(layout: PlanLayout, prescribed: Limits) -> Iterator[Problem]:
    usual: Mapping[str, float] = msgspec.structs.asdict(prescribed)
    for name, value in layout.limits.items():
        if name not in usual:
            yield Problem(f"limits.{name}", "there is no such limit", "Remove it or mend its name.")
            continue
        try:
            msgspec.convert({name: value}, Limits, strict=False)
        except msgspec.ValidationError as error:
            yield Problem(f"limits.{name}", str(error).partition(" - at ")[0], "Mend the value.")
            continue
        is_least = "_min" in name
        if value < usual[name] if is_least else value > usual[name]:
            allowed = f"{usual[name]:g} at {'least' if is_least else 'most'}"
            sentence = f"{value:g} contradicts the prescription, which allows {allowed}"
            yield Problem(f"limits.{name}", sentence, "A plan may tighten a limit, never loosen it.")


def _goal(layout: PlanLayout, prescription: Prescription) -> Iterator[Problem]:
    goal, sides = layout.goal, goal_sides(prescription)
    axes = (
        ("valence", goal.valence, goal.valence_side, prescription.goal_valence, sides.valence),
        ("arousal", goal.arousal, goal.arousal_side, prescription.goal_arousal, sides.arousal),
    )
    for axis, value, side, prescribed, prescribed_side in axes:
        room = prescription.goal_zone if prescribed_side == "near" else 0.0
        if value is not None and abs(float(gap(prescribed, value, prescribed_side))) > room * EASE:
            sentence = f"{value:g} contradicts the prescription's goal, which is {prescribed_side} {prescribed:g}"
            yield Problem(f"goal.{axis}", sentence, "Choose one that the prescription allows.")
        if side not in (None, "near", prescribed_side):
            sentence = f"`{side}` contradicts the prescription's goal, which is {prescribed_side} {prescribed:g}"
            yield Problem(f"goal.{axis}_side", sentence, f'Give "near" or "{prescribed_side}".')
    if goal.zone is not None and goal.zone > prescription.goal_zone * EASE:
        sentence = f"{goal.zone:g} is wider than the prescription's zone of {prescription.goal_zone:g}"
        yield Problem("goal.zone", sentence, "A plan may tighten the zone, never widen it.")


# -- the path


def _paths(layout: PlanLayout, prescription: Prescription, minutes: float, baseline_s: float) -> Iterator[Problem]:
    """Points out of order, jumps, and an end that is not the goal. A way from a listener's state never jumps."""
    goal = State(prescription.goal_valence, prescription.goal_arousal)
    here: State | None = None if layout.order == "iso" else RESTING
    for index, stretch in enumerate(stretches_of(layout.phases, minutes * 60.0, baseline_s)):
        phase, key = stretch.layout, f"phase[{index}].points"
        if any(two.at <= one.at for one, two in pairwise(phase.points)):
            yield Problem(key, "its points are not in the order of their times", "Sort them.")
            return
        for jump in _jumps(stretch, here, goal, phase.course or layout.order):
            key = key if phase.points else f"phase[{index}].kind"
            yield Problem(
                key, f"the target jumps in {title(index, phase)}: {jump}", "Give it more time, or points between."
            )
        here = _exit(phase, here, goal)
    if here is not None and not allows(goal, goal_sides(prescription), prescription.goal_zone, here):
        sentence = f"the plan ends at {place(here)}, which contradicts the goal {place(goal)}"
        yield Problem(key, sentence, "Lead it to the goal in the end.")


def _exit(phase: PhaseLayout, here: State | None, goal: State) -> State | None:
    """Where a phase ends; None: with the listener, wherever that is."""
    if phase.points:
        return State(phase.points[-1].valence, phase.points[-1].arousal)
    return here if phase.kind == "baseline" else None if phase.kind == "match" else goal


def _jumps(stretch: Stretch, here: State | None, goal: State, course: str) -> Iterator[str]:
    """The jumps of one phase, in words; `here` is where it begins."""
    phase, at = stretch.layout, 0.0
    if phase.kind == "baseline" or (phase.kind == "match" and not phase.points):
        return
    ways = [(point.at, State(point.valence, point.arousal)) for point in phase.points]
    for due, state in ways or [(1.0 if phase.kind == "shift" else 0.0, goal)]:
        seconds = 0.0 if course == "points" else (due - at) * stretch.length_s
        length = math.inf if here is None else float(distance(here, state))
        if here is None and seconds == 0.0:
            yield f"from wherever the listener is to {place(state)} at once"
        elif here is not None and length > max(JUMP_MAX, SLOPE_PER_S * seconds * EASE):
            when = f"in {seconds:.0f} s, where it goes {SLOPE_PER_S:g} a second at most" if seconds else "at once"
            yield f"from {place(here)} to {place(state)} {when}"
        here, at = state, due
