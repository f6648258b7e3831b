"""The learned policy sees what it was trained to see, answers within its bounds, and rests without coming and going."""

from __future__ import annotations

import numpy as np
import pytest

from device.config import ControlConfig
from device.control.bounds import BOUNDS
from device.control.plan.session_plan import Moment, Sides, State
from device.control.policies.learned import ANSWERS, FEATURES, FloatRows, Learned
from device.control.policies.view import Feeling, View
from device.files.models import MODELS_DIR, ModelFolder
from device.messages import Moves, Phase

RANDOM = np.random.default_rng(1)
FOLDER = "control-0.2.0"


class Says:
    """A net that always answers the same, and keeps what it saw."""

    def __init__(self, **answers: float) -> None:
        self.answers, self.seen = answers, np.zeros((0, 0), np.float32)

    def __call__(self, rows: FloatRows) -> FloatRows:
        self.seen = rows
        return np.tile(np.array([self.answers.get(name, 0.0) for name in ANSWERS], np.float32), (len(rows), 1))


def view(phase: Phase = "shift", arousal: float = 0.4, **feeling: object) -> View:
    moment = Moment(phase, 0.5, 300.0, 600.0, State(0.2, -0.2), Sides("at least", "at most"), State(0.2, -0.2))
    felt = Feeling(known=True, arousal=arousal, arousal_sd=0.4, valence=0.0, valence_sd=1.0)
    return View(4.0, moment, felt._replace(**feeling), Moves(), State(0.1, -0.1))


def policy_of(net: Says) -> Learned:
    return Learned(ControlConfig(), None, {}, net)


def test_its_moves_are_shares_of_their_bounds() -> None:
    proposal = policy_of(Says(arousal=-1.0, loudness_db=0.5)).decide(view(), RANDOM)
    assert proposal.moves == Moves(arousal=-BOUNDS["arousal"].most, loudness_db=0.5 * BOUNDS["loudness_db"].most)


@pytest.mark.parametrize("phase", ["baseline", "match"])
def test_it_leaves_rest_and_match_to_the_plan(phase: Phase) -> None:
    proposal = policy_of(Says(arousal=-1.0, rest=1.0)).decide(view(phase), RANDOM)
    assert (proposal.moves, bool(proposal.silent)) == (Moves(), False)


def test_it_sees_how_far_it_is_and_how_sure_that_is() -> None:
    net = Says()
    policy_of(net).decide(view(arousal=0.4), RANDOM)
    seen = dict(zip(FEATURES, net.seen[0], strict=True))
    assert seen["arousal_gap"] == pytest.approx(-0.6)
    assert seen["certainty"] == pytest.approx(1 - 0.4**2)
    policy_of(net).decide(view(known=False, arousal=0.0, arousal_sd=1.0), RANDOM)
    seen = dict(zip(FEATURES, net.seen[0], strict=True))
    assert (seen["arousal_gap"], seen["certainty"]) == (0.0, 0.0)


def test_a_rest_does_not_come_and_go() -> None:
    net = Says()
    policy, rests = policy_of(net), []
    for wish in (0.0, 0.5, 0.0, 0.1, -0.5, 0.0, 0.1):
        net.answers["rest"] = wish
        rests.append(bool(policy.decide(view(), RANDOM).silent))
    assert rests == [False, True, True, True, False, False, False]


def test_a_cohort_is_answered_as_each_listener_is() -> None:
    model = ModelFolder(MODELS_DIR, FOLDER)
    levels = [0.5, -0.1, 0.0]
    together = Learned(ControlConfig(), model)
    alone = [Learned(ControlConfig(), model) for _ in levels]
    for _ in range(5):
        proposal = together.decide(view(arousal=np.array(levels), known=np.ones(3, bool)), RANDOM)
        for place, (level, policy) in enumerate(zip(levels, alone, strict=True)):
            own = policy.decide(view(arousal=level), RANDOM).moves
            for name in BOUNDS:
                assert getattr(proposal.moves, name)[place] == pytest.approx(float(getattr(own, name)), abs=1e-4)


def test_its_file_is_small_and_says_what_it_sees() -> None:
    model = ModelFolder(MODELS_DIR, FOLDER)
    assert model.path("model.onnx").stat().st_size <= 50_000
    assert tuple(model.card.settings["features"]) == FEATURES
    assert tuple(model.card.settings["answers"]) == ANSWERS
