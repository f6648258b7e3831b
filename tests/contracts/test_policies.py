"""Every policy of the table keeps these manners; a new one is tested by being in it."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.config import ControlConfig, DeviceConfig
from device.control import POLICIES
from device.control.controller import Controller
from device.control.policies import MAX_AGE_NS, Policy, Proposal, Situation, load_policy
from device.control.session_plan import Moment, State
from device.files.models import MODELS_DIR
from device.messages import AffectEstimate, Decision, Moves, Phase
from device.stage import keyed_random
from tests.device.control.listener import LEAD_NS, SECOND_NS, command, config_of, estimate, transport

NOW_NS = 1000 * SECOND_NS
MODELS: dict[str, str] = {}
"""The model folder of each policy that has one."""
every_policy = pytest.mark.parametrize("name", POLICIES)
units = st.floats(-1, 1)
situations = st.builds(
    lambda arousal, sd, goal, since_s, phase, is_known: Situation(
        NOW_NS,
        since_s,
        Moment(phase, 0.5, 10.0, 20.0, State(0.2, goal)),
        estimate(NOW_NS, arousal, sd) if is_known else None,
        None if is_known else "estimate unknown",
        Moves(),
    ),
    arousal=units,
    sd=st.floats(0.05, 1),
    goal=units,
    since_s=st.floats(0, 30),
    phase=st.sampled_from(Phase.__args__),
    is_known=st.booleans(),
)
courses = st.lists(situations, min_size=1, max_size=12)


def control_of(name: str) -> ControlConfig:
    return ControlConfig(policy=name, model=MODELS.get(name, ""))


def fresh(name: str) -> Policy:
    return load_policy(control_of(name), MODELS_DIR)


def answers(policy: Policy, course: list[Situation], seed: int = 1) -> list[Proposal]:
    return [policy.decide(item, keyed_random(seed, "decisions", index)) for index, item in enumerate(course)]


def controller_of(name: str) -> Controller:
    config = config_of(5)
    device = msgspec.structs.replace(config.device, control=control_of(name))
    assert isinstance(device, DeviceConfig)
    return Controller(msgspec.structs.replace(config, device=device, models_dir=str(MODELS_DIR)))


@every_policy
@given(course=courses)
def test_its_answer_is_made_of_numbers_and_says_how_probable_it_was(name: str, course: list[Situation]) -> None:
    for proposal in answers(fresh(name), course):
        assert all(map(math.isfinite, msgspec.structs.astuple(proposal.moves)))
        assert 0 < proposal.propensity < math.inf
    assert fresh(name).version


@every_policy
@given(course=courses)
def test_the_same_inputs_and_the_same_seed_give_the_same_decisions(name: str, course: list[Situation]) -> None:
    assert answers(fresh(name), course) == answers(fresh(name), course)


@every_policy
@given(first=courses, second=courses)
def test_nothing_of_one_session_is_left_in_the_next(name: str, first: list[Situation], second: list[Situation]) -> None:
    expected = answers(fresh(name), second)
    answers(fresh(name), first)
    assert answers(fresh(name), second) == expected


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
        decision, _ = controller.step(transport(bar_index, starts_ns), starts_ns - LEAD_NS)
        assert isinstance(decision, Decision)
        assert decision.reason.startswith(decision.context.phase)
        assert decision.decided_by in ("plan", "policy")
        assert (decision.policy, decision.context.refusal) == (name, "")
    told, _ = controller.step(command("calmer"), starts_ns)
    assert isinstance(told, Decision)
    assert (told.decided_by, told.bar_index, told.revision) == ("patient", 69, 1)
    assert told.reason.startswith("patient asked calmer; ")
    assert told.context.target_arousal < decision.context.target_arousal
