"""What the policy set by hand decides is what it decided before decisions were data, and a failing one ends nothing."""

import json
import math

import pytest

from device import control
from device.control.controller import Controller
from device.control.shield.shield import FAULTS
from device.messages import Decision, Moves
from hardware.bench.evil import EVIL
from tests.device.control import recorded
from tests.device.control.listener import LEAD_NS, SECOND_NS, config_of, estimate, transport


@pytest.mark.parametrize("name", recorded.SESSIONS)
def test_the_policy_set_by_hand_decides_as_it_did_before(name: str) -> None:
    before = json.loads(recorded.FILE.read_text("utf-8"))[name]
    now = [recorded.told(intent) for intent in recorded.session(*recorded.SESSIONS[name])]
    assert len(now) == len(before)
    for row, expected in zip(now, before, strict=True):
        for value, was in zip(row, expected, strict=True):
            same = math.isclose(value, was, rel_tol=1e-12) if isinstance(was, float) else value == was
            assert same, (value, was)


# -- a policy that fails


def told(monkeypatch: pytest.MonkeyPatch, policy: str, bars: int = 20, late: range = range(0)) -> list[Decision]:
    """The decisions of a shift under an evil policy; a late bar is asked for after its deadline."""
    monkeypatch.setitem(control.POLICIES, "hand", EVIL[policy])
    controller, decisions = Controller(config_of(10)), []
    for bar_index in range(bars):
        starts_ns = (300 + 4 * bar_index) * SECOND_NS
        now_ns = starts_ns + SECOND_NS if bar_index in late else starts_ns - LEAD_NS
        if not bar_index:
            controller.step(transport(0, 100 * SECOND_NS), 100 * SECOND_NS)
        controller.step(estimate(now_ns, 0.4 + bar_index / 1000), now_ns)
        decisions += [each for each in controller.step(transport(bar_index + 1, starts_ns), now_ns)
                      if isinstance(each, Decision)]  # fmt: skip
    return decisions


@pytest.mark.parametrize("policy", ["evil-raise", "evil-shape", "evil-nan"])
def test_a_policy_that_fails_is_answered_for_by_the_shield_and_sits_out_the_third_time(
    monkeypatch: pytest.MonkeyPatch, policy: str
) -> None:
    decisions = told(monkeypatch, policy, bars=60)
    failed = [index for index, each in enumerate(decisions) if "failed" in each.reason or "was refused" in each.reason]
    assert {decisions[index].decided_by for index in failed} == {"shield"}
    assert FAULTS - 1 <= len(failed) <= FAULTS  # a memory that cannot be read, and the bar before these, count too
    after = decisions[failed[-1] + 1 :]
    assert {each.decided_by for each in after} == {"plan"}
    assert after[-1].taken == Moves()


def test_what_a_failing_policy_says_is_printable(monkeypatch: pytest.MonkeyPatch) -> None:
    reasons = [each.reason for each in told(monkeypatch, "evil-raise", bars=40)]
    assert any("the policy failed with ZeroDivisionError" in reason for reason in reasons)
    assert all(reason.isprintable() for reason in reasons)


def test_a_policy_whose_decisions_come_too_late_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    decisions = told(monkeypatch, "evil-torn", bars=40, late=range(10, 14))
    assert decisions[9].decided_by == "policy"
    assert decisions[13].decided_by == "shield"
    assert "decisions came too late" in decisions[13].reason
    assert decisions[-1].decided_by == "policy"
