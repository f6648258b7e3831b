"""Whatever a policy answers, what sounds stays inside limits and slopes, and says why."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device import control
from device.config import ControlConfig, Limits
from device.control.bounds import BOUNDS, ELAPSED_MAX_S, LOCKED, SLOPES, settle, take, withdrawn
from device.control.controller import Controller
from device.control.cues import Cues, cues_of, within
from device.control.plan.session_plan import State
from device.control.policies.view import Proposal, View
from device.control.real import Real
from device.control.shield.shield import FAULTS
from device.files.models import ModelFolder
from device.messages import Decision, Moves, MusicIntent
from device.sessions.plausible import implausible
from tests.device.control.listener import LEAD_NS, SECOND_NS, config_of, estimate, played, transport

anything = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from((math.nan, math.inf, -math.inf, 1e300))
wild = st.builds(Moves, **dict.fromkeys(Moves.__struct_fields__, anything))
sane = st.builds(Moves, **{name: st.floats(-bound.most, bound.most) for name, bound in BOUNDS.items()})
locks = st.sets(st.sampled_from(sorted(LOCKED)))
units = st.floats(-1, 1)


def test_every_move_and_every_cue_has_its_bound_and_its_lock() -> None:
    assert tuple(BOUNDS) == Moves.__struct_fields__
    assert {field for field, _ in LOCKED.values()} == set(Cues._fields)
    assert {field for _, field in LOCKED.values()} <= set(Moves.__struct_fields__)


@given(proposal=wild, before=sane, since_s=st.floats(0, 60), held=locks)
def test_what_is_taken_is_bounded_slow_and_never_silently_less(
    proposal: Moves, before: Moves, since_s: float, held: set[str]
) -> None:
    taken = take(proposal, before, since_s, held)  # type: ignore[arg-type]
    still = {LOCKED[lock][1] for lock in held}  # type: ignore[index]
    for name, bound in BOUNDS.items():
        move, last = getattr(taken.moves, name), getattr(before, name)
        assert abs(move) <= bound.most + 1e-9
        assert abs(getattr(taken.proposed, name)) <= bound.most
        assert abs(move - last) <= bound.per_s * since_s + 1e-9
        assert name not in still or move == last
    figures = msgspec.structs.astuple(proposal)
    assert taken.limited or msgspec.structs.astuple(taken.moves) == pytest.approx(figures, abs=1e-9)
    assert taken.refused == (not all(map(math.isfinite, figures)))


def test_one_part_that_is_no_number_takes_the_whole_answer_back_to_the_plan() -> None:
    moves = Moves(arousal=-0.4, tempo_octaves=0.2)
    for _ in range(30):
        taken = take(Moves(arousal=-0.5, density=math.nan), moves, 4.0, ())
        assert taken.limited[0] == "density is no number"
        moves = taken.moves
    assert moves == Moves()


@given(before=st.builds(State, units, units), after=st.builds(State, units, units), held=locks)
def test_a_locked_cue_never_moves_and_the_others_go_on(before: State, after: State, held: set[str]) -> None:
    one, other = cues_of(before, Limits()), cues_of(after, Limits())
    cues, free = settle(one, other, Limits(), held, 4.0), settle(one, other, Limits(), (), 4.0)  # type: ignore[arg-type]
    still = {LOCKED[lock][0] for lock in held}  # type: ignore[index]
    for name in Cues._fields:
        assert getattr(cues, name) == getattr(one if name in still else free, name)


SLOW = Limits(tempo_slope_percent_s=0.5, loudness_slope_db_s=0.2)


@pytest.mark.parametrize("limits", [Limits(), SLOW])
@given(before=st.builds(State, units, units), after=st.builds(State, units, units), since_s=st.floats(0, 30))
@pytest.mark.parametrize("haste", [1.0, 2.0])
def test_cues_move_by_the_time_that_passed_towards_what_is_wanted_and_never_faster_than_prescribed(
    limits: Limits, before: State, after: State, since_s: float, haste: float
) -> None:
    last, wanted = cues_of(before, limits), cues_of(after, limits)
    cues = settle(last, wanted, limits, (), since_s, haste)
    for name in Cues._fields:
        moved, way = getattr(cues, name) - getattr(last, name), getattr(wanted, name) - getattr(last, name)
        reach = haste * getattr(SLOPES, name) * (last.tempo_bpm if name == "tempo_bpm" else 1)
        assert abs(moved) <= min(since_s, ELAPSED_MAX_S) * reach + 1e-9, name
        assert abs(moved) <= abs(way) + 1e-9, name
        assert moved * way >= 0, name
    prescribed = limits.tempo_slope_percent_s / 100 * last.tempo_bpm * since_s
    assert abs(cues.tempo_bpm - last.tempo_bpm) <= prescribed + 1e-9
    assert abs(cues.loudness_db - last.loudness_db) <= limits.loudness_slope_db_s * since_s + 1e-9


def test_one_listener_and_a_cohort_of_them_are_moved_alike() -> None:
    states = [State(0.3, arousal) for arousal in (-0.8, 0.1, 0.9)]
    many = cues_of(State(0.3, np.array([state.arousal for state in states])), Limits())
    still = cues_of(State(0, np.zeros(3)), Limits())
    moved = settle(still, many, Limits(), ("density",), np.array([1.0, 4.0, 90.0]))
    for index, (state, since_s) in enumerate(zip(states, (1.0, 4.0, 90.0), strict=True)):
        alone = settle(cues_of(State(0, 0), Limits()), cues_of(state, Limits()), Limits(), ("density",), since_s)
        assert [float(np.broadcast_to(cue, 3)[index]) for cue in moved] == list(map(float, alone))


class Told:
    """A policy that answers what it is told to."""

    version = "test"
    takes_model = False
    answers: Sequence[Moves] = ()
    propensity: float = 0.5

    def __init__(
        self, config: ControlConfig, model: ModelFolder | None = None, remembered: Mapping[str, Real] = {}
    ) -> None:
        self._answers = itertools.cycle(self.answers)

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        return Proposal(next(self._answers), propensity=self.propensity, why="because it was told")

    def memory(self) -> Mapping[str, Real]:
        return {}


@settings(max_examples=60)
@given(
    answers=st.lists(wild | sane, min_size=1, max_size=12),
    tempo_bpm=st.tuples(st.floats(40, 80), st.floats(80, 140)),
    loudness_max_db=st.floats(-20, 0),
    density_max=st.floats(0.1, 1),
)
def test_no_policy_gets_past_limits_and_slopes(
    answers: list[Moves], tempo_bpm: tuple[float, float], loudness_max_db: float, density_max: float
) -> None:
    slowest, fastest = tempo_bpm
    limits = {
        "tempo_min_bpm": slowest,
        "tempo_max_bpm": fastest,
        "loudness_max_db": loudness_max_db,
        "density_max": density_max,
    }
    told = list(decisions_of(answers, limits))
    for decision, intent in told:
        cues = Cues(*(getattr(intent, name) for name in Cues._fields))
        inside = within(cues, msgspec.convert(limits, Limits))
        assert all(map(math.isfinite, cues))
        assert cues == pytest.approx(inside, abs=1e-9)
        assert not implausible(decision, decision.t_ns, decision.t_ns)
    refused = [not all(map(math.isfinite, msgspec.structs.astuple(answer))) for answer in answers]
    faults = itertools.accumulate(itertools.cycle(refused), initial=0)
    for (decision, _), is_refused, n_faults in zip(told, itertools.cycle(refused), faults, strict=False):
        is_asked = n_faults < FAULTS
        assert ("because it was told" in decision.reason) == is_asked
        assert ("was refused" in decision.reason) == (is_asked and is_refused)
        assert decision.decided_by == "shield" or not (is_asked and is_refused)
    for (_, before), (_, after) in itertools.pairwise(told):
        for name in Cues._fields:
            reach = 4 * getattr(SLOPES, name) * (before.tempo_bpm if name == "tempo_bpm" else 1)
            assert abs(getattr(after, name) - getattr(before, name)) <= reach + 1e-9, name


def decisions_of(answers: list[Moves], limits: dict[str, float]) -> list[tuple[Decision, MusicIntent]]:
    """Thirty bars of the shift under a policy that answers so."""
    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(control.POLICIES, "hand", f"{__name__}:Told")
        patch.setattr(Told, "answers", answers)
        controller = Controller(config_of(10, limits=limits))
        for bar_index in range(30):
            starts_ns = (100 + 4 * bar_index) * SECOND_NS
            controller.step(estimate(starts_ns - LEAD_NS, 0.4), 0)
            decision, intent = controller.step(transport(bar_index, starts_ns), starts_ns - LEAD_NS)
            assert isinstance(decision, Decision)
            assert isinstance(intent, MusicIntent)
            told.append((decision, intent))
            controller.step(played(intent), 0)
    return told


@pytest.mark.parametrize(
    ("said", "logged"),
    [(0.25, 0.25), (np.float32(0.5), 0.5), (math.nan, 0), (math.inf, 0), (-1, 0), (1e300, 0)],
)
def test_a_chance_that_is_none_is_logged_as_not_told_and_numbers_of_models_as_ours(
    monkeypatch: pytest.MonkeyPatch, said: float, logged: float
) -> None:
    monkeypatch.setattr(Told, "propensity", said)
    for decision, _ in decisions_of([Moves(arousal=np.float32(-0.25), density=np.float64(0.1))], {})[-1:]:
        assert decision.propensity == logged
        assert msgspec.structs.asdict(decision.taken) == pytest.approx(
            msgspec.structs.asdict(Moves(arousal=-0.25, density=0.1))
        )
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(decision), type=Decision) == decision


def test_what_was_not_taken_is_said_in_words() -> None:
    one = take(Moves(arousal=0.9, tempo_octaves=0.1, density=0.01), Moves(), 1.0, ("tempo", "mode"))
    assert one.limited == ("arousal bounded", "arousal slowed", "tempo_octaves locked")
    assert one.proposed == Moves(arousal=0.5, tempo_octaves=0.1, density=0.01)
    assert one.moves == Moves(arousal=0.03, density=0.01)
    broken = take(Moves(arousal=math.nan, valence=0.9), Moves(density=0.1), 1.0, ())
    assert broken.limited == ("arousal is no number", "density slowed")
    assert broken.proposed == Moves()


def test_what_is_withdrawn_goes_back_to_the_plan_at_its_slopes_and_locked_moves_stay() -> None:
    before = Moves(arousal=-0.3, loudness_db=-2.0, density=0.005)
    taken = withdrawn(take(Moves(arousal=-0.5), before, 1.0, ("loudness",)), before, 1.0, ("loudness",))
    assert taken.moves == Moves(arousal=-0.27, loudness_db=-2.0)
    assert taken.proposed == Moves(arousal=-0.5)
    assert taken.limited[-1] == "withdrawn by the shield"
    assert taken.limited[:-1] == take(Moves(arousal=-0.5), before, 1.0, ("loudness",)).limited


@pytest.mark.parametrize(
    ("tempo", "loudness", "haste", "expected"),
    [(0.5, 0.1, 1.0, (99.0, -9.8)), (100.0, 100.0, 1.0, (98.5, -9.25)), (1.0, 0.5, 2.0, (98.0, -9.0))],
)
def test_the_slopes_are_the_slower_of_ours_and_the_prescribed_ones(
    tempo: float, loudness: float, haste: float, expected: tuple[float, float]
) -> None:
    limits = Limits(tempo_slope_percent_s=tempo, loudness_slope_db_s=loudness)
    before = Cues(100.0, 0.5, 60.0, -10.0, 0.5, 0.7)
    wanted = before._replace(tempo_bpm=60.0, loudness_db=-1.0, density=0.8)
    given = () if haste == 1.0 else (haste,)
    cues = settle(before, wanted, limits, (), 2.0, *given)
    assert (cues.tempo_bpm, cues.loudness_db) == pytest.approx(expected)
    assert cues.density == pytest.approx(0.5 + 2 * haste * 0.0125)
