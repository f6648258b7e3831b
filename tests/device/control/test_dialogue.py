"""A session by question and answer is the box's own, and answers whatever it is told."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device import control
from device.config import ControlConfig
from device.control.cues import Cues
from device.control.dialogue import SILENCE_DB, Dialogue
from device.control.lines import LINE_MAX, Line
from device.imports import import_name
from device.messages import WISHES
from tests.device.control.listener import config_of

MUSIC = (*Cues._fields, "mode", "silent")


def dialogue(minutes: float = 5.0, **prescription: object) -> Dialogue:
    return Dialogue(config_of(minutes, 1, **prescription))


def tell(session: Dialogue, t: object, **told: object) -> Line:
    return session.answer(json.dumps({"t": t, **told}).encode())


def feel(session: Dialogue, t: float, arousal: float = 0.5, sd: float = 0.3) -> Line:
    return tell(session, t, known=True, arousal=arousal, arousal_sd=sd, valence=0.0, valence_sd=1.0)


def wish(session: Dialogue, t: float, command: str, author: str = "therapist", **more: object) -> Line:
    return tell(session, t, command=command, author=author, **more)


def music(line: Line) -> tuple[Any, ...]:
    return tuple(getattr(line, name) for name in MUSIC)


def until(session: Dialogue, begin: int, end: int, arousal: float = 0.5) -> list[Line]:
    return [feel(session, t, arousal) for t in range(begin, end)]


def test_a_whole_session_goes_through_its_phases_and_ends() -> None:
    lines = until(dialogue(), 0, 310)
    assert list(dict.fromkeys(line.phase for line in lines)) == ["baseline", "match", "shift", "hold", "cool-down"]
    assert all(line.reason and line.refusal is None for line in lines)
    assert [line.over for line in lines] == [False] * 300 + [True] * 10
    assert lines[299].final
    assert lines[-1].silent
    assert lines[-1].reason == "The session is over. Silence."
    assert {line.decided_by for line in lines} == {"plan", "policy"}


def test_time_is_the_inputs_wherever_it_begins() -> None:
    one, other = dialogue(), dialogue()
    assert [music(feel(one, t)) for t in range(100)] == [music(feel(other, 1.7e9 + t)) for t in range(100)]


def test_what_is_not_known_follows_the_plan() -> None:
    silent, blind = dialogue(), dialogue()
    lines = [tell(blind, t, known=False) for t in range(250)]
    assert [music(line) for line in lines] == [music(wish(silent, t, "approve")) for t in range(250)]
    assert {line.decided_by for line in lines} == {"plan"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "no JSON"),
        (b"so", "no JSON"),
        (b"[1, 2]", "no JSON object"),
        (b'{"t": 5', "no JSON"),
        (b'{"t": NaN, "known": false}', "no time"),
        (b'{"t": 5, "known": true, "arousal": NaN, "arousal_sd": 1, "valence": 0, "valence_sd": 1}', "arousal"),
        (b'{"t": 5, "known": true, "arousal": 0, "arousal_sd": NaN, "valence": 0, "valence_sd": 1}', "arousal_sd"),
        (b'{"t": 5, "command": "self_report", "author": "patient", "value": NaN}', "no number"),
        (b'{"t": 5, "command": "self_report", "author": "patient", "value": 0, "valence": NaN}', "no number"),
        (b'{"t": 5, "command": "nudge", "author": "therapist", "arousal": NaN}', "A nudge is"),
        (b'{"t": 5, "command": "set_cue", "author": "therapist", "cue": "tempo", "value": NaN}', "A tempo is a number"),
        (b'{"t": 5, "command": "take_over", "author": "therapist", "valence": NaN}', "A target is"),
        (b'{"t": 5, "command": "lock", "author": "therapist", "cue": "\\ud800"}', "cannot be read"),
        (b'{"t": 5, "command": "\\ud800"}', "no command"),
        (b'{"known": false}', "no time"),
        (b'{"t": "5", "known": false}', "no time"),
        (b'{"t": true, "known": false}', "no time"),
        (b'{"t": 1e300, "known": false}', "no time"),
        (b'{"t": 9%s, "known": false}' % (b"9" * 500), "no "),
        (b'{"t": 4, "known": false}', "went back"),
        (b'{"t": 1e6, "known": false}', "more than a day"),
        (b'{"t": 5}', "known"),
        (b'{"t": 5, "known": 1}', "known"),
        (b'{"t": 5, "command": "self_report", "author": "patient", "value": "x"}', "value"),
        (b'{"t": 5, "known": true, "arousal": 0.5}', "tells no arousal_sd, valence, valence_sd"),
        (b'{"t": 5, "known": true, "arousal": 7, "arousal_sd": 1, "valence": 0, "valence_sd": 1}', "arousal"),
        (b'{"t": 5, "known": true, "arousal": "x", "arousal_sd": 1, "valence": 0, "valence_sd": 1}', "arousal"),
        (b'{"t": 5, "known": true, "arousal": 0, "arousal_sd": -1, "valence": 0, "valence_sd": 1}', "arousal_sd"),
        (b'{"t": 5, "known": true, "arousal": 0, "arousal_sd": 1e999, "valence": 0, "valence_sd": 1}', "arousal_sd"),
        (b'{"t": 5, "command": "dance", "author": "patient"}', "no command 'dance'"),
        (b'{"t": 5, "command": "start", "author": "therapist"}', "no command 'start'"),
        (b'{"t": 5, "command": ["stop"]}', "no command"),
        (b'{"t": 5, "command": "calmer", "author": "manager"}', "no author"),
        (b'{"t": 5, "command": "lock", "author": "therapist", "cue": "colour"}', "cue"),
        (b'{"t": 5, "command": "lock", "author": "therapist"}', "cue"),
        (b'{"t": 5, "command": "nudge", "author": "therapist", "arousal": "x"}', "arousal"),
        (b'{"t": 5, "command": "resume_phase", "author": "therapist"}', "No phase is held"),
        (b"\xff\xfe{", "no JSON"),
        (b"[" * 5000, "no JSON"),
    ],
)
def test_a_line_that_cannot_be_obeyed_is_answered_and_changes_nothing(text: bytes, why: str) -> None:
    session, other = dialogue(), dialogue()
    before = until(session, 0, 6)[-1]
    until(other, 0, 6)
    line = session.answer(text)
    assert why in (line.refusal or "")
    assert line.t == 5.0
    assert music(line) == music(before)
    assert "Traceback" not in (line.refusal or "")
    assert [music(one) for one in until(session, 6, 90)] == [music(one) for one in until(other, 6, 90)]


def test_a_refused_line_comes_first_too() -> None:
    line = dialogue().answer(b"what?")
    assert line.t is None
    assert line.refusal
    assert line.phase == "baseline"


def test_locked_cues_stay_while_the_others_move_and_go_on_when_they_are_unlocked() -> None:
    session = dialogue()
    until(session, 0, 100)
    locked = wish(session, 100, "lock", cue="tempo")
    assert (locked.answer, locked.locked, locked.decided_by) == ("taken", ("tempo",), "therapist")
    lines = until(session, 100, 200, arousal=0.9)
    assert {line.tempo_bpm for line in lines} == {locked.tempo_bpm}
    assert len({line.loudness_db for line in lines}) > 10
    assert wish(session, 200, "unlock", cue="tempo").locked == ()
    assert until(session, 200, 260, arousal=0.9)[-1].tempo_bpm != locked.tempo_bpm


def test_while_the_therapist_leads_by_hand_no_estimate_moves_anything() -> None:
    one, other = dialogue(), dialogue()
    for session, arousal in ((one, -0.8), (other, 0.9)):
        until(session, 0, 120, arousal=0.2)
        wish(session, 120, "take_over")
        lines = until(session, 120, 260, arousal=arousal)
        assert {line.decided_by for line in lines} == {"therapist"}
    assert music(feel(one, 260, -0.8)) == music(feel(other, 260, 0.9))


LEADERS = sorted(set(control.POLICIES) - {"silence"})


def led_by(policy: str, **prescription: object) -> Dialogue:
    """A session of ten minutes in its shift, which a policy leads, with a listener who comes down slowly."""
    config = config_of(10.0, 1, **prescription)
    if import_name(control.POLICIES[policy]).takes_model:
        pytest.skip("its model is tested with its own policy")
    leads = msgspec.structs.replace(config.device, control=ControlConfig(policy=policy))
    session = Dialogue(msgspec.structs.replace(config, device=leads))
    follow(session, 0, 240)
    return session


def follow(session: Dialogue, begin: int, end: int) -> list[Line]:
    return [feel(session, t, 0.4 - t / 2000) for t in range(begin, end, 4)]


@pytest.mark.parametrize("policy", LEADERS)
@pytest.mark.parametrize(("command", "author"), [("take_over", "therapist"), ("more", "patient")])
def test_the_target_stays_where_it_is_also_on_a_way_of_the_policys_own(policy: str, command: str, author: str) -> None:
    session = led_by(policy)
    before = feel(session, 240, 0.28)
    wish(session, 240, command, author)
    for line in follow(session, 240, 290):
        assert (line.target_valence, line.target_arousal) == (before.target_valence, before.target_arousal)
        assert line.decided_by == author
    assert line.tempo_bpm == pytest.approx(before.tempo_bpm, rel=0.05)


@pytest.mark.parametrize("policy", LEADERS)
def test_a_nudge_moves_the_target_whoever_leads(policy: str) -> None:
    nudged, other = led_by(policy), led_by(policy)
    wish(nudged, 240, "nudge", arousal=0.3)
    pairs = zip(follow(nudged, 240, 300), follow(other, 240, 300), strict=True)
    shifts = [one.target_arousal - two.target_arousal for one, two in pairs]
    assert min(shifts[:4]) > 0.05, "also after the policy was asked again"


@pytest.mark.parametrize("policy", LEADERS)
def test_approve_first_begins_with_what_is_in_force(policy: str) -> None:
    session = led_by(policy)
    before = feel(session, 240, 0.28)
    assert wish(session, 240, "approve_first").answer == "taken"
    line = follow(session, 240, 260)[-1]
    assert line.target_arousal == pytest.approx(before.target_arousal, abs=0.15)
    assert line.tempo_bpm == pytest.approx(before.tempo_bpm, rel=0.06)


@pytest.mark.parametrize("policy", ["iso", "mpc", "pi", "ramp", "target"])
def test_a_way_of_the_policys_own_waits_for_approval_and_is_taken_then(policy: str) -> None:
    session, plan = led_by(policy, approve_first=True), led_by("plan")
    before, planned = feel(session, 240, 0.28), feel(plan, 240, 0.28)
    assert (before.target_valence, before.target_arousal) == (planned.target_valence, planned.target_arousal)
    for t in range(240, 360, 4):
        line = feel(session, t, 0.28)
        if line.pending:
            break
    assert line.pending
    assert "waits for approval" in line.reason
    approved = wish(session, t, "approve")
    assert approved.target_arousal != line.target_arousal
    later = [feel(session, t + after, 0.28).target_arousal for after in range(4, 300, 4)]
    assert later == pytest.approx([approved.target_arousal] * len(later)), "the plan's target goes on, and not this"
    assert approved.decided_by == "therapist"


def test_a_loudness_that_is_locked_stays_after_the_end_and_a_stop_unlocks_it() -> None:
    session = dialogue()
    wish(session, 10, "lock", cue="loudness")
    locked = until(session, 10, 320)
    assert locked[-1].over
    assert {line.loudness_db for line in locked} == {locked[0].loudness_db}
    session = dialogue()
    wish(session, 10, "lock", cue="loudness")
    assert wish(session, 12, "stop", "patient").locked == ()


@pytest.mark.parametrize("text", [
    b'{"command": "stop"}', b'{"command": "stop", "t": 3}', b'{"command": "stop", "t": "now"}',
    b'{"command": "stop", "t": NaN}', b'{"command": "stop", "t": -Infinity}', b'{"command": "stop", "t": 1e9}',
    b'{"command": "stop", "t": 101, "author": null, "id": 5}',
])  # fmt: skip
def test_stop_is_obeyed_whatever_else_is_wrong_with_the_line(text: bytes) -> None:
    session = dialogue()
    until(session, 0, 101)
    line = session.answer(text)
    assert (line.stopped, line.silent, line.answer, line.refusal) == (True, True, "taken", None)
    assert feel(session, 150).stopped
    assert dialogue().answer(text).stopped, "also before anything else was told"


@pytest.mark.parametrize("before", [[], ["lock"], ["take_over"], ["rest"], ["hold_phase"], ["approve_first"]])
def test_stop_is_always_obeyed_and_final(before: list[str]) -> None:
    session = dialogue()
    last = until(session, 0, 100)[-1]
    for command in before:
        last = wish(session, 99, command, cue="loudness")
    line = wish(session, 100, "stop", "patient")
    assert (line.stopped, line.silent, line.answer, line.decided_by) == (True, True, "taken", "patient")
    for t in range(101, 200):
        earlier, line = line, feel(session, t)
        assert line.stopped
        assert line.refusal is None
        assert "patient stopped" in line.reason
        assert SILENCE_DB <= line.loudness_db <= earlier.loudness_db
        assert earlier.loudness_db - line.loudness_db <= 1.5 + 1e-9
    assert line.loudness_db == SILENCE_DB
    assert (line.phase, line.tempo_bpm) == (last.phase, line.tempo_bpm)
    for command in ("play_on", "louder", "skip_phase", "hand_back"):
        refused = wish(session, 200, command)
        assert refused.answer == "refused"
        assert refused.silent
    assert wish(session, 201, "stop").answer == "taken"
    assert wish(session, 202, "play_on").decided_by == "patient"


def test_softer_and_louder_are_obeyed_as_audio_does_within_slope_and_prescription() -> None:
    session = dialogue()
    before = until(session, 0, 10)[-1]
    assert wish(session, 9, "softer", "patient").answer == "taken"
    assert until(session, 10, 20)[-1].loudness_db == pytest.approx(before.loudness_db - 3)
    for _ in range(20):
        line = wish(session, 20, "louder", "patient")
    assert line.answer == "refused"
    assert all(one.loudness_db <= 0 for one in until(session, 20, 100, arousal=1.0))


def test_a_proposal_waits_for_approval_and_is_then_done() -> None:
    session = dialogue()
    wish(session, 0, "approve_first")
    lines = until(session, 1, 200, arousal=0.9)
    assert any(line.pending for line in lines)
    assert "policy" not in {line.decided_by for line in lines}


def test_the_line_on_which_a_session_ends_is_silent() -> None:
    session = dialogue(0.5)
    until(session, 0, 20)
    line = feel(session, 3600.0)
    assert (line.over, line.silent, line.phase) == (True, True, "cool-down")


def test_a_loudness_that_still_glides_after_a_wish_stays_where_it_is_heard_when_it_is_locked() -> None:
    session = dialogue()
    until(session, 0, 10)
    wish(session, 9, "softer", "patient")
    heard = feel(session, 10).loudness_db
    assert wish(session, 11, "lock", cue="loudness").loudness_db == pytest.approx(heard)
    assert {round(line.loudness_db, 9) for line in until(session, 11, 100, arousal=0.9)} == {round(heard, 9)}


def test_a_rest_that_the_policy_chose_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(control.POLICIES, "hand", control.POLICIES["silence"])
    line = until(dialogue(), 0, 150)[-1]
    assert line.silent
    assert line.decided_by == "policy"
    assert "the policy lets the music rest" in line.reason


def test_too_much_said_twice_brings_the_calm_neutral_and_a_way_back() -> None:
    session = dialogue(20.0)
    until(session, 0, 300, arousal=0.8)
    assert wish(session, 300, "too_much", "patient").answer == "taken"
    until(session, 300, 330, arousal=0.8)
    wish(session, 330, "too_much", "patient")
    lines = until(session, 330, 700, arousal=0.8)
    held = [line for line in lines if "shield: calm neutral" in line.reason]
    assert held[0].t == 330
    assert {line.decided_by for line in held} == {"shield"}
    assert max(line.target_arousal for line in held) <= -0.3
    assert "too much, and again" in held[0].reason
    assert "shield" not in lines[-1].reason


def test_too_long_a_line_is_refused() -> None:
    assert f"{LINE_MAX}" in (dialogue().refuse_long().refusal or "")


times = st.sampled_from([0, 0, 0.5, 1, 4, 20, 3600, -1]) | st.floats(0, 10)
numbers = st.floats(-1.2, 1.2)
estimates = st.fixed_dictionaries(
    {"known": st.booleans(), "arousal": numbers, "arousal_sd": st.floats(0, 1.2), "valence": numbers,
     "valence_sd": st.floats(0, 1.2)}
)  # fmt: skip
kinds = st.sampled_from(sorted(set(WISHES) - {"stop", "set_cue"}))
commands = st.fixed_dictionaries(
    {"command": kinds, "author": st.sampled_from(["patient", "therapist"])},
    optional={"cue": st.sampled_from([*Cues._fields, "tempo", "loudness", "mode"]), "value": numbers,
              "on": st.booleans(), "arousal": numbers, "valence": numbers, "voice": st.just("bass")},
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(told=st.lists(st.tuples(times, estimates | commands), max_size=60), slope=st.floats(0.05, 3))
def test_whatever_is_told_the_music_stays_inside_prescription_and_slopes(
    told: list[tuple[float, dict[str, object]]], slope: float
) -> None:
    limits = {"tempo_slope_percent_s": slope, "loudness_slope_db_s": slope, "density_max": 0.5, "tempo_max_bpm": 90.0}
    session, t, before = dialogue(1.0, limits=limits), 0.0, None
    for since_s, line_told in told:
        line = tell(session, max(0.0, t + since_s), **line_told)
        passed_s, t = (line.t or 0.0) - t, line.t or 0.0
        assert line.reason
        assert 48 - 1e-9 <= line.tempo_bpm <= 90 + 1e-9
        assert line.loudness_db <= 0
        assert 0 <= line.density <= 0.5
        if before is not None:
            assert abs(line.loudness_db - before.loudness_db) <= slope * passed_s + 1e-9
            assert abs(line.tempo_bpm / before.tempo_bpm - 1) <= slope / 100 * passed_s + 1e-9
            for cue in set(line.locked) & set(before.locked) & {"density", "brightness", "articulation"}:
                assert getattr(line, cue) == getattr(before, cue)
        before = line
