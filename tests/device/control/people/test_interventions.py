"""People step in: what they ask is obeyed at once and within slopes, or refused whole, and a sentence says which."""

from __future__ import annotations

import itertools
import math
import sys

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device import control
from device.config import ControlConfig, SessionConfig
from device.control.bounds import SLOPES
from device.control.controller import Controller
from device.control.cues import Cues
from device.control.people.haste import HASTE
from device.control.people.interventions import RELIEF_S, STAYS_S
from device.control.people.own_words import FADES_S, FRESH_S
from device.control.plan.session_plan import State
from device.control.policies.view import Proposal
from device.messages import (
    WISHES,
    AnyCommand,
    CommandAnswer,
    CueName,
    Decision,
    Moves,
    MusicIntent,
    SelfReport,
)
from device.music.form import SECTION_BARS
from device.trial_layout import TrialLayout
from device.wishes import AT_ONCE, MAY
from tests.device.control.listener import LEAD_NS, SECOND_NS, bar_s, config_of, estimate, played, transport
from tests.device.control.test_bounds import Told


class Session:
    """A controller in fast motion, asked for bars and told wishes."""

    def __init__(self, minutes: float = 10.0, arousal: float | None = 0.3, **prescription: object) -> None:
        self.controller = Controller(config_of(minutes, **prescription))
        self.arousal = arousal
        self.starts_ns, self.bar_index = 100 * SECOND_NS, 0
        self.intent: MusicIntent
        self.decision: Decision

    @property
    def now_ns(self) -> int:
        return self.starts_ns - LEAD_NS

    def bars(self, n: int = 1) -> list[MusicIntent]:
        """The next intents."""
        return [self._bar() for _ in range(n)]

    def bars_for(self, seconds: float) -> list[MusicIntent]:
        until_ns = self.starts_ns + round(seconds * SECOND_NS)
        return [self._bar() for _ in itertools.takewhile(lambda _: self.starts_ns < until_ns, itertools.count())]

    def _bar(self) -> MusicIntent:
        if self.arousal is not None:
            self.controller.step(estimate(self.now_ns, self.arousal), self.now_ns)
        self._take(self.controller.step(transport(self.bar_index, self.starts_ns), self.now_ns))
        self.controller.step(played(self.intent), self.now_ns)
        self.bar_index += 1
        self.starts_ns += round(bar_s(self.intent) * SECOND_NS)
        return self.intent

    def ask(self, kind: str, author: str = "therapist", **said: object) -> tuple[str, str]:
        """Wish something a second after the newest bar was asked for; returns the answer and its sentence."""
        told = {"t_ns": 0, "kind": kind, "author": author, "id": "x"} | said
        now_ns = (self.intent.t_ns if self.bar_index else self.now_ns) + SECOND_NS
        emitted = self.controller.step(msgspec.convert(told, AnyCommand), now_ns)
        self._take(emitted)
        (answer,) = (item for item in emitted if isinstance(item, CommandAnswer))
        if self.bar_index:
            self.controller.step(played(self.intent), now_ns)
        return answer.answer, answer.sentence

    def _take(self, emitted: object) -> None:
        for item in emitted:  # type: ignore[attr-defined]
            if isinstance(item, MusicIntent):
                self.intent = item
            elif isinstance(item, Decision):
                self.decision = item


def in_shift(**prescription: object) -> Session:
    """A session that is well on its way."""
    session = Session(**prescription)
    session.bars(4)
    for _ in range(2):
        session.ask("skip_phase")
        session.bars(3)
    assert session.intent.phase == "shift"
    return session


CUES: dict[CueName, str] = {
    "tempo": "tempo_bpm", "register": "register_midi", "loudness": "loudness_db", "density": "density",
    "brightness": "brightness", "articulation": "articulation",
}  # fmt: skip


@pytest.mark.parametrize("cue", CUES)
def test_a_locked_cue_stays_while_the_others_go_on(cue: CueName) -> None:
    session = in_shift()
    locked = getattr(session.intent, CUES[cue])
    assert session.ask("lock", cue=cue) == ("taken", "")
    intents = [session.intent, *session.bars(12)]
    assert {getattr(intent, CUES[cue]) for intent in intents} == {locked}
    others = [name for name in Cues._fields if name != CUES[cue]]
    assert any(getattr(intents[-1], name) != getattr(intents[0], name) for name in others)
    assert session.decision.context.locks == (cue,)
    assert f"locked: {cue}" in session.intent.reason
    assert session.ask("unlock", cue=cue) == ("taken", "")
    assert getattr(session.bars(4)[-1], CUES[cue]) != locked


def test_a_locked_mode_stays_at_the_borders_of_sections() -> None:
    def modes(*, locked: bool) -> set[str]:
        session = Session(goal_valence=0.6)
        session.bars(1)
        if locked:
            session.ask("lock", cue="mode")
        session.ask("nudge", valence=-1.0)
        session.ask("take_over")
        session.ask("nudge", valence=-1.0)
        return {intent.mode for intent in session.bars(2 * SECTION_BARS)}

    assert modes(locked=True) == {"major"}
    assert "minor" in modes(locked=False)


def test_a_cue_that_is_locked_before_the_first_bar_stays_as_it_begins() -> None:
    session = Session()
    assert session.ask("lock", cue="tempo") == ("queued", "It counts from the first bar on.")
    assert len({intent.tempo_bpm for intent in session.bars(20)}) == 1


def test_what_really_was_played_does_not_move_a_locked_tempo() -> None:
    session = in_shift()
    session.ask("lock", cue="tempo")
    locked = session.intent.tempo_bpm
    session.controller.step(played(session.intent, tempo_bpm=locked + 9), session.now_ns)
    assert session.bars(1)[0].tempo_bpm == locked


def test_a_cue_that_was_set_goes_there_by_its_slopes_and_stays() -> None:
    session = in_shift()
    assert session.ask("set_cue", cue="tempo", value=110.0) == ("taken", "")
    intents = [session.intent, *session.bars(30)]
    for before, after in itertools.pairwise(intents):
        assert after.tempo_bpm - before.tempo_bpm <= before.tempo_bpm * HASTE * SLOPES.tempo_bpm * 5
    assert intents[-1].tempo_bpm == pytest.approx(110.0)
    assert "tempo set to 110" in session.intent.reason
    session.ask("unlock", cue="tempo")
    assert session.bars(10)[-1].tempo_bpm < 100


def test_contradictions_are_refused_whole() -> None:
    session = in_shift()
    assert session.ask("unlock", cue="tempo") == ("refused", "The tempo is not locked.")
    session.ask("lock", cue="tempo")
    assert session.ask("lock", cue="tempo") == ("refused", "The tempo is locked already.")
    assert session.ask("set_cue", cue="tempo", value=80.0) == ("refused", "The tempo is locked; unlock it first.")
    session.ask("set_cue", cue="density", value=0.2)
    assert session.ask("lock", cue="density")[0] == "refused"
    assert session.ask("set_cue", cue="tempo", value="major")[0] == "refused"
    assert session.ask("set_cue", cue="mode", value=3.0) == ("refused", "A mode is major or minor.")
    assert session.ask("set_cue", cue="register", value=math.nan) == ("refused", "A register is a number.")
    assert session.ask("set_cue", cue="instrument", value=3.0)[0] == "refused"
    assert session.ask("set_cue", cue="loudness", value=6.0) == ("refused", "The loudness can be -60 to 0 here.")
    assert session.ask("nudge") == ("refused", "A nudge is a step of valence or arousal, -1 to 1.")
    assert session.ask("nudge", arousal=3.0)[0] == "refused"
    assert session.ask("hand_back") == ("refused", "Plan and policy lead already.")
    assert session.ask("approve") == ("refused", "Proposals need no approval now.")
    assert session.ask("approve_first", on=False)[0] == "refused"
    assert session.ask("play_on") == ("refused", "The music does not rest.")
    assert session.ask("less_of") == ("refused", "Name either a voice or an instrument.")
    assert session.ask("less_of", program=999) == ("refused", "No instrument 999 plays.")
    assert session.decision.context.locks == ("tempo", "density"), "what was refused changed nothing"


def test_a_key_that_never_sounds_cannot_be_set() -> None:
    never = [f"{name} minor" for name in ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")]
    session = in_shift(preference={"never_keys": never})
    assert session.ask("set_cue", cue="mode", value="minor") == ("refused", "No key in minor may sound.")


@pytest.mark.parametrize("kind", sorted(set(WISHES) - MAY["patient"]))
def test_a_patient_is_told_who_may_ask_what_they_may_not(kind: str) -> None:
    session = in_shift()
    before = session.intent
    answer = session.ask(kind, "patient", cue="tempo", value=80.0, points=[])
    assert answer == ("refused", f"A patient may not ask `{kind}`; a therapist may.")
    assert session.intent is before


def test_more_of_this_keeps_the_target_for_a_while_and_the_policy_hears_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = spied(monkeypatch)
    session = in_shift()
    target = session.intent.target_arousal
    assert session.ask("more", "patient") == ("taken", "")
    kept = session.bars_for(STAYS_S - 5)
    assert {intent.target_arousal for intent in kept} == {target}
    assert session.decision.decided_by == "patient"
    assert "kept as the patient likes it" in session.intent.reason
    session.bars_for(10)
    assert session.intent.target_arousal < target
    wished = [view.wished for view in seen]
    assert sum(wished) == 1, "it is told once"


def spied(monkeypatch: pytest.MonkeyPatch, answers: tuple[Moves, ...] = (Moves(),)) -> list:
    """What the policy is given from now on; it answers what is said."""
    seen: list = []

    class Spy(Told):
        def decide(self, view, random):  # type: ignore[no-untyped-def]
            seen.append(view)
            return super().decide(view, random)

    monkeypatch.setattr(Spy, "answers", answers)
    monkeypatch.setattr(sys.modules[__name__], "Spy", Spy, raising=False)
    monkeypatch.setitem(control.POLICIES, "hand", f"{__name__}:Spy")
    return seen


def test_while_the_rest_is_measured_there_is_nothing_to_keep() -> None:
    session = Session()
    session.bars(1)
    assert session.ask("more", "patient")[0] == "refused"


def test_too_much_is_calmer_softer_and_thinner_at_once_and_wears_off(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = spied(monkeypatch)
    session, other = in_shift(), in_shift()
    before = session.intent
    assert session.ask("too_much", "patient") == ("taken", "")
    assert session.decision.decided_by == "patient"
    for name in ("tempo_bpm", "loudness_db", "density"):
        assert getattr(session.intent, name) < getattr(before, name), name
    limits = config_of().prescription.limits
    assert before.loudness_db - session.intent.loudness_db <= limits.loudness_slope_db_s + 1e-6
    soon, usual = session.bars(6)[-1], other.bars(6)[-1]
    assert soon.loudness_db < usual.loudness_db - 3
    assert soon.density < usual.density - 0.1
    assert min(view.wished for view in seen) == -1
    late, usual = session.bars_for(RELIEF_S)[-1], other.bars_for(RELIEF_S)[-1]
    assert late.loudness_db == pytest.approx(usual.loudness_db, abs=0.7)


def test_what_is_held_stays_even_when_it_is_too_much_and_that_is_said() -> None:
    session = in_shift()
    session.ask("lock", cue="loudness")
    loudness_db = session.intent.loudness_db
    assert session.ask("too_much", "patient") == ("taken", "A person holds loudness, which will not change.")
    assert {intent.loudness_db for intent in session.bars(4)} == {loudness_db}


def test_less_of_a_voice_is_softer_then_silent_but_never_all_of_them() -> None:
    session = in_shift()
    for level in (0.6, 0.0):
        assert session.ask("less_of", "patient", voice="pad") == ("taken", "")
        assert session.intent.voice_levels == {"pad": level}
    assert session.ask("less_of", "patient", voice="pad") == ("refused", "The pad does not play already.")
    assert session.ask("less_of", "patient", program=40) == ("refused", "No violin plays.")
    for _ in range(2):
        session.ask("less_of", "patient", voice="bass")
        answer = session.ask("less_of", "patient", program=0)
    assert answer[0] == "refused"
    assert "silences all" in answer[1]
    assert session.ask("all_voices", "patient") == ("taken", "")
    assert session.intent.voice_levels == {}
    session.ask("lock", cue="instrument")
    assert session.ask("less_of", "patient", voice="pad") == ("refused", "The instruments are locked.")


def test_a_nudge_moves_the_target_for_good() -> None:
    session = in_shift()
    before = session.intent.target_arousal
    assert session.ask("nudge", arousal=0.3, valence=-0.1) == ("taken", "")
    assert session.intent.target_arousal == pytest.approx(before + 0.3)
    assert session.decision.decided_by == "therapist"


def ahead(*points: tuple[float, float, float]) -> list[dict[str, float]]:
    return [dict(zip(("in_s", "valence", "arousal"), point, strict=True)) for point in points]


def test_the_path_ahead_can_be_written_anew_but_not_as_a_jump_or_without_an_end() -> None:
    session = in_shift()
    assert session.ask("edit_path", points=ahead((60.0, 0.0, 0.5), (200.0, 0.4, -0.6))) == ("taken", "")
    targets = [intent.target_arousal for intent in session.bars_for(70)]
    assert max(targets) == pytest.approx(0.5, abs=0.05)
    assert session.bars_for(140)[-1].target_arousal == pytest.approx(-0.6, abs=0.05)
    for wrong, said in (
        (ahead((2.0, 0.4, 0.9)), "jumps"),
        (ahead((9e9, 0.4, -0.6)), "does not end"),
        (ahead((-5.0, 0.4, -0.6)), "past"),
        (ahead((math.nan, 0.4, -0.6)), "no point"),
        ([], "0 points"),
    ):
        answer, sentence = session.ask("edit_path", points=wrong)
        assert answer == "refused"
        assert said in sentence


def test_who_takes_over_may_say_where_the_target_stays_with_all_that_was_added_to_it() -> None:
    session = in_shift()
    session.ask("nudge", arousal=0.1)
    assert session.ask("take_over", arousal=1.5)[0] == "refused"
    assert session.ask("take_over", arousal=-0.2, valence=0.3) == ("taken", "")
    session.bars(3)
    assert session.intent.target_arousal == pytest.approx(-0.2)
    assert session.intent.target_valence == pytest.approx(0.3)


def test_who_takes_over_leads_until_they_hand_back(monkeypatch: pytest.MonkeyPatch) -> None:
    spied(monkeypatch, (Moves(arousal=-0.5, density=0.2),))
    session = in_shift()
    session.bars(10)
    assert session.decision.decided_by == "policy"
    target, taken = session.intent.target_arousal, session.decision.taken
    assert session.ask("take_over") == ("taken", "")
    assert session.ask("take_over")[0] == "refused"
    assert {intent.target_arousal for intent in session.bars_for(60)} == {target}
    assert session.decision.taken == taken
    assert (session.decision.by_hand, session.decision.decided_by) == (True, "therapist")
    session.arousal = None
    session.bars_for(30)
    assert session.decision.taken == taken, "a lost estimate is no matter to who leads by hand"
    assert session.ask("more", "patient") == ("taken", "The therapist leads by hand; the policy learns of it.")
    session.ask("nudge", arousal=-0.2)
    assert session.intent.target_arousal == pytest.approx(target - 0.2)
    assert session.ask("hand_back") == ("taken", "")
    session.arousal = 0.3
    session.bars_for(40)
    assert session.decision.decided_by != "therapist"
    assert session.intent.target_arousal != pytest.approx(target - 0.2)


def test_nothing_that_waits_for_approval_is_done_before(monkeypatch: pytest.MonkeyPatch) -> None:
    spied(monkeypatch, (Moves(arousal=-0.4),))
    session = in_shift(approve_first=True)
    session.bars(3)
    assert session.decision.taken == Moves()
    pending = session.decision.pending
    assert pending is not None
    assert pending.words == "less livelier (-0.40)"
    assert f"proposal {pending.id} waits for approval" in session.intent.reason
    assert session.ask("approve", proposal=pending.id + 7)[0] == "refused"
    assert session.ask("approve", proposal=pending.id) == ("taken", "")
    session.bars(8)
    assert session.decision.taken.arousal == pytest.approx(-0.4)
    assert (session.decision.approved, session.decision.decided_by) == (pending.id, "therapist")
    assert session.ask("approve") == ("refused", "No proposal is pending.")


def test_in_a_trial_no_proposal_waits_as_that_would_tell_which_blocks_adapt() -> None:
    session = Session()
    layout = TrialLayout(trial="t", number=1, planned=1, blocks=())
    session.controller = Controller(msgspec.structs.replace(config_of(10.0), trial=layout))
    session.bars(2)
    answer, sentence = session.ask("approve_first")
    assert answer == "refused"
    assert "which blocks adapt" in sentence
    assert not session.decision.approve_first


def test_a_proposal_that_nobody_answers_lapses_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    spied(monkeypatch, (Moves(arousal=-0.4),))
    session = in_shift(approve_first=True)
    reasons = [intent.reason for intent in session.bars_for(90)]
    assert any("lapsed, the plan goes on" in reason for reason in reasons)
    assert session.decision.taken == Moves()
    assert session.decision.decided_by == "plan"
    session.bars_for(20)
    session.ask("reject")
    assert session.decision.pending is None
    session.bars(2)
    assert session.decision.pending is None, "after a rejection there is a pause"
    session.bars_for(30)
    assert session.decision.pending is not None


def test_a_way_of_the_policys_own_waits_for_approval_too() -> None:
    session = in_shift(approve_first=True)
    session.controller = Controller(with_policy(session, "target"))
    session.bars(2)
    session.ask("skip_phase")
    session.bars(1)
    session.ask("skip_phase")
    session.bars(2)
    planned, pending = session.intent.target_arousal, session.decision.pending
    assert pending is not None
    assert "lively target" in pending.words
    assert session.decision.decided_by == "plan"
    session.ask("approve", proposal=pending.id)
    assert session.bars(1)[0].target_arousal < planned - 0.1
    assert session.decision.decided_by == "therapist"


def test_a_way_that_was_approved_is_told_in_numbers_that_a_message_carries() -> None:
    session = Session(minutes=1.6, arousal=-0.6, approve_first=True)
    session.controller = Controller(with_policy(session, "target"))
    for _ in range(20):
        session.bars(1)
        msgspec.msgpack.encode(session.decision)
        msgspec.msgpack.encode(session.intent)
        if session.decision.pending:
            session.ask("approve", proposal=session.decision.pending.id)
    assert session.decision.approved


def test_a_nudge_after_a_way_was_approved_moves_the_target_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    spied(monkeypatch)
    monkeypatch.setattr(
        sys.modules[__name__].Spy,  # type: ignore[attr-defined]
        "decide",
        lambda _self, _view, _random: Proposal(Moves(), detour=State(0.0, 0.3)),
    )
    session = in_shift(approve_first=True)
    session.bars(3)
    assert session.ask("approve") == ("taken", "")
    session.bars(2)
    target = session.intent.target_arousal
    assert session.ask("nudge", arousal=-0.25) == ("taken", "")
    assert session.intent.target_arousal == pytest.approx(target - 0.25)
    assert [intent.target_arousal for intent in session.bars(5)] == pytest.approx([target - 0.25] * 5)


@pytest.mark.parametrize("kind", ["take_over", "approve_first"])
def test_who_steps_in_begins_where_the_policys_own_way_was(kind: str) -> None:
    session = in_shift()
    session.controller = Controller(with_policy(session, "target"))
    session.bars(2)
    session.ask("skip_phase")
    session.bars(1)
    session.ask("skip_phase")
    session.bars(3)
    target = session.intent.target_arousal
    session.ask(kind)
    assert session.intent.target_arousal == pytest.approx(target)
    assert session.bars(1)[0].target_arousal == pytest.approx(target, abs=0.05)


def with_policy(session: Session, name: str) -> SessionConfig:
    config = session.controller._config
    device = msgspec.structs.replace(config.device, control=ControlConfig(policy=name))
    return msgspec.structs.replace(config, device=device)


def test_a_rest_is_silent_until_somebody_lets_it_play_on() -> None:
    session = in_shift()
    assert session.ask("rest") == ("taken", "It rests from the next bar on.")
    assert all(intent.silent for intent in (session.intent, *session.bars(3)))
    assert session.decision.decided_by == "therapist"
    assert session.intent.reason.endswith("(rests, as the therapist asked): a rest")
    assert session.ask("rest")[0] == "refused"
    assert session.ask("play_on") == ("taken", "")
    assert not any(intent.silent for intent in (session.intent, *session.bars(3)))


def test_after_a_stop_nothing_sounds_and_nothing_is_obeyed() -> None:
    session = in_shift()
    session.controller.step(msgspec.convert({"t_ns": 0, "kind": "stop", "author": "patient"}, AnyCommand), 0)
    (intent,) = session.bars(1)
    assert (intent.silent, intent.final) == (True, True)
    assert session.ask("lock", cue="tempo") == ("refused", "The session ends with this bar.")


def report(arousal: float, valence: float | None = None) -> SelfReport:
    return SelfReport(t_ns=0, author="patient", value=arousal, valence=valence)


def test_what_the_listener_says_outranks_the_estimate_and_gives_way_within_minutes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = spied(monkeypatch)
    session = in_shift()
    session.controller.step(report(-0.8, 0.5), 0)
    session.bars_for(FRESH_S - 10)
    assert seen[-1].feeling.arousal == pytest.approx(-0.8)
    assert seen[-1].feeling.valence == pytest.approx(0.5)
    assert session.decision.context.held_to == (0.5, -0.8)
    assert [view.told_arousal for view in seen if not math.isnan(view.told_arousal)] == [-0.8]
    session.bars_for(FADES_S / 2 + 10)
    assert -0.5 < seen[-1].feeling.arousal < 0.0
    session.bars_for(FADES_S)
    assert seen[-1].feeling.arousal == pytest.approx(0.3)
    assert session.decision.context.held_to is None


def test_it_counts_without_any_estimator_too(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = spied(monkeypatch)
    session = in_shift()
    session.arousal = None
    session.bars_for(20)
    assert not seen[-1].feeling.known
    session.controller.step(report(0.7), 0)
    session.bars(1)
    assert (seen[-1].feeling.known, seen[-1].feeling.arousal) == (True, pytest.approx(0.7))
    assert "the listener said arousal +0.70" in session.intent.reason
    assert "open loop" not in session.intent.reason
    session.bars_for(FRESH_S + FADES_S + 10)
    assert not seen[-1].feeling.known


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_report_that_is_no_number_is_not_held_to(value: float, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = spied(monkeypatch)
    session = in_shift()
    session.controller.step(report(value), 0)
    session.bars(1)
    assert seen[-1].feeling.arousal == pytest.approx(0.3)


def test_a_storm_is_refused_with_a_sentence_and_nothing_grows() -> None:
    session = in_shift()
    now_ns = session.intent.t_ns + SECOND_NS
    answers, revisions = [], 0
    for index in range(1000):
        told = {"t_ns": 0, "kind": ("too_much", "calmer", "livelier")[index % 3], "author": "patient", "id": "x"}
        emitted = session.controller.step(msgspec.convert(told, AnyCommand), now_ns + index * SECOND_NS // 1000)
        answers += [item for item in emitted if isinstance(item, CommandAnswer)]
        revisions += sum(isinstance(item, MusicIntent) for item in emitted)
    assert len(answers) == 1000
    assert revisions <= AT_ONCE + 25
    assert answers[-1].sentence == "More than 20 wishes a second cannot be obeyed."
    assert len(msgspec.msgpack.encode(session.decision)) < 2000


def test_the_same_wishes_give_the_same_bytes() -> None:
    def told() -> bytes:
        session = in_shift(approve_first=True)
        for kind, said in (("lock", {"cue": "mode"}), ("too_much", {}), ("take_over", {}), ("hand_back", {})):
            session.ask(kind, **said)  # type: ignore[arg-type]
            session.bars(3)
        return msgspec.msgpack.encode([session.decision, session.intent])

    assert told() == told()


wishes = st.sampled_from([
    {"kind": "more"}, {"kind": "too_much"}, {"kind": "calmer"}, {"kind": "livelier"}, {"kind": "take_over"},
    {"kind": "hand_back"}, {"kind": "rest"}, {"kind": "play_on"}, {"kind": "approve_first"}, {"kind": "approve"},
    {"kind": "reject"}, {"kind": "all_voices"}, {"kind": "skip_phase"}, {"kind": "hold_phase"},
    {"kind": "approve_first", "on": False}, {"kind": "less_of", "voice": "melody"}, {"kind": "nudge", "arousal": -0.7},
    *({"kind": kind, "cue": cue} for kind in ("lock", "unlock") for cue in (*CUES, "mode", "instrument")),
    *({"kind": "set_cue", "cue": cue, "value": value} for cue in CUES for value in (-9.0, 0.5, 70.0)),
])  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(course=st.lists(st.none() | wishes, min_size=1, max_size=40), arousal=st.floats(-1, 1) | st.none())
def test_whatever_people_ask_every_intent_keeps_slopes_locks_and_gives_a_reason(
    course: list[dict[str, object] | None], arousal: float | None
) -> None:
    session = Session(arousal=arousal)
    session.bars(1)
    limits = config_of().prescription.limits
    for wish in course:
        before, locks = session.intent, set(session.decision.context.locks)
        asked_ns = before.t_ns
        if wish is None:
            session.bars(1)
        else:
            answer, sentence = session.ask(**wish)  # type: ignore[arg-type]
            assert answer == "taken" or sentence
            assert answer != "refused" or session.intent is before
        seconds = max(240 / before.tempo_bpm, (session.intent.t_ns - asked_ns) / SECOND_NS)
        held = {CUES[cue] for cue in locks & set(session.decision.context.locks) if cue in CUES}
        still = session.controller._people.locks.still
        for name in Cues._fields:
            change = abs(getattr(session.intent, name) - getattr(before, name))
            slope = HASTE * getattr(SLOPES, name) * (before.tempo_bpm if name == "tempo_bpm" else 1)
            assert change <= seconds * slope + 1e-6, name
            assert name not in held or not any(CUES.get(cue) == name for cue in still) or change == 0
        tempo_slope = before.tempo_bpm * limits.tempo_slope_percent_s / 100
        assert abs(session.intent.tempo_bpm - before.tempo_bpm) <= seconds * tempo_slope + 1e-6
        assert session.intent.reason
        assert session.decision.reason == session.intent.reason
