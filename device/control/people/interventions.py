"""What patient and therapist asked for so far: it counts before any policy, and the policy is told what they like.

Each wish is answered: taken, or refused and why; nothing is obeyed halfway. The state is bounded, whatever comes, and
its time is the music's (`pass_time`).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec

from device.config import SessionConfig
from device.control.cues import Cues
from device.control.people.answers import TAKEN, Answered, answered, refused
from device.control.people.approval import Approval
from device.control.people.locks import Locks
from device.control.people.own_words import OwnWords
from device.control.people.voices import Voices
from device.control.plan.session_plan import Moment, State
from device.control.policies.view import NO_DETOUR, Proposal, View
from device.control.real import unit
from device.messages import (
    AllVoices,
    Approve,
    ApproveFirst,
    Author,
    Calmer,
    Command,
    HandBack,
    Heading,
    LessOf,
    Livelier,
    Lock,
    Mode,
    More,
    Moves,
    Nudge,
    PlayOn,
    Reject,
    Rest,
    SelfReport,
    SetCue,
    TakeOver,
    TooMuch,
    Unlock,
)

WISH_STEP = 0.2
LEAN_MAX = 0.6
"""All wishes together move the target by no more than this."""
STAYS_S = 60.0
"""After `more` the music stays where it is for so long."""
RELIEF = Moves(arousal=-0.25, density=-0.12, loudness_db=-4.0)
"""What "too much" takes from the music at once."""
RELIEF_S, RELIEF_FADES_S = 180.0, 120.0
"""How long that lasts, and from when on it fades."""
TO_THE_END = (Calmer, Livelier, TooMuch, LessOf)
"""What may be asked in the last bar still: how it sounds."""


class Present(NamedTuple):
    """Where the session stands when a wish comes."""

    moment: Moment
    """The plan's own, or the policy's own way beside it, without what people added."""
    heading: Heading | None
    """The target on a way of the policy's own; None: it takes the plan's."""
    cues: Cues | None
    """The newest intent's; None before the first."""
    mode: Mode
    moves: Moves
    is_last: bool


class Stay(NamedTuple):
    """The target stands still, and the policy is not heard."""

    setpoint: State
    author: Author
    left_s: float = math.inf


class News(NamedTuple):
    """What the listener wished and said since the policy was asked before, as in `View`."""

    told_arousal: float = math.nan
    wished: float = 0.0


class Interventions:
    """The state of all wishes; `obey` changes it, the controller asks it."""

    def __init__(self, config: SessionConfig) -> None:
        self.locks = Locks(config.prescription)
        self.voices = Voices(config.prescription)
        is_on = config.prescription.approve_first or config.device.control.approve_first
        self.approval = Approval(is_on=is_on)
        self._is_trial = config.trial is not None
        self.own_words = OwnWords()
        self.resting: Author | None = None
        """Who had the music rest."""
        self.is_stopped = False
        self._news = News()
        self._lean = State(0.0, 0.0)
        self._stay: Stay | None = None
        self._relief_s = 0.0

    # -- what the controller asks

    @property
    def leader(self) -> Author | None:
        """The person who decides in place of plan and policy just now."""
        if self.is_by_hand:
            return "therapist"
        if self.resting or self._stay or self._relief_s > 0:
            return self.resting or (self._stay.author if self._stay else "patient")
        return "therapist" if self.approval.approved_id else None

    @property
    def is_by_hand(self) -> bool:
        """Whether the therapist has taken over."""
        return self._stay is not None and self._stay.author == "therapist"

    @property
    def keeps_target(self) -> bool:
        """Whether a person has the target stay where it was."""
        return self._stay is not None

    def eased(self, moves: Moves) -> Moves:
        """The moves with what "too much" takes away, until that is over."""
        share = min(1.0, self._relief_s / RELIEF_FADES_S)
        pairs = zip(msgspec.structs.astuple(moves), msgspec.structs.astuple(RELIEF), strict=True)
        return Moves(*(move + share * less for move, less in pairs))

    def aim(self, moment: Moment) -> Moment:
        """The moment with the target that people make of the plan's; what they add to it holds for the goal too."""
        here = self._stay.setpoint if self._stay else moment.setpoint
        return moment._replace(setpoint=self._leant(here), goal=self._leant(moment.goal))

    def _leant(self, point: State) -> State:
        return State(unit(point.valence + self._lean.valence), unit(point.arousal + self._lean.arousal))

    def admit(self, proposal: Proposal, view: View) -> Proposal:
        """What counts now of a policy's proposal on that view."""
        if self._stay:
            return proposal._replace(moves=view.moves, silent=False, detour=NO_DETOUR, why="")
        # A target that was approved is the plan's and the policy's: what people add, also later, comes on top.
        plans = State(*(here - lean for here, lean in zip(view.moment.setpoint, self._lean, strict=True)))
        return self.approval.admit(proposal, view.moment._replace(setpoint=plans))

    def pass_time(self, seconds: float) -> None:
        """Let everything that lasts for a while grow older."""
        self.approval.pass_time(seconds)
        self.own_words.pass_time(seconds)
        self._relief_s = max(0.0, self._relief_s - seconds)
        if self._stay:
            self._stay = self._stay._replace(left_s=self._stay.left_s - seconds)
            self._stay = self._stay if self._stay.left_s > 0 else None

    def take_news(self) -> News:
        """What the policy has not heard yet."""
        news, self._news = self._news, News()
        return news

    def rests(self, *, planned: bool) -> bool:
        """Whether the music rests; a rest that is `planned` does not count while the therapist leads by hand."""
        return self.is_stopped or self.resting is not None or (planned and not self.is_by_hand)

    def words(self) -> list[str]:
        """What of it is in force, for the reason of a decision."""
        said = [self.own_words.words()]
        if self._stay:
            said.append("by hand" if self.is_by_hand else "kept as the patient likes it")
        if self._relief_s > 0:
            said.append("eased, as it was too much")
        if self.resting:
            said.append(f"rests, as the {self.resting} asked")
        return [*filter(None, said), *self.locks.words(), *self.voices.words(), *self.approval.words()]

    # -- a person wishes something

    def hear(self, report: SelfReport) -> None:
        """Hold to what the listener says; the estimator answers it."""
        if self.own_words.take(report):
            self._news = self._news._replace(told_arousal=self.own_words.arousal)

    def stop(self) -> None:
        """Nothing sounds any more; audio answers it."""
        self.is_stopped = True

    def obey(self, command: Command, present: Present) -> Answered:
        """Do what is wished, or say why not."""
        if present.is_last and not isinstance(command, TO_THE_END):
            return refused("The session ends with this bar.")
        return self._feel(command, present) or self._steer(command, present)

    def _feel(self, command: Command, present: Present) -> Answered | None:
        """Wishes about how the music is."""
        match command:
            case Calmer():
                return self._move_lean(State(0.0, -WISH_STEP), "calm")
            case Livelier():
                return self._move_lean(State(0.0, WISH_STEP), "lively")
            case Nudge():
                return self._nudge(command)
            case More():
                return self._keep(present)
            case TooMuch():
                return self._ease()
            case LessOf():
                return answered(self._refuse_line_up() or self.voices.lessen(command))
            case AllVoices():
                return answered(self._refuse_line_up() or self.voices.restore())
        return None

    def _steer(self, command: Command, present: Present) -> Answered:
        """Wishes about who leads, and what stays."""
        match command:
            case Lock():
                return answered(self.locks.lock(command.cue, present.cues, present.mode))
            case Unlock():
                return answered(self.locks.unlock(command.cue))
            case SetCue():
                refusal = self.locks.set(command.cue, command.value)
                later = "It comes with the next section." if command.cue == "mode" else ""
                return answered(refusal, later)
            case TakeOver():
                return self._take_over(command, present)
            case HandBack():
                return self._hand_back()
            case ApproveFirst():
                return self._approve_first(command, present)
            case Approve() | Reject():
                return answered(self.approval.answer(command.proposal, approved=isinstance(command, Approve)))
            case Rest():
                return self._rest(command.author)
            case PlayOn():
                refusal = "" if self.resting else "The music does not rest."
                self.resting = None
                return answered(refusal)
        return refused(f"Nobody obeys `{command.kind}`.")

    def _move_lean(self, step: State, how: str) -> Answered:
        before = self._lean
        self._lean = State(*(min(max(a + b, -LEAN_MAX), LEAN_MAX) for a, b in zip(before, step, strict=True)))
        return TAKEN if self._lean != before else refused(f"The music is as {how} as wishes can make it.")

    def _nudge(self, command: Nudge) -> Answered:
        step = State(command.valence, command.arousal)
        if not all(-1.0 <= way <= 1.0 for way in step) or step == State(0.0, 0.0):
            return refused("A nudge is a step of valence or arousal, -1 to 1.")
        return self._move_lean(step, "far from the plan")

    def _keep(self, present: Present) -> Answered:
        if present.moment.phase == "baseline":
            return refused("While the rest is measured the music stays as it is anyway.")
        self._news = self._news._replace(wished=1.0)
        if self.is_by_hand:
            return "taken", "The therapist leads by hand; the policy learns of it."
        self._stay = Stay(self._here(present), "patient", STAYS_S)
        return TAKEN

    def _ease(self) -> Answered:
        self._news = self._news._replace(wished=-1.0)
        self._relief_s = RELIEF_S
        if not self.is_by_hand:
            self._stay = None
        held = [cue for cue in ("loudness", "density", "tempo") if cue in self.locks.names]
        return "taken", f"A person holds {' and '.join(held)}, which will not change." if held else ""

    def _refuse_line_up(self) -> str:
        return "The instruments are locked." if self.locks.is_locked("instrument") else ""

    def _take_over(self, command: TakeOver, present: Present) -> Answered:
        if self.is_by_hand:
            return refused("The therapist leads by hand already.")
        asked = (command.valence, command.arousal)
        if not all(way is None or -1.0 <= way <= 1.0 for way in asked):
            return refused("A target is a point of valence and arousal, -1 to 1.")
        ways = zip(asked, self._lean, self._here(present), strict=True)
        self._stay = Stay(State(*(here if way is None else way - lean for way, lean, here in ways)), "therapist")
        return TAKEN

    def _here(self, present: Present) -> State:
        """Where the target is, without what people added."""
        return self._stay.setpoint if self._stay else present.moment.setpoint

    def _hand_back(self) -> Answered:
        if not self.is_by_hand:
            return refused("Plan and policy lead already.")
        self._stay = None
        return TAKEN

    def _approve_first(self, command: ApproveFirst, present: Present) -> Answered:
        if command.on and self._is_trial:
            return refused("In a trial nothing waits for approval: that would tell which blocks adapt.")
        return answered(self.approval.switch(on=command.on, moves=present.moves, heading=present.heading))

    def _rest(self, author: Author) -> Answered:
        if self.resting:
            return refused("The music rests already.")
        self.resting = author
        return "taken", "It rests from the next bar on."
