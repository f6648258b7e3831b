"""A cohort lives under the control that ships, to the same cues that the box itself asks for."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from device.config import AffectConfig, ControlConfig, DeviceConfig, SessionConfig
from device.control.bounds import BOUNDS
from device.control.controller import Controller
from device.control.decisions import keyed_generator
from device.control.plan.session_plan import State
from device.control.policies.loading import load_policy
from device.control.policies.silence import Silence
from device.control.policies.view import Proposal, View
from device.files.models import MODELS_DIR
from device.messages import AffectEstimate, Moves, MusicIntent, Transport
from hardware.simulation.closed_loop import DECISION_S, Box, Step, Terms, Told, live
from tests.hardware.simulation.following import Following

TERMS = Terms(minutes=5.0, baseline_s=30.0)
STEP_NS = round(DECISION_S * 1e9)
BEGAN_NS = 1000 * 10**9
CUE_ERROR = 1e-9
"""The cohort's cues and the controller's: the same formulas, so they differ by rounding alone."""


class Says:
    """A policy that always proposes the same."""

    version, takes_model = "1", False

    def __init__(self, proposal: Proposal) -> None:
        self._proposal = proposal

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        return self._proposal

    def memory(self) -> dict[str, float]:
        return {}


def session(policy: object, n_listeners: int = 4, seed: int = 1, terms: Terms = TERMS) -> list[Step]:
    return list(live(terms, policy, Following(n_listeners, seed=seed), lambda number: keyed_generator(seed, number)))


def box_told(steps: int) -> list[Told]:
    listeners, box = Following(3), Box(TERMS, Says(Proposal()), 3)
    music = box.decide(0.0, Told.nothing(3), keyed_generator(1, 0))[1]
    return [listeners.hear(music, DECISION_S) for _ in range(steps)]


def controller() -> Controller:
    device = DeviceConfig(affect=AffectConfig(baseline_s=TERMS.baseline_s), control=ControlConfig(policy="hand"))
    return Controller(
        SessionConfig(
            session_id="test", seed=1, minutes=TERMS.minutes, run_dir="", session_dir="", models_dir="", device=device
        )
    )


def asked_by(controller: Controller, number: int, told: Told, listener: int) -> MusicIntent:
    """What the box asks for when it has heard the same of one listener."""
    starts_ns = BEGAN_NS + number * STEP_NS
    numbers = {name: float(getattr(told.feeling, name)[listener]) for name in told.feeling._fields[1:]}
    is_known = bool(told.feeling.known[listener])
    estimate = AffectEstimate(t_ns=starts_ns - STEP_NS, known=is_known, coverage={}, calibrated=True, **numbers)
    controller.step(estimate, starts_ns - STEP_NS)
    transport = Transport(
        t_ns=starts_ns - STEP_NS, bar_index=number, start_frame=0, starts_ns=starts_ns, deadline_ns=starts_ns
    )
    (intent,) = (item for item in controller.step(transport, starts_ns - STEP_NS) if isinstance(item, MusicIntent))
    return intent


@pytest.mark.parametrize("listener", range(3))
def test_the_cohort_is_asked_the_cues_that_the_controller_asks_of_each_listener(listener: int) -> None:
    box = Box(TERMS, load_policy(ControlConfig(policy="hand"), MODELS_DIR, {}), 3)
    real = controller()
    for number, told in enumerate(box_told(round(TERMS.minutes * 60 / DECISION_S) - 1)):
        moment, music = box.decide(number * DECISION_S, told, keyed_generator(1, number))
        intent = asked_by(real, number, told, listener)
        assert moment.phase == intent.phase
        assert bool(music.major[listener]) == (intent.mode == "major")
        for name, cue in music.cues._asdict().items():
            assert cue[listener] == pytest.approx(getattr(intent, name), abs=CUE_ERROR), (number, name)


def test_whoever_follows_is_led_to_the_goal() -> None:
    steps = session(load_policy(ControlConfig(policy="hand"), MODELS_DIR, {}), terms=Terms(minutes=20.0))
    assert np.all(steps[-1].state.arousal < TERMS.prescription.goal_arousal + 0.1)
    assert np.all(steps[-1].state.arousal < steps[0].state.arousal - 0.5)


def test_listeners_of_a_cohort_do_not_touch_one_another() -> None:
    proposal = Proposal(Moves(arousal=np.array([0.5, -0.5, 0.0, math.nan])))
    moved, plain = session(Says(proposal)), session(Says(Proposal()))
    for step, without in zip(moved, plain, strict=True):
        assert step.music.cues.tempo_bpm[2:] == pytest.approx(without.music.cues.tempo_bpm[2:])
    assert moved[30].music.cues.tempo_bpm[0] > plain[30].music.cues.tempo_bpm[0] > moved[30].music.cues.tempo_bpm[1]


def test_a_proposal_beyond_its_bounds_is_cut_for_each() -> None:
    wild, most = (session(Says(Proposal(Moves(density=value)))) for value in (9.0, BOUNDS["density"].most))
    for step, cut in zip(wild, most, strict=True):
        assert np.array_equal(step.music.cues.density, cut.music.cues.density)


def test_rest_reaches_those_for_whom_it_is_asked_for_a_minute() -> None:
    silent = np.array([True, False, False, False])
    steps = session(Says(Proposal(silent=silent)))
    in_a_minute = round(60.0 / DECISION_S)
    assert all(np.array_equal(step.music.silent, silent) for step in steps[:in_a_minute])
    assert not np.any(steps[in_a_minute].music.silent)
    start = Following(4).state.arousal
    assert steps[in_a_minute - 1].state.arousal[0] == start[0]
    assert np.all(steps[-1].state.arousal[1:] < start[1:])


def test_silence_for_the_whole_session_needs_the_policy_of_that_name() -> None:
    steps = session(Silence(ControlConfig()))
    assert all(np.all(step.music.silent) for step in steps)
    assert np.array_equal(steps[-1].state.arousal, Following(4).state.arousal)


def test_the_same_seed_gives_the_same_session_and_another_seed_another() -> None:
    policy = Says(Proposal())
    one, same, other = (session(policy, seed=seed)[-1].state.arousal for seed in (3, 3, 4))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_goal_is_the_prescriptions() -> None:
    prescription = msgspec.structs.replace(TERMS.prescription, goal_arousal=0.5, goal_valence=0.1)
    terms = TERMS._replace(prescription=prescription)
    assert session(Says(Proposal()), terms=terms)[-8].moment.goal == State(0.1, 0.5)
