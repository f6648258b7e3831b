"""The picture of any plan can be drawn."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from device.control.plan.session_plan import SessionPlan, Sides, State
from device.plan_layout import PhaseLayout, PlanLayout
from device.sessions.plan_figure import draw_plan
from tests.device.control.plan.test_session_plan import plans


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=plans)
def test_any_plan_is_drawn(tmp_path: Path, plan: SessionPlan) -> None:
    draw_plan(plan, "any", tmp_path / "plan.png")
    assert (tmp_path / "plan.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["$\\frac{", "\x1b[31mred", "ほし", "x" * 60])
def test_a_name_is_drawn_as_it_stands(tmp_path: Path, name: str) -> None:
    phase = PhaseLayout(kind="cool-down", share=1.0, name=name)
    plan = SessionPlan(2.0, 60.0, State(0.4, -0.6), Sides(), 0.2, PlanLayout(phase=(phase,)))
    draw_plan(plan, name, tmp_path / "plan.png")
    assert (tmp_path / "plan.png").exists()
