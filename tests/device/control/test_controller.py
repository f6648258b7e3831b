import itertools
import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.control.bounds import SLOPES
from device.control.controller import Controller
from device.control.cues import Cues
from device.control.people.haste import HASTE
from device.messages import AffectEstimate, AnyCommand, CommandAnswer, Key, MusicIntent, SensorStatus
from device.music.form import MOVEMENT_BARS, SECTION_BARS
from tests.device.control.listener import (
    LEAD_NS,
    SECOND_NS,
    answer,
    bar_s,
    command,
    config_of,
    estimate,
    play,
    played,
    transport,
)
from tests.device.control.test_breath import breathing

estimates = st.none() | st.builds(
    lambda arousal, sd, known: estimate(0, arousal, sd, known=known),
    st.floats(-1, 1) | st.just(math.nan),
    st.floats(0.01, 1),
    st.booleans(),
)


def assert_small_step(before: MusicIntent, after: MusicIntent, seconds: float, haste: float = 1.0) -> None:
    for name in Cues._fields:
        reach = seconds * haste * getattr(SLOPES, name) * (before.tempo_bpm if name == "tempo_bpm" else 1)
        assert abs(getattr(after, name) - getattr(before, name)) <= reach + 1e-6, name


@settings(max_examples=20, deadline=None)
@given(feelings=st.lists(estimates, min_size=1, max_size=40), minutes=st.floats(0.3, 3), seed=st.integers(0, 99))
def test_whatever_the_estimates_every_bar_gets_one_bounded_intent_with_a_reason(
    feelings: list[AffectEstimate | None], minutes: float, seed: int
) -> None:
    endless = itertools.cycle(feelings)
    intents = list(play(Controller(config_of(minutes, seed)), lambda _: next(endless)))
    assert [intent.bar_index for intent in intents] == list(range(len(intents)))
    for intent in intents:
        assert intent.reason.startswith(intent.phase)
        assert intent.revision == 0
        assert 48 <= intent.tempo_bpm <= 120
        assert intent.loudness_db <= 0
        assert all(math.isfinite(getattr(intent, name)) for name in Cues._fields)
        assert -1 <= intent.target_arousal <= 1
    for before, after in itertools.pairwise(intents):
        assert_small_step(before, after, 240 / before.tempo_bpm)
        assert (before.mode, before.tonic_pc) == (after.mode, after.tonic_pc) or after.bar_index % SECTION_BARS == 0


@pytest.mark.parametrize("minutes", [0.2, 1, 2, 20])
def test_the_last_bar_is_final_and_ends_with_the_plan(minutes: float) -> None:
    intents = list(play(Controller(config_of(minutes)), lambda _: 0.2))
    assert [intent.final for intent in intents] == [False] * (len(intents) - 1) + [True]
    length_s = sum(map(bar_s, intents))
    assert minutes * 60 <= length_s <= minutes * 60 + 6
    assert intents[-1].phase == "cool-down" or minutes < 1


def test_all_phases_pass_in_order() -> None:
    phases = [intent.phase for intent in play(Controller(config_of(4)), lambda _: 0.3)]
    assert list(dict.fromkeys(phases)) == ["baseline", "match", "shift", "hold", "cool-down"]


def test_music_meets_a_tense_listener_and_then_calms_down() -> None:
    intents = list(play(Controller(config_of(8)), lambda _: 0.7))
    match = [intent for intent in intents if intent.phase == "match"]
    hold = [intent for intent in intents if intent.phase == "hold"]
    assert match[-1].target_arousal == pytest.approx(0.7)
    assert match[-1].tempo_bpm > match[0].tempo_bpm
    assert hold[-1].tempo_bpm < 65
    assert hold[-1].target_arousal == pytest.approx(-0.6)


def test_a_listener_who_does_not_follow_is_answered_with_calmer_music_than_the_plan_asks() -> None:
    stubborn = list(play(Controller(config_of(8)), lambda _: 0.5))
    compliant = list(play(Controller(config_of(8)), lambda seconds: 0.5 if seconds < 110 else -0.6))
    assert [i for i in stubborn if i.phase == "hold"][-1].tempo_bpm < [i for i in compliant if i.phase == "hold"][
        -1
    ].tempo_bpm


def test_the_reason_can_be_read_by_a_therapist() -> None:
    shift = [intent for intent in play(Controller(config_of(8)), lambda _: 0.35) if intent.phase == "shift"]
    reason = shift[len(shift) // 2].reason
    assert "arousal seems +0.35 ± 0.30, goal " in reason
    assert any("slower (" in intent.reason and "bpm)" in intent.reason for intent in shift)


def test_without_an_estimate_it_says_open_loop_and_why_and_follows_the_plan() -> None:
    controller = Controller(config_of(8))
    controller.step(SensorStatus(t_ns=0, source="wristband", state="lost", sentence="gone"), 0)
    intents = list(play(controller))
    hold = [intent for intent in intents if intent.phase == "hold"]
    assert "open loop, no estimate yet (wristband lost)" in hold[-1].reason
    assert hold[-1].target_arousal == pytest.approx(-0.6)
    noisy = estimate(0, known=False, reasons=("cyton: 50 Hz hum on C3",))
    shift = [intent for intent in play(Controller(config_of(8)), lambda _: noisy) if intent.phase == "shift"]
    assert "open loop, estimate unknown (cyton: 50 Hz hum on C3)" in shift[-1].reason


def test_a_stale_estimate_is_refused_and_steers_nothing() -> None:
    def once(seconds: float) -> float | None:
        return 0.2 if seconds == 0 else None

    steered, open_loop = list(play(Controller(config_of(3)), once)), list(play(Controller(config_of(3))))
    assert "estimate too old" in steered[-1].reason
    assert steered[-1].tempo_bpm == pytest.approx(open_loop[-1].tempo_bpm)


def test_an_estimate_that_comes_late_in_the_shift_becomes_the_start_of_the_way() -> None:
    intents = list(play(Controller(config_of(2)), lambda seconds: 0.9 if seconds > 55 else None))
    shift = [intent for intent in intents if intent.phase == "shift"]
    assert max(intent.target_arousal for intent in shift) > 0
    assert next(intent for intent in intents if intent.phase == "hold").target_arousal == pytest.approx(-0.6)


def asked(kind: str, bars: int = 15) -> tuple[MusicIntent, MusicIntent, Controller]:
    """The last intent before a wish and the revision after it."""
    controller = Controller(config_of(5))
    last = list(play(controller, lambda _: 0.2, bars))[-1]
    revised = answer(controller, command(kind), last.t_ns + 2 * SECOND_NS)
    return last, revised, controller


@pytest.mark.parametrize(("kind", "sign"), [("calmer", -1), ("livelier", 1)])
def test_calmer_and_livelier_revise_the_bar_at_once_and_last(kind: str, sign: int) -> None:
    last, revised, controller = asked(kind)
    assert (revised.bar_index, revised.revision) == (last.bar_index, 1)
    assert sign * (revised.tempo_bpm - last.tempo_bpm) > 0
    assert sign * (revised.loudness_db - last.loudness_db) > 0
    assert revised.target_arousal == pytest.approx(last.target_arousal + 0.2 * sign)
    assert revised.reason.startswith(f"patient asked {kind}; ")
    following = answer(controller, transport(last.bar_index + 1, 200 * SECOND_NS), 196 * SECOND_NS)
    assert following.revision == 0
    assert sign * (following.tempo_bpm - last.tempo_bpm) > 0


@pytest.mark.parametrize("kind", ["softer", "louder"])
def test_softer_and_louder_are_left_to_audio(kind: str) -> None:
    controller = Controller(config_of(5))
    *_, last = play(controller, lambda _: 0.2, 6)
    assert not [m for m in controller.step(command(kind), last.t_ns + 1) if isinstance(m, MusicIntent)]


@settings(max_examples=20, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(["softer", "louder", "calmer", "livelier", "skip_phase", "hold_phase"]), max_size=8)
)
def test_many_wishes_within_one_bar_stay_a_small_step_from_the_bar_before(kinds: list[str]) -> None:
    controller = Controller(config_of(5))
    *_, before, last = play(controller, lambda _: 0.2, 6)
    for kind in kinds:
        # A wish that cannot be is refused and revises nothing.
        for revised in controller.step(command(kind), last.t_ns + SECOND_NS // 4):
            if isinstance(revised, MusicIntent):
                assert revised.revision == last.revision + 1
                last = revised
    assert_small_step(before, last, 240 / before.tempo_bpm + 2, HASTE)


def test_skipping_leads_to_the_next_phase_and_at_last_to_the_end() -> None:
    controller = Controller(config_of(10))
    seen = []
    for bar_index in range(5):
        last = answer(controller, transport(bar_index, (100 + 4 * bar_index) * SECOND_NS), 0)
        last = answer(controller, command("skip_phase"), last.t_ns + 1)
        seen.append(last.phase)
    assert seen == ["match", "shift", "hold", "cool-down", "cool-down"]
    assert last.final
    assert controller.step(command("skip_phase"), last.t_ns + 1) == (), "there is nothing left to skip"


def test_five_presses_in_haste_skip_one_phase_and_a_hold_is_taken_once() -> None:
    controller = Controller(config_of(10))
    (last,) = play(controller, lambda _: 0.2, 1)
    last = answer(controller, command("skip_phase"), last.t_ns + 1)
    for _ in range(4):
        (refusal,) = controller.step(msgspec.structs.replace(command("skip_phase"), id="x"), last.t_ns + 2)
        assert isinstance(refusal, CommandAnswer)
        assert (refusal.answer, refusal.sentence) == ("refused", "It goes on to the next phase already.")
    assert last.phase == "match"
    controller.step(command("hold_phase"), last.t_ns + 3)
    (refusal,) = controller.step(msgspec.structs.replace(command("hold_phase"), id="y"), last.t_ns + 4)
    assert isinstance(refusal, CommandAnswer)
    assert refusal.sentence == "The phase is held already."


def test_a_held_phase_stays_and_says_so_until_it_is_resumed() -> None:
    controller = Controller(config_of(1))
    (intent,) = play(controller, lambda _: 0.2, 1)
    controller.step(command("hold_phase", author="therapist"), intent.t_ns)
    for bar_index in range(1, 40):
        intent = answer(controller, transport(bar_index, (100 + 4 * bar_index) * SECOND_NS), 0)
    assert (intent.phase, intent.session_left_s) == ("baseline", 60)
    assert intent.reason.startswith("baseline held")
    controller.step(command("resume_phase"), 0)
    intent = answer(controller, transport(40, 290 * SECOND_NS), 0)
    assert intent.phase != "baseline"


def test_a_wish_before_the_first_bar_counts_from_the_first() -> None:
    controller = Controller(config_of(5))
    assert controller.step(command("calmer"), 0) == ()
    (calm,) = play(controller, bars=1)
    (usual,) = play(Controller(config_of(5)), bars=1)
    assert calm.tempo_bpm < usual.tempo_bpm


def test_commands_that_are_not_ours_change_nothing() -> None:
    controller = Controller(config_of(5))
    list(play(controller, bars=2))
    for kind in ("start", "stop", "self_report"):
        assert controller.step(command(kind), 0) == ()  # type: ignore[arg-type]


def test_the_next_tempo_starts_from_what_was_really_played() -> None:
    controller = Controller(config_of(5))
    *_, last = play(controller, lambda _: 0.2, 3)
    controller.step(played(last, tempo_bpm=100.0), last.t_ns)
    intent = answer(controller, transport(last.bar_index + 1, last.t_ns + LEAD_NS + 2 * SECOND_NS), 116 * SECOND_NS)
    assert intent.tempo_bpm == pytest.approx(100.0 - 2 * 0.75)


def wished(controller: Controller, after_s: float) -> MusicIntent:
    """A revision so long after the newest bar was asked for."""
    last = controller._intent
    assert last is not None
    return answer(controller, command("livelier"), last.t_ns + round(after_s * SECOND_NS))


@pytest.mark.parametrize("after_s", [(0.0,), (1.0,), (3.0,), (0.5, 1.0, 1.5)])
def test_what_a_wish_moved_already_is_not_given_twice(after_s: tuple[float, ...]) -> None:
    controller = Controller(config_of(5, preference={"metre": "4/4"}))
    *_, last = play(controller, lambda _: 0.2, 6)
    revised = last
    for seconds in after_s:
        revised = wished(controller, seconds)
    haste = SLOPES.tempo_bpm * HASTE
    assert revised.tempo_bpm == pytest.approx(last.tempo_bpm * (1 + haste * sum(after_s)), rel=0.02)
    bar_ns = round(bar_s(last) * SECOND_NS)
    controller.step(played(revised), revised.t_ns)
    following = answer(controller, transport(last.bar_index + 1, last.t_ns + LEAD_NS + bar_ns), last.t_ns + bar_ns)
    left_s = bar_ns / SECOND_NS - sum(after_s)
    assert following.tempo_bpm - revised.tempo_bpm == pytest.approx(revised.tempo_bpm * haste * left_s, abs=1e-6)


def test_haste_wears_off_and_never_goes_beyond_what_is_prescribed() -> None:
    slow = {"tempo_slope_percent_s": 1.0}
    controller = Controller(config_of(5, limits=slow))
    *_, last = play(controller, lambda _: 0.2, 6)
    revised = wished(controller, 2.0)
    assert revised.tempo_bpm == pytest.approx(last.tempo_bpm * 1.02)
    bars = [revised]
    for index in range(1, 5):
        starts_ns = last.t_ns + LEAD_NS + 4 * index * SECOND_NS
        bars.append(answer(controller, transport(last.bar_index + index, starts_ns), starts_ns - LEAD_NS))
    rates = [(after.tempo_bpm / before.tempo_bpm - 1) / 4 for before, after in itertools.pairwise(bars[1:])]
    assert rates[0] == pytest.approx(0.01)
    assert all(rate <= SLOPES.tempo_bpm + 1e-9 for rate in rates[2:])


def test_started_again_in_mid_session_it_goes_on_where_the_plan_stands() -> None:
    config = msgspec.structs.replace(config_of(10), started_ns=100 * SECOND_NS)
    intent = answer(Controller(config), transport(90, 400 * SECOND_NS), 396 * SECOND_NS)
    assert intent.phase == "shift"
    assert intent.session_left_s == pytest.approx(300)


def test_the_same_inputs_give_the_same_bytes() -> None:
    first, second = (list(play(Controller(config_of(3, 5)), lambda s: math.sin(s / 9))) for _ in range(2))
    assert msgspec.msgpack.encode(first) == msgspec.msgpack.encode(second)


@pytest.mark.parametrize(("swells", "per_min"), [(True, 9.0), (False, 0.0)])
def test_swells_follow_the_breath_of_the_listener_who_wants_them(*, swells: bool, per_min: float) -> None:
    controller = Controller(config_of(preference={"swells": swells}))
    before = answer(controller, transport(0, 0), 0)
    controller.step(breathing(12.0), 0)
    after = answer(controller, transport(1, 4 * SECOND_NS), 0)
    assert (before.swell_per_min, after.swell_per_min) == (0.0, per_min)


def answers(controller: Controller, kind: str) -> list[tuple[str, str]]:
    """What the controller answers to a wish, as (answer, sentence)."""
    given = controller.step(command(kind, wish_id="patient-1"), 0)
    return [(item.answer, item.sentence) for item in given if isinstance(item, CommandAnswer)]


def test_a_wish_is_answered_by_who_obeys_it() -> None:
    controller = Controller(config_of())
    assert answers(controller, "calmer") == [("queued", "It counts from the first bar on.")]
    controller.step(transport(0, 0), 0)
    assert answers(controller, "calmer") == [("taken", "")]
    assert answers(controller, "softer") == [], "audio's to answer"
    assert answers(controller, "stop") == []


def test_a_wish_that_cannot_be_is_refused_with_why() -> None:
    controller = Controller(config_of())
    controller.step(transport(0, SECOND_NS), 0)
    assert answers(controller, "resume_phase") == [("refused", "No phase is held.")]
    assert answers(controller, "hold_phase") == [("taken", "")]
    assert answers(controller, "resume_phase") == [("taken", "")]
    told = []
    for bar in range(1, 7):
        told.append(answers(controller, "skip_phase"))
        controller.step(transport(bar, (1 + 4 * bar) * SECOND_NS), 0)
    assert [item for ((item, _),) in told] == ["taken"] * 5 + ["refused"]
    assert "last bar" in told[-1][0][1]
    told = [answers(controller, "livelier") for _ in range(4)]
    assert [item for ((item, _),) in told] == ["taken"] * 3 + ["refused"]


def test_a_movement_keeps_its_metre_and_some_are_in_three() -> None:
    metres = set()
    for seed in range(12):
        intents = list(play(Controller(config_of(9, seed)), lambda at_s: math.sin(at_s), bars=140))
        for before, after in itertools.pairwise(intents):
            assert before.metre == after.metre or after.bar_index % MOVEMENT_BARS == 0
        metres |= {intent.metre for intent in intents}
    assert metres == {"4/4", "3/4", "6/8"}


def test_after_a_restart_the_metre_that_was_heard_goes_on() -> None:
    for metre in ("4/4", "3/4", "6/8"):
        controller = Controller(config_of(20, 3))
        heard = msgspec.structs.replace(next(play(Controller(config_of(20, 3)))), bar_index=70, metre=metre)
        controller.step(played(heard), 0)
        assert answer(controller, transport(71, 500 * SECOND_NS), 496 * SECOND_NS).metre == metre


def test_the_prescribed_metre_is_asked_for_from_the_first_bar_to_the_last() -> None:
    config = config_of(2, 1, preference={"metre": "6/8"})
    assert {intent.metre for intent in play(Controller(config))} == {"6/8"}


def test_a_bar_of_silence_comes_in_the_hold_alone_lasts_one_bar_and_is_explained() -> None:
    intents = list(play(Controller(config_of(minutes=60.0, seed=4)), lambda _: -0.6))
    pauses = [intent for intent in intents if intent.silent]
    assert pauses
    assert all(intent.pause and intent.phase == "hold" and "silent for one bar" in intent.reason for intent in pauses)
    assert all(following.bar_index - before.bar_index > 8 for before, following in itertools.pairwise(pauses))


def test_the_story_fades_in_the_end_and_tells_nothing_while_the_rest_is_measured() -> None:
    intents = list(play(Controller(config_of(minutes=40.0))))
    assert {intent.story_db for intent in intents if intent.phase == "baseline"} == {0.0}
    assert intents[-1].story_db < -3.0
    assert max(intent.story_db for intent in intents) - min(intent.story_db for intent in intents) >= 3.0


def test_a_new_key_is_told_in_the_bar_before_it() -> None:
    intents = list(play(Controller(config_of(minutes=30.0))))
    changes = [
        (before.leads_to, Key(after.tonic_pc, after.mode))
        for before, after in itertools.pairwise(intents)
        if (before.tonic_pc, before.mode) != (after.tonic_pc, after.mode)
    ]
    assert len(changes) > 3
    assert sum(told == came for told, came in changes) >= len(changes) - 2


def test_a_therapist_who_locks_loudness_or_instruments_holds_the_story_as_well() -> None:
    for cue in ("loudness", "instrument"):
        controller = Controller(config_of(minutes=30.0))
        lock = msgspec.convert({"t_ns": 0, "kind": "lock", "author": "therapist", "cue": cue}, AnyCommand)
        intents = []
        for intent in play(controller, lambda _: -0.6):
            if intent.bar_index == 20:
                controller.step(lock, intent.t_ns)
            intents.append(intent)
        held = [intent for intent in intents[21:] if not intent.final]
        if cue == "loudness":
            assert {intent.story_db for intent in held} == {intents[20].story_db}
        else:
            assert all(intent.voice_levels == {} for intent in held)
