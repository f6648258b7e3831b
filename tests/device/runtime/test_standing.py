"""What people decided holds on when the loop dies: the manager tells it to the one that is started again."""

from __future__ import annotations

import msgspec
import pytest

from device.control.controller import Controller
from device.messages import AnyCommand, Command, CommandAnswer, Decision, MusicIntent
from device.runtime.standing import Standing
from tests.device.control.listener import SECOND_NS, config_of, estimate, transport


class Session:
    """A manager's memory beside a loop that can die."""

    def __init__(self) -> None:
        self.standing, self.controller = Standing(), Controller(config_of(10.0, goal_arousal=-0.6))
        self.at_ns, self.bar, self.n_wishes = 100 * SECOND_NS, 0, 0
        self.intent: MusicIntent
        self.decision: Decision

    def play(self, n_bars: int) -> None:
        for _ in range(n_bars):
            self.controller.step(estimate(self.at_ns, 0.5), self.at_ns)
            self._take(self.controller.step(transport(self.bar, self.at_ns), self.at_ns))
            self.at_ns, self.bar = self.at_ns + 4 * SECOND_NS, self.bar + 1

    def _take(self, messages: object) -> None:
        for message in messages:  # type: ignore[attr-defined]
            match message:
                case MusicIntent():
                    self.intent = message
                    self.standing.see(message)
                case Decision():
                    self.decision = message
                case CommandAnswer():
                    self.standing.hear(message)

    def wish(self, kind: str, **more: object) -> None:
        self.n_wishes += 1
        told = {"t_ns": self.at_ns, "kind": kind, "author": "therapist", "id": f"therapist-{self.n_wishes}", **more}
        command = msgspec.convert(told, AnyCommand)
        self.standing.ask(command)
        self._take(self.controller.step(command, self.at_ns))

    def die(self) -> list[Command]:
        """Another loop takes its place, and is told what the manager remembers."""
        self.standing.freeze()
        self.controller = Controller(config_of(10.0, goal_arousal=-0.6))
        told = self.standing.again()
        for command in told:
            self.controller.step(command, self.at_ns)
        return told


def test_a_locked_cue_stands_where_it_stood_after_the_loop_was_started_again() -> None:
    session = Session()
    session.play(12)
    session.wish("lock", cue="tempo")
    tempo_bpm = session.intent.tempo_bpm
    session.play(10)
    session.die()
    session.play(10)
    assert session.intent.tempo_bpm == pytest.approx(tempo_bpm, abs=0.01)
    session.wish("unlock", cue="tempo")
    session.play(20)
    assert session.intent.tempo_bpm != pytest.approx(tempo_bpm, abs=0.5)


def test_the_therapist_still_leads_and_the_target_stays_with_what_was_added() -> None:
    session = Session()
    session.play(12)
    session.wish("take_over")
    session.wish("nudge", arousal=0.2)
    session.play(3)
    target = session.intent.target_arousal
    session.die()
    session.play(10)
    assert session.decision.by_hand
    assert session.intent.target_arousal == pytest.approx(target, abs=1e-6)


def test_approve_first_and_a_rest_hold_on_and_what_was_taken_back_does_not() -> None:
    session = Session()
    session.play(6)
    for kind, more in (("approve_first", {}), ("rest", {}), ("lock", {"cue": "mode"}), ("unlock", {"cue": "mode"})):
        session.wish(kind, **more)
    told = {command.kind for command in session.die()}
    assert told == {"approve_first", "rest"}
    session.play(3)
    assert session.decision.approve_first
    assert session.intent.silent


def test_what_was_refused_is_not_told_again() -> None:
    session = Session()
    session.play(3)
    session.wish("set_cue", cue="tempo", value=9000.0)
    session.wish("lock", cue="tempo", author="patient")
    assert session.die() == []
    assert session.standing.words() == ""


def test_a_loop_that_dies_again_is_told_the_same_again() -> None:
    session = Session()
    session.play(6)
    session.wish("lock", cue="density")
    session.wish("nudge", arousal=-0.1)
    first = session.die()
    assert session.die() == first
    assert len(first) == 2


def test_the_manager_says_what_is_told_again_and_what_is_lost() -> None:
    session = Session()
    session.play(12)
    session.wish("lock", cue="tempo")
    session.wish("take_over")
    session.wish("skip_phase")
    words = session.standing.words()
    assert "told to it again: tempo held, take over." in words
    assert words.endswith("What was skipped or edited of the plan is lost.")
