"""What a session did is counted from how listeners truly felt, on the allowed side of the goal."""

from __future__ import annotations

import numpy as np
import pytest

from device.control.plan.session_plan import Moment, Sides, State
from device.messages import Phase
from hardware.simulation.closed_loop import DECISION_S, Music, Step
from hardware.simulation.outcomes import ARRIVED_S, Outcomes, outcomes

GOAL = State(0.4, -0.4)
AIM = Moment("match", 0.5, 1.0, 1.0, State(0.0, 0.0), Sides("near", "at most"), GOAL, zone=0.2)
PHASES: tuple[Phase, ...] = ("baseline", "match", "shift", "hold", "cool-down")
N_EACH = 40


def course(arousal: dict[Phase, list[float]], valence: float = 0.4) -> Outcomes:
    """Three listeners, each with one arousal for each phase."""
    steps = [
        Step(
            AIM._replace(phase=phase),
            Music(None, True, False),
            State(np.full(3, valence), np.array(arousal[phase])),
        )
        for phase in PHASES
        for _ in range(N_EACH)
    ]
    return outcomes(steps)


def always(arousal: list[float]) -> dict[Phase, list[float]]:
    return dict.fromkeys(PHASES, arousal)


def test_calmer_than_at_most_is_in_the_zone() -> None:
    told = course(always([-0.9, -0.25, 0.5]))
    assert told.time_in_zone == pytest.approx([1.0, 1.0, 0.0])
    assert told.distance == pytest.approx([0.0, 0.15, 0.9])
    assert told.time_to_target_s == pytest.approx([0.0, 0.0, 2 * N_EACH * DECISION_S])


def test_only_shift_and_hold_count() -> None:
    told = course(
        {"baseline": [0, 0, 0], "match": [0.3] * 3, "shift": [0.2] * 3, "hold": [-0.5] * 3, "cool-down": [1] * 3}
    )
    assert told.time_in_zone == pytest.approx([0.5] * 3)
    assert told.time_to_target_s == pytest.approx([N_EACH * DECISION_S] * 3)
    assert told.distance == pytest.approx([0.3] * 3)
    assert told.distance_at_end == pytest.approx([0.0] * 3)
    assert told.arousal_rise == pytest.approx([-0.45] * 3)


def test_unpleasant_calm_is_not_the_goal() -> None:
    assert course(always([-0.9] * 3), valence=-0.4).distance == pytest.approx([0.8] * 3)


def test_passing_through_the_zone_is_not_arriving() -> None:
    moment, music, valence = AIM._replace(phase="shift"), Music(None, True, False), np.array([0.4])
    steps = [Step(moment, music, State(valence, np.array([arousal]))) for arousal in [0.5, -0.5, 0.5, *[-0.5] * 20]]
    matched = steps[0]._replace(moment=AIM)
    held = steps[-1]._replace(moment=AIM._replace(phase="hold"))
    assert outcomes([matched, *steps, held]).time_to_target_s == [3 * DECISION_S]
    assert ARRIVED_S < 20 * DECISION_S
