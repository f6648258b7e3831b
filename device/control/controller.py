"""The stage that decides: one intent per bar that audio asks for, and at once another when a person wishes something.

Plan, policy, people, bounds and cues are asked in turn; who decided what, and why, goes with each intent as a decision.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from device.config import SessionConfig
from device.control.bounds import settle
from device.control.breath import Breath
from device.control.cues import Cues, as_numbers, cues_of, expressed, led, mode_of, shift, wanted
from device.control.decisions import Choice, Council
from device.control.people.answers import Answered, refused
from device.control.people.approval import heading_of
from device.control.people.haste import Haste
from device.control.people.interventions import Interventions, Present
from device.control.plan.passage import Passage
from device.control.plan.session_plan import RESTING, Moment
from device.control.policies.view import NO_DETOUR, headed
from device.control.reasons import explain
from device.control.story import Chapter, Story
from device.messages import (
    AffectEstimate,
    Command,
    CommandAnswer,
    Decision,
    FeatureFrame,
    Louder,
    Message,
    Metre,
    Mode,
    MusicIntent,
    PersonalResponse,
    PlayedBar,
    SelfReport,
    SensorStatus,
    Softer,
    Start,
    Stop,
    Transport,
)
from device.music.form import MOVEMENT_BARS, SECTION_BARS
from device.music.keys import allowed_mode
from device.music.metre import LAYOUTS, metre_at
from device.wishes import Allowance, forbidden

Told = Decision | MusicIntent | CommandAnswer | PersonalResponse
PROCESS = "loop"
"""Its row of TABLE 2, in whose name it answers."""


class Controller:
    """affect, transport, commands -> decisions, intents.

    `softer`, `louder` and `stop` are audio's own: they must work without us.
    """

    reads: tuple[str, ...] = ("affect", "transport", "commands", "sensor_status", "played", "features")
    writes: tuple[str, ...] = ("decisions", "intents", "answers", "responses")
    tick_hz = 0.0

    def __init__(self, config: SessionConfig) -> None:
        prescription = config.prescription
        self._config, self._limits = config, prescription.limits
        self._passage = Passage(config)
        self._people, self._allowance = Interventions(config), Allowance()
        self._council = Council(config, self._people)
        self._affect: AffectEstimate | None = None
        self._sensors: dict[str, SensorStatus] = {}
        self._played: PlayedBar | None = None
        self._breath = Breath()
        self._choice: Choice | None = None
        self._mode: Mode = "major" if prescription.goal_valence >= 0 else "minor"
        self._wanted = cues_of(RESTING, self._limits)
        """The cues that the newest intent went towards."""
        self._intent: MusicIntent | None = None
        self._haste = Haste()
        self._story = Story(config)
        self._chapter: Chapter | None = None
        """The story of the newest intent."""

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
            case SelfReport():
                self._people.hear(message)
            case Stop():
                self._people.stop()
            case Command() if not isinstance(message, Start | Softer | Louder):
                return self._obey(message, now_ns)
            case _:
                pass
        return ()

    # -- a bar is asked for

    def _answer(self, transport: Transport, now_ns: int) -> Sequence[Told]:
        passed_s = self._passage.advance(transport.starts_ns)
        self._people.pass_time(passed_s)
        ground = self._council.ground(self._affect, now_ns)
        self._passage.feel(ground.feeling)
        self._passage.meet(ground.feeling)
        moment, bar_index = self._moment(), transport.bar_index
        heard = self._heard(bar_index)
        music = expressed(heard or self._wanted, self._limits)
        is_late = now_ns > transport.deadline_ns
        self._choice = choice = self._council.choose(bar_index, passed_s, moment, ground, music, is_late=is_late)
        moment = choice.over(moment)
        self._wanted = self._want(moment)
        before = heard or self._wanted
        cues = self._settle(before, self._wanted, *self._haste.bar(passed_s))
        self._intent = self._compose(bar_index, moment, choice, before, cues, now_ns)
        return (
            *self._council.tell_learnt(passed_s, now_ns, is_last=self._intent.final),
            self._council.minute(choice, self._intent),
            self._intent,
        )

    def _want(self, moment: Moment) -> Cues:
        """The cues to go towards, as plan, policy and people want them."""
        moves = self._people.eased(self._council.moves)
        return self._people.locks.aim(wanted(moment, moves, self._limits))

    def _settle(self, before: Cues, asked: Cues, elapsed_s: float, haste: float) -> Cues:
        """How far the cues get: by their slopes, and not at all where they are locked."""
        locks = self._people.locks
        return locks.pin(settle(before, asked, self._limits, locks.still, elapsed_s, haste))

    def _moment(self) -> Moment:
        """The moment of the plan, its setpoint where the listener or the therapist wished it."""
        return self._people.aim(self._passage.moment())

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
        """Do what is wished and say so; who may not wish it, or wishes too much, is told that."""
        refusal = forbidden(command) or self._allowance.spend(command, now_ns)
        answer, sentence = refused(refusal) if refusal else self._do(command)
        if answer == "refused":
            return command.answered(now_ns, PROCESS, answer, sentence)
        revised = self._revise(command, now_ns)
        if not revised:
            return command.answered(now_ns, PROCESS, "queued", "It counts from the first bar on.")
        return (*command.answered(now_ns, PROCESS, answer, sentence), *revised)

    def _do(self, command: Command) -> Answered:
        is_last = self._intent is not None and self._intent.final
        if (done := self._passage.obey(command, is_last=is_last)) is not None:
            return done
        cues = _cues_in(self._intent) if self._intent else None
        detour = self._choice.detour if self._choice else NO_DETOUR
        plan = self._passage.moment()
        present = Present(
            headed(plan, detour), heading_of(plan, detour), cues, self._mode, self._council.moves, is_last
        )
        return self._people.obey(command, present)

    def _revise(self, command: Command, now_ns: int) -> Sequence[Told]:
        """The newest intent once more, as it is with the wish; before the first there is nothing to revise."""
        last, choice = self._intent, self._choice
        if last is None or choice is None:
            return ()
        if self._people.keeps_target:
            choice = choice._replace(detour=NO_DETOUR)  # the kept target holds it already
        moment = choice.over(self._moment())
        choice = choice._replace(view=choice.view._replace(moment=moment))
        old, self._wanted = self._wanted, self._want(moment)
        before = _cues_in(last)
        asked = self._people.locks.aim(shift(before, old, self._wanted))
        cues = self._settle(before, asked, *self._haste.revision((now_ns - last.t_ns) / 1e9))
        said = f"{command.author} asked {command.kind.replace('_', ' ')}; "
        revised = self._compose(last.bar_index, moment, choice, before, cues, now_ns)
        self._intent = msgspec.structs.replace(revised, revision=last.revision + 1, reason=said + revised.reason)
        return self._council.minute(choice, self._intent, command.author), self._intent

    # -- the intent

    def _compose(
        self, bar_index: int, moment: Moment, choice: Choice, before: Cues, cues: Cues, now_ns: int
    ) -> MusicIntent:
        people, preference = self._people, self._config.prescription.preference
        arousal = float(moment.setpoint.arousal)
        self._chapter = chapter = self._tell(bar_index, moment, choice)
        following = self._mode_at(moment)
        # Mode and tonic change only where a section begins.
        if bar_index % SECTION_BARS == 0 or self._intent is None:
            self._mode = following
        metre = self._metre_of(bar_index, arousal)
        bar_s = LAYOUTS[metre].beats * 60.0 / cues.tempo_bpm
        final = people.is_stopped or bool(moment.session_left_s <= bar_s)
        rests, held = people.rests(planned=moment.silent) or choice.silent, self._passage.is_held
        pause = not rests and not final and people.rests(planned=chapter.silent)
        words = [*people.words(), *(chapter.words() if pause else [])]
        silent = rests or pause
        return MusicIntent(
            t_ns=now_ns,
            bar_index=bar_index,
            phase=moment.phase,
            phase_left_s=moment.phase_left_s,
            session_left_s=moment.session_left_s,
            target_valence=float(moment.setpoint.valence),
            target_arousal=arousal,
            **as_numbers(cues),
            **self._story.keys(bar_index, self._mode, following),
            metre=metre,
            generator=self._config.device.music.generator,
            swell_per_min=self._breath.swells_per_min if preference.swells else 0.0,
            story_db=chapter.level_db,
            voice_levels=chapter.voices_with(people.voices.levels, preference.voices),
            silent=silent,
            pause=pause,
            final=final,
            reason=explain(moment, choice, self._affect, self._sensors, before, cues, held, words, silent),
        )

    def _tell(self, bar_index: int, moment: Moment, choice: Choice) -> Chapter:
        """The story of a bar, as far as locks let it be told; a listener in distress is not left in silence."""
        told = self._story.tell(bar_index, moment.phase, moment.progress, float(moment.setpoint.arousal))
        locks = self._people.locks
        if "loudness" in locks.names and self._chapter:
            told = told._replace(level_db=self._chapter.level_db)
        if locks.is_locked("instrument"):
            told = told._replace(voices={})
        return told._replace(silent=told.silent and choice.decided_by != "shield")

    def _mode_at(self, moment: Moment) -> Mode:
        """The mode of a section that begins at a moment."""
        mode = mode_of(led(moment.setpoint, self._council.moves).valence, self._mode)
        never = self._config.prescription.preference.never_keys
        return allowed_mode(self._people.locks.mode(mode, self._mode), never)

    def _metre_of(self, bar_index: int, arousal: float) -> Metre:
        """The metre changes only where a movement begins; after a restart within one the one that was heard goes on."""
        movement = bar_index // MOVEMENT_BARS
        for before in (self._intent, self._played):
            if before is not None and before.bar_index // MOVEMENT_BARS == movement:
                return before.metre
        return metre_at(self._config, bar_index, arousal)


def _cues_in(intent: MusicIntent) -> Cues:
    return Cues(*(getattr(intent, name) for name in Cues._fields))
