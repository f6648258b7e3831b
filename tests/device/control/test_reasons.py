from device.config import Limits
from device.control.bounds import Taken
from device.control.cues import cues_of
from device.control.decisions import Choice
from device.control.plan.session_plan import Moment, State
from device.control.policies.view import Proposal, Refusal, View, feeling_in
from device.control.reasons import explain
from device.messages import Moves, Phase, SensorStatus
from tests.device.control.listener import estimate

TAKEN = Taken(Moves(), Moves())
CUES = cues_of(State(0, 0), Limits())


def told(
    phase: Phase = "shift",
    refusal: Refusal | None = None,
    affect=None,
    sensors=(),
    held=False,
    why="",
    taken: Taken = TAKEN,
) -> str:
    statuses = {name: SensorStatus(t_ns=0, source=name, state=state, sentence="") for name, state in sensors}
    moment = Moment(phase, 0.4, 5, 9, State(0.1, -0.2))
    view = View(0.0, moment, feeling_in(None if refusal else affect), Moves(), State(0, 0))
    choice = Choice(view, affect, refusal, Proposal(why=why), taken)
    return explain(moment, choice, affect, statuses, CUES, CUES, held)


def test_a_closed_loop_names_estimate_and_goal() -> None:
    assert told(affect=estimate(0, 0.35, 0.2)) == "shift 40 %: arousal seems +0.35 ± 0.20, goal -0.20: steady"


def test_a_match_says_that_it_meets_the_listener() -> None:
    assert told("match", affect=estimate(0, 0.35, 0.2)) == "match 40 %: meeting it, arousal seems +0.35 ± 0.20: steady"


def test_a_refusal_is_told_with_its_causes_but_not_with_all_of_them() -> None:
    unknown = estimate(0, known=False, reasons=("wristband: gone", "cyton: noisy", "third"))
    text = told(refusal="estimate unknown", affect=unknown)
    assert text == "shift 40 %: open loop, estimate unknown (wristband: gone; cyton: noisy), goal -0.20: steady"


def test_a_rest_that_cannot_be_measured_says_whose() -> None:
    sensors = (("cyton", "streaming"), ("wristband", "lost"))
    assert (
        told("baseline", sensors=sensors) == "baseline 40 %: quiet while the rest is measured (wristband lost): steady"
    )


def test_a_held_phase_says_so() -> None:
    assert told(affect=estimate(0), held=True).startswith("shift held: ")


def test_a_policy_may_add_its_own_reason_and_a_refused_answer_says_so() -> None:
    broken = Taken(Moves(), Moves(), ("tempo_octaves is no number",), refused=True)
    text = told(affect=estimate(0, 0.35, 0.2), why="arm 3 was drawn", taken=broken)
    assert "goal -0.20 (arm 3 was drawn; back to the plan, as the policy's answer was refused: tempo_oct" in text
