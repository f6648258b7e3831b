"""In the blocks of a trial the policy leads only where it is its turn, and nobody is told which blocks those are."""

import msgspec
import numpy as np

from device.config import ControlConfig, DeviceConfig, SessionConfig
from device.control.controller import Controller
from device.control.plan.session_plan import plan_of
from device.messages import AffectEstimate, Decision, Moves, MusicIntent, Transport
from device.plan_layout import PhaseLayout, PlanLayout
from device.runtime.board import BLINDED, Board
from device.runtime.bus import Received
from device.trial_layout import Condition, Replayed, TrialBlock, TrialLayout

S = 1_000_000_000
ORDER: tuple[Condition, ...] = ("adaptive", "silence", "yoked", "adaptive", "static", "adaptive")
BLOCK_S = 60.0
REPLAYED = (Replayed(for_s=30.0, moves=Moves(arousal=-0.1)), Replayed(for_s=30.0, moves=Moves(arousal=0.15)))


def trial_config(order: tuple[Condition, ...] = ORDER) -> SessionConfig:
    minutes = 1 + len(order) * BLOCK_S / 60 + 1
    config = SessionConfig(
        session_id="s", run_dir="", session_dir="", models_dir="", minutes=minutes,
        device=DeviceConfig(control=ControlConfig(policy="hand")),
    )  # fmt: skip
    phases = (
        PhaseLayout(kind="baseline"),
        PhaseLayout(kind="hold", share=1.0),
        PhaseLayout(kind="cool-down", minutes=1.0),
    )
    plan = PlanLayout(phase=phases)
    config = msgspec.structs.replace(config, prescription=msgspec.structs.replace(config.prescription, plan=plan))
    begins_s = plan_of(config).stretches[0].ends_s
    blocks = tuple(
        TrialBlock(
            condition=condition,
            pair=place // 2,
            begins_s=begins_s + place * BLOCK_S,
            ends_s=begins_s + (place + 1) * BLOCK_S,
        )
        for place, condition in enumerate(order)
    )
    layout = TrialLayout(trial="t", number=1, planned=12, blocks=blocks, replayed=REPLAYED)
    return msgspec.structs.replace(config, trial=layout)


def play(config: SessionConfig, arousal: float = 0.4) -> list[tuple[Decision, MusicIntent]]:
    controller, told = Controller(config), []
    now_ns, bar_index, final = 0, 0, False
    while not final:
        controller.step(
            AffectEstimate(
                t_ns=now_ns, known=True, valence=0.1, valence_sd=0.3, arousal=arousal, arousal_sd=0.2,
                coverage={"x": 1.0}, calibrated=True,
            ),
            now_ns,
        )  # fmt: skip
        asked = Transport(t_ns=now_ns, bar_index=bar_index, start_frame=0, starts_ns=now_ns, deadline_ns=now_ns + S)
        decision, intent = controller.step(asked, now_ns)[-2:]
        assert isinstance(decision, Decision)
        assert isinstance(intent, MusicIntent)
        told.append((decision, intent))
        final, bar_index, now_ns = intent.final, bar_index + 1, now_ns + round(240e9 / intent.tempo_bpm)
    return told


def test_each_block_is_played_by_its_condition() -> None:
    config = trial_config()
    by_block: dict[int, list[tuple[Decision, MusicIntent]]] = {}
    for decision, intent in play(config):
        by_block.setdefault(decision.trial_block, []).append((decision, intent))
    assert sorted(by_block) == [-1, 0, 1, 2, 3, 4, 5]
    for number, condition in enumerate(ORDER):
        settled = by_block[number][len(by_block[number]) // 2 :]
        moves = np.array([decision.proposal.arousal for decision, _ in settled])
        silent = {intent.silent for _, intent in settled}
        assert silent == {condition == "silence"}
        if condition == "adaptive":
            assert (moves < 0).all()
        else:
            assert set(moves) <= ({-0.1, 0.15} if condition == "yoked" else {0.0})


def test_a_session_without_a_trial_is_as_before() -> None:
    config = trial_config()
    alone = play(msgspec.structs.replace(config, trial=None))
    assert {decision.trial_block for decision, _ in alone} == {-1}
    adaptive = play(msgspec.structs.replace(config, trial=msgspec.structs.replace(config.trial, blocks=())))
    assert [intent for _, intent in adaptive] == [intent for _, intent in alone]


def test_what_is_shown_does_not_tell_the_condition() -> None:
    board = Board()
    for seq, (decision, intent) in enumerate(play(trial_config())):
        for topic, message in (("decisions", decision), ("intents", intent)):
            board.see(Received(topic, "loop", 0, seq, message.t_ns, msgspec.msgpack.encode(message)))
        shown = board.as_dict()
        if decision.trial_block >= 0:
            assert (shown["why"], shown["decided_by"]) == (BLINDED, None)
        else:
            assert shown["why"] == intent.reason
