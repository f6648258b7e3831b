"""What a policy sees is what the shield sees of it, field by field."""

from __future__ import annotations

import pytest

from device.control.shield.signs import signs_in
from device.messages import Phase
from tests.device.control.policies.views import view


@pytest.mark.parametrize("phase", ["baseline", "shift"])
@pytest.mark.parametrize("wished", [-1.0, 0.0, 1.0])
def test_the_shield_sees_what_the_policy_sees(phase: Phase, wished: float) -> None:
    seen = view(0.5, setpoint=-0.25, phase=phase, told_arousal=0.75)._replace(wished=wished)
    signs = signs_in(seen)
    assert (signs.since_s, signs.feeling, signs.goal_arousal) == (seen.since_s, seen.feeling, -0.25)
    assert (signs.leads, signs.told_arousal, signs.too_much) == (phase != "baseline", 0.75, wished < 0)
