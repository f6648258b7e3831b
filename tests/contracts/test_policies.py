"""Every policy of the table keeps these manners; a new one is tested by being in it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.config import ControlConfig, DeviceConfig
from device.control import POLICIES
from device.control.controller import Controller
from device.control.decisions import keyed_generator
from device.control.plan.session_plan import Moment, Sides, State
from device.control.policies.loading import load_policy
from device.control.policies.view import MAX_AGE_NS, Feeling, Policy, Proposal, View
from device.control.real import Real
from device.files.models import MODELS_DIR
from device.messages import AffectEstimate, Decision, Moves, Phase
from tests.device.control.listener import LEAD_NS, SECOND_NS, command, config_of, estimate, transport

NOW_NS = 1000 * SECOND_NS
every_policy = pytest.mark.parametrize("name", POLICIES)
units = st.floats(-1, 1)
sides = st.sampled_from(["near", "at most", "at least"])
told = st.just(math.nan) | units
feelings = st.builds(Feeling, st.just(True), units, st.floats(0.05, 1), units, st.floats(0.05, 1)) | st.just(Feeling())
moments = st.builds(
    lambda phase, progress, setpoint, goal, sides: Moment(phase, progress, 10.0, 20.0, setpoint, sides, goal),
    st.sampled_from(Phase.__args__),
    st.floats(0, 1),
    st.builds(State, units, units),
    st.builds(State, told, told),
    st.builds(Sides, sides, sides),
)
views = st.builds(
    View,
    since_s=st.floats(0, 30),
    moment=moments,
    feeling=feelings,
    moves=st.builds(Moves, arousal=st.floats(-0.5, 0.5)),
    music=st.builds(State, units, units),
    rests=st.booleans(),
    told_arousal=told,
    wished=st.sampled_from([-1.0, 0.0, 1.0]),
)
courses = st.lists(views, min_size=1, max_size=12)


class Even(np.random.Generator):
    """Chance that gives every listener of a cohort what it gives one."""

    def __init__(self) -> None:
        super().__init__(np.random.PCG64(0))

    def random(self, size: Any = None, *_: Any) -> Any:
        return self._same(super().random(), size)

    def standard_normal(self, size: Any = None, *_: Any) -> Any:
        return self._same(super().standard_normal(), size)

    @staticmethod
    def _same(value: float, size: Any) -> Any:
        return value if size is None else np.full(size, value)


def control_of(name: str) -> ControlConfig:
    return ControlConfig(policy=name)


def fresh(name: str, remembered: Mapping[str, Real] = {}) -> Policy:
    return load_policy(control_of(name), MODELS_DIR, remembered)


def answers(policy: Policy, course: Sequence[View], seed: int = 1) -> list[Proposal]:
    return [policy.decide(view, keyed_generator(seed, index)) for index, view in enumerate(course)]


def numbers(proposal: Proposal) -> tuple[Real, ...]:
    return (*msgspec.structs.astuple(proposal.moves), *proposal.detour, proposal.silent, proposal.propensity)


def controller_of(name: str) -> Controller:
    config = config_of(5)
    device = msgspec.structs.replace(config.device, control=control_of(name))
    assert isinstance(device, DeviceConfig)
    return Controller(msgspec.structs.replace(config, device=device, models_dir=str(MODELS_DIR)))


@every_policy
@given(course=courses)
def test_its_answer_is_made_of_numbers_and_says_how_probable_it_was(name: str, course: list[View]) -> None:
    for proposal in answers(fresh(name), course):
        assert all(map(math.isfinite, numbers(proposal)))
        assert 0 < proposal.propensity < math.inf
    assert fresh(name).version


@every_policy
@given(course=courses)
def test_the_same_inputs_and_the_same_seed_give_the_same_decisions(name: str, course: list[View]) -> None:
    assert answers(fresh(name), course) == answers(fresh(name), course)


@every_policy
@given(first=courses, second=courses)
def test_nothing_of_one_session_is_left_in_the_next_but_what_it_says_it_remembers(
    name: str, first: list[View], second: list[View]
) -> None:
    expected = answers(fresh(name), second)
    answers(fresh(name), first)
    assert answers(fresh(name), second) == expected


@every_policy
@given(course=courses, later=courses)
def test_what_it_remembers_survives_being_kept(name: str, course: list[View], later: list[View]) -> None:
    policy = fresh(name)
    answers(policy, course)
    kept = {key: float(value) for key, value in policy.memory().items()}
    assert all(map(math.isfinite, kept.values()))
    assert fresh(name, kept).memory() == kept
    assert answers(fresh(name, kept), later) == answers(fresh(name, kept), later)


@every_policy
@given(course=courses, values=st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=30))
def test_a_memory_that_is_damaged_does_it_no_harm(name: str, course: list[View], values: list[float]) -> None:
    keys = [*fresh(name).memory(), "another"]
    damaged = {key: values[index % len(values)] for index, key in enumerate(keys)}
    for remembered in (damaged, dict(list(damaged.items())[:1])):
        for proposal in answers(fresh(name, remembered), course):
            assert all(map(math.isfinite, numbers(proposal)))


@every_policy
@settings(max_examples=50)
@given(views_of=st.lists(st.lists(views, min_size=3, max_size=3), min_size=1, max_size=5))
def test_a_cohort_is_answered_as_each_of_its_listeners(name: str, views_of: list[list[View]]) -> None:
    alone = [fresh(name) for _ in range(3)]
    together = fresh(name)
    # A net answers in single precision.
    rtol, atol = (1e-4, 1e-5) if together.takes_model else (1e-9, 1e-12)
    for step, group in enumerate(views_of):
        shared = [at_once_with(view, group[0]) for view in group]
        answer = numbers(together.decide(stacked(shared), Even()))
        for place, (policy, view) in enumerate(zip(alone, shared, strict=True)):
            one = numbers(policy.decide(view, Even()))
            of_one = [np.broadcast_to(value, 3)[place] for value in answer]
            np.testing.assert_allclose(of_one, one, rtol=rtol, atol=atol, err_msg=f"step {step}, listener {place}")
    for key, value in together.memory().items():
        each = [policy.memory()[key] for policy in alone]
        np.testing.assert_allclose(np.broadcast_to(value, 3), each, rtol=1e-9, atol=1e-12)


def at_once_with(view: View, first: View) -> View:
    """A view at the same time of the same plan as the first one's."""
    moment = first.moment._replace(setpoint=view.moment.setpoint)
    return view._replace(since_s=first.since_s, moment=moment)


def stacked(group: list[View]) -> View:
    """The views of three listeners as one."""
    points = [view.moment.setpoint for view in group]
    moves = [msgspec.structs.astuple(view.moves) for view in group]
    return View(
        since_s=group[0].since_s,
        moment=group[0].moment._replace(setpoint=State(*map(np.array, zip(*points, strict=True)))),
        feeling=Feeling(*map(np.array, zip(*(view.feeling for view in group), strict=True))),
        moves=Moves(*map(np.array, zip(*moves, strict=True))),
        music=State(*map(np.array, zip(*(view.music for view in group), strict=True))),
        told_arousal=np.array([view.told_arousal for view in group]),
        wished=np.array([view.wished for view in group]),
        rests=np.array([view.rests for view in group]),
    )


@every_policy
@pytest.mark.parametrize(
    ("affect", "refusal"),
    [
        (None, "no estimate yet"),
        (estimate(0, 0.9), "estimate too old"),
        (estimate(NOW_NS, known=False), "estimate unknown"),
        (estimate(NOW_NS, math.nan), "estimate not plausible"),
        (estimate(NOW_NS, 7.0), "estimate not plausible"),
        (estimate(NOW_NS, 0.5, sd=0.0), "estimate not plausible"),
    ],
)
def test_what_cannot_be_judged_is_refused_by_name_and_never_reaches_it(
    name: str, affect: AffectEstimate | None, refusal: str
) -> None:
    controller, blind = controller_of(name), controller_of(name)
    if affect is not None:
        age_ns = MAX_AGE_NS + 1 if refusal == "estimate too old" else 0
        controller.step(msgspec.structs.replace(affect, t_ns=NOW_NS - age_ns), NOW_NS)
    decision, without = (decided(item) for item in (controller, blind))
    assert decision.context.refusal == refusal
    assert decision.context.estimate is None
    assert (decision.proposal, decision.taken) == (without.proposal, without.taken)


def decided(controller: Controller) -> Decision:
    decision, _ = controller.step(transport(0, NOW_NS + LEAD_NS), NOW_NS)
    assert isinstance(decision, Decision)
    return decision


@every_policy
def test_each_decision_says_who_decided_and_why_and_on_what_ground(name: str) -> None:
    controller = controller_of(name)
    for bar_index in range(70):
        starts_ns = NOW_NS + 4 * bar_index * SECOND_NS
        controller.step(estimate(starts_ns - LEAD_NS, 0.4), 0)
        *_, decision, _ = controller.step(transport(bar_index, starts_ns), starts_ns - LEAD_NS)
        assert isinstance(decision, Decision)
        assert decision.reason.startswith(decision.context.phase)
        assert decision.decided_by in ("plan", "policy")
        assert (decision.policy, decision.context.refusal) == (name, "")
    told, _ = controller.step(command("calmer"), starts_ns)
    assert isinstance(told, Decision)
    assert (told.decided_by, told.bar_index, told.revision) == ("patient", 69, 1)
    assert told.reason.startswith("patient asked calmer; ")
    assert told.context.target_arousal < decision.context.target_arousal
