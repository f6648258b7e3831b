"""The stage that decides: one intent per bar that audio asks for, and at once another when a person wishes something.

Plan, policy, bounds and cues are asked in turn; who decided what, and why, goes with each intent as a decision.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from device.config import SessionConfig
from device.control.bounds import settle
from device.control.breath import Breath
from device.control.cues import Cues, as_numbers, cues_of, expressed, led, mode_of, shift, wanted
from device.control.decisions import Choice, Council
from device.control.plan_clock import PlanClock
from device.control.policies.view import felt
from device.control.real import unit
from device.control.reasons import explain
from device.control.session_plan import RESTING, UNKNOWN_START, UNTOLD, Moment, State, plan_of
from device.control.tonality import tonic_at
from device.messages import (
    AffectEstimate,
    Calmer,
    Command,
    CommandAnswer,
    Decision,
    FeatureFrame,
    HoldPhase,
    Livelier,
    Message,
    Mode,
    MusicIntent,
    PersonalResponse,
    PlayedBar,
    ResumePhase,
    SensorStatus,
    SkipPhase,
    Transport,
)
from device.music.form import SECTION_BARS
from device.music.keys import allowed_mode

Told = Decision | MusicIntent | CommandAnswer | PersonalResponse
PROCESS = "loop"
"""Its row of TABLE 2, in whose name it answers."""
WISH_HASTE = 2.0
"""What a person wishes comes so many times faster than what plan and policy decide, for `WISH_HASTE_S`."""
WISH_HASTE_S = 10.0
LEARNT_EVERY_S = 60.0
"""What the policy learnt is told so often, so that a session that is torn off teaches too."""
WISH_STEP = 0.2
WISH_MAX = 0.6
BEATS = 4
"""Beats of a bar, until one was played."""


class Controller:
    """affect, transport, commands -> decisions, intents.

    `softer` and `louder` are audio's own: they must work without us.
    """

    reads: tuple[str, ...] = ("affect", "transport", "commands", "sensor_status", "played", "features")
    writes: tuple[str, ...] = ("decisions", "intents", "answers", "responses")
    tick_hz = 0.0

    def __init__(self, config: SessionConfig) -> None:
        prescription = config.prescription
        self._config, self._limits = config, prescription.limits
        self._plan = plan_of(config)
        self._clock = PlanClock(config.started_ns)
        self._council = Council(config)
        self._affect: AffectEstimate | None = None
        self._sensors: dict[str, SensorStatus] = {}
        self._played: PlayedBar | None = None
        self._breath = Breath()
        self._start: State | None = None
        """The listener's state before the shift."""
        self._felt = UNTOLD
        """The listener's state now, where it is known."""
        self._wish = 0.0
        self._choice: Choice | None = None
        self._mode: Mode = "major" if prescription.goal_valence >= 0 else "minor"
        self._wanted = cues_of(RESTING, self._limits)
        """The cues that the newest intent went towards."""
        self._intent: MusicIntent | None = None
        self._revised_s = 0.0
        """Time for which revisions have moved the cues already since the newest bar was asked for."""
        self._haste_left_s = 0.0
        self._untold_s = 0.0

    def step(self, message: Message, now_ns: int) -> Sequence[Told]:
        match message:
            case AffectEstimate():
                self._affect = message
            case SensorStatus():
                self._sensors[message.source] = message
            case PlayedBar():
                self._played = message
            case FeatureFrame():
                self._breath.hear(message)
            case Transport():
                return self._answer(message, now_ns)
            case Command():
                return self._obey(message, now_ns)
            case _:
                pass
        return ()

    # -- a bar is asked for

    def _answer(self, transport: Transport, now_ns: int) -> Sequence[Told]:
        passed_s = self._clock.advance(transport.starts_ns)
        self._felt = felt(self._affect, now_ns)
        moment, bar_index = self._moment(), transport.bar_index
        heard = self._heard(bar_index)
        music = expressed(heard or self._wanted, self._limits)
        is_late = now_ns > transport.deadline_ns
        self._choice = choice = self._council.choose(
            bar_index, now_ns, passed_s, moment, self._affect, music, is_late=is_late
        )
        moment = choice.verdict.over(self._meet(moment, choice))
        self._wanted = wanted(moment, self._council.moves, self._limits)
        before = heard or self._wanted
        elapsed_s, self._revised_s = max(0.0, passed_s - self._revised_s), 0.0
        cues = settle(before, self._wanted, self._limits, self._council.locks, elapsed_s, self._haste(elapsed_s))
        self._intent = self._compose(bar_index, moment, choice, before, cues, now_ns)
        return (
            *self._learnt(passed_s, now_ns),
            self._council.minute(choice, self._intent, choice.decided_by),
            self._intent,
        )

    def _haste(self, elapsed_s: float) -> float:
        """How many times faster than usual the cues go: while a wish is young, faster."""
        is_young = self._haste_left_s > 0
        self._haste_left_s = max(0.0, self._haste_left_s - elapsed_s)
        return WISH_HASTE if is_young else 1.0

    def _learnt(self, passed_s: float, now_ns: int) -> Sequence[PersonalResponse]:
        self._untold_s += passed_s
        if self._untold_s < LEARNT_EVERY_S:
            return ()
        self._untold_s = 0.0
        learnt = self._council.learnt(now_ns)
        return () if learnt is None else (learnt,)

    def _moment(self) -> Moment:
        """The moment of the plan, its setpoint moved by what the listener or the therapist wished."""
        moment = self._plan.at(self._clock.plan_s, self._start or UNKNOWN_START, self._felt)
        arousal = unit(moment.setpoint.arousal + self._wish)
        return moment._replace(setpoint=moment.setpoint._replace(arousal=arousal))

    def _meet(self, moment: Moment, choice: Choice) -> Moment:
        """Take the present state for the start of the way: until the shift, or the first time it is known."""
        affect = choice.affect
        is_open = moment.phase in ("baseline", "match") or (moment.phase == "shift" and self._start is None)
        if affect is None or not is_open:
            return moment
        self._start = State(unit(affect.valence), unit(affect.arousal))
        return self._moment()

    def _heard(self, bar_index: int) -> Cues | None:
        """The cues that the next ones must stay near: those last asked for, at the tempo that was really played."""
        if self._intent is None:
            return None
        cues = _cues_in(self._intent)
        if self._played is not None and self._played.bar_index == bar_index - 1:
            return cues._replace(tempo_bpm=self._played.tempo_to_bpm)
        return cues

    # -- a person wishes something

    def _obey(self, command: Command, now_ns: int) -> Sequence[Told]:
        """Do what is wished and say so; a self-report is the estimator's to answer."""
        match command:
            case Calmer() | Livelier():
                refusal = self._lean(command)
            case SkipPhase():
                refusal = self._skip()
            case HoldPhase():
                refusal = ""
                self._clock.hold()
            case ResumePhase():
                refusal = "" if self._clock.held else "No phase is held."
                self._clock.resume()
            case _:
                return ()
        if refusal:
            return command.answered(now_ns, PROCESS, "refused", refusal)
        revised = self._revise(command, now_ns)
        if not revised:
            return command.answered(now_ns, PROCESS, "queued", "It counts from the first bar on.")
        return (*command.answered(now_ns, PROCESS, "taken"), *revised)

    def _lean(self, command: Calmer | Livelier) -> str:
        """Move the wished arousal by a step; returns why not."""
        step = WISH_STEP if isinstance(command, Livelier) else -WISH_STEP
        before, self._wish = self._wish, min(max(self._wish + step, -WISH_MAX), WISH_MAX)
        how = "lively" if isinstance(command, Livelier) else "calm"
        return f"The music is as {how} as wishes can make it." if self._wish == before else ""

    def _skip(self) -> str:
        """Go to the next phase; returns why not."""
        if self._intent is not None and self._intent.final:
            return "This is the last bar already."
        self._clock.jump(self._plan.end_of_phase_s(self._clock.plan_s))
        return ""

    def _revise(self, command: Command, now_ns: int) -> Sequence[Told]:
        """The newest intent once more, as it is with the wish; before the first there is nothing to revise."""
        last, choice = self._intent, self._choice
        if last is None or choice is None:
            return ()
        moment = choice.verdict.over(self._moment())
        choice = choice._replace(view=choice.view._replace(moment=moment))
        old, self._wanted = self._wanted, wanted(moment, self._council.moves, self._limits)
        before = _cues_in(last)
        elapsed_s = max(0.0, (now_ns - last.t_ns) / 1e9)
        self._revised_s += elapsed_s
        self._haste_left_s = WISH_HASTE_S
        wished = shift(before, old, self._wanted)
        cues = settle(before, wished, self._limits, self._council.locks, elapsed_s, WISH_HASTE)
        said = f"{command.author} asked {command.kind.replace('_', ' ')}; "
        revised = self._compose(last.bar_index, moment, choice, before, cues, now_ns)
        self._intent = msgspec.structs.replace(revised, revision=last.revision + 1, reason=said + revised.reason)
        return self._council.minute(choice, self._intent, command.author), self._intent

    # -- the intent

    def _compose(
        self, bar_index: int, moment: Moment, choice: Choice, before: Cues, cues: Cues, now_ns: int
    ) -> MusicIntent:
        # Mode and tonic change only where a section begins.
        if bar_index % SECTION_BARS == 0 or self._intent is None:
            never = self._config.prescription.preference.never_keys
            self._mode = allowed_mode(mode_of(led(moment.setpoint, self._council.moves).valence, self._mode), never)
        beats = self._played.beats if self._played else BEATS
        return MusicIntent(
            t_ns=now_ns,
            bar_index=bar_index,
            phase=moment.phase,
            phase_left_s=moment.phase_left_s,
            session_left_s=moment.session_left_s,
            target_valence=float(moment.setpoint.valence),
            target_arousal=float(moment.setpoint.arousal),
            **as_numbers(cues),
            mode=self._mode,
            tonic_pc=tonic_at(self._config.seed, bar_index, self._mode, self._config.prescription.preference),
            generator=self._config.device.music.generator,
            swell_per_min=self._breath.swells_per_min if self._config.prescription.preference.swells else 0.0,
            silent=choice.silent or moment.silent,
            final=bool(moment.session_left_s <= beats * 60.0 / cues.tempo_bpm),
            reason=explain(moment, choice, self._affect, self._sensors, before, cues, self._clock.held),
        )


def _cues_in(intent: MusicIntent) -> Cues:
    return Cues(*(getattr(intent, name) for name in Cues._fields))
