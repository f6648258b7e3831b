"""What each policy would do for the people of the bank: the same people, days and noise under each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.config import ControlConfig
from device.control import POLICIES
from device.control.policies.loading import choose_policy, load_policy
from device.control.policies.view import Policy
from device.errors import IsotoneError
from device.files.models import MODELS_DIR
from hardware.refinement.bank import patients_of
from hardware.simulation.closed_loop import Terms
from hardware.simulation.outcomes import outcomes
from hardware.simulation.trials import Chance, Remembered, sessions_of
from hardware.twin.people import People

Floats = NDArray[np.float64]
SESSIONS = 4
"""Sessions that each of the people lives through: a policy that learns is given the time."""


class Value(NamedTuple):
    """What a policy does for people."""

    control: ControlConfig
    distance: Floats
    """How far from the goal's allowed side they are over shift and hold, on the plane; shape (people,)."""


def candidates(today: ControlConfig) -> list[ControlConfig]:
    """Today's policy first, then each other one that this box can play."""
    others = [ControlConfig(policy=name) for name in POLICIES if name != today.policy]
    return [today, *(control for control in others if _can_play(control))]


def _can_play(control: ControlConfig) -> bool:
    try:
        choose_policy(control)
    except IsotoneError:
        return False
    return True


def value_of(control: ControlConfig, people: People, terms: Terms, seed: int, sessions: int = SESSIONS) -> Value:
    """Let the people live under a policy, session after session, with what it remembers of them."""
    lived = sessions_of(policy_of(control), patients_of(people, seed), terms, partial(chance, seed), sessions)
    return Value(control, np.mean([outcomes(steps).distance for _, steps in lived], axis=0))


def policy_of(control: ControlConfig) -> Callable[[Remembered], Policy]:
    """Builds the policy of a session from what it remembers of the people."""
    return partial(load_policy, control, MODELS_DIR)


def values_of(
    controls: Sequence[ControlConfig], people: People, terms: Terms, seed: int, sessions: int = SESSIONS
) -> list[Value]:
    """All of them on the same people."""
    return [value_of(control, people, terms, seed, sessions) for control in controls]


def chance(seed: int, session: int) -> Chance:
    """The policy's randomness, by the number of the decision."""
    return lambda number: np.random.default_rng([seed, session, number])
