"""What the memory of a person is worth, on virtual people: the same ones come several times."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from device.config import ControlConfig
from device.control.policies.adaptive import Adaptive
from device.control.policies.loading import load_policy
from device.control.policies.person import Person
from device.control.policies.pi import Pi
from device.control.policies.plan import Plan
from device.control.policies.view import Policy
from device.control.real import Real
from device.files.models import MODELS_DIR
from hardware.simulation.closed_loop import Terms
from hardware.simulation.trials import Course, Kind, Shard, follow, people_of

N_PEOPLE, SESSIONS = 80, 3


def course(policy: type[Adaptive | Pi | Plan] | None, family: str) -> Course:
    """Sessions with a policy; None: the one that leads where nobody names another."""
    shard = Shard(Kind(family, "good", loses_sensors=False), 0, N_PEOPLE, 11)

    def policy_of(remembered: Mapping[str, Real]) -> Policy:
        control = ControlConfig()
        return policy(control, None, remembered) if policy else load_policy(control, MODELS_DIR, remembered)

    return follow(policy_of, people_of(shard), shard, Terms(), SESSIONS)


def test_those_who_answer_the_opposite_way_fare_better_from_session_to_session() -> None:
    policies = (None, Adaptive, Pi, Plan)
    leads, adaptive, pi, plan = (course(policy, "opposite").outcomes.distance.mean(axis=1) for policy in policies)
    assert leads[2] < leads[1] < leads[0] < pi[0]
    assert adaptive[2] < adaptive[1] < adaptive[0] < pi[0]
    assert leads[2] < 0.97 * plan[2]
    assert adaptive[2] < plan[2]


def test_most_of_those_who_answer_the_opposite_way_are_recognised_in_two_sessions() -> None:
    memory = course(None, "opposite").memories[1]
    assert np.mean(Person(memory).shown().mean < 0) > 0.6


def test_those_who_follow_are_led_at_least_as_far_as_by_the_best_fixed_answer() -> None:
    adaptive, pi, plan = (course(policy, "bounded").outcomes.distance.mean(axis=1) for policy in (Adaptive, Pi, Plan))
    assert adaptive[2] < 1.01 * pi[2]
    assert (adaptive < plan).all()
