"""Keeps what people decided and what still holds, to tell it to a loop that was started again: a lock is a promise.

A process that dies forgets; the manager does not. It notes wishes as they are taken, and wishes them again in the name
of who wished them. What passes by itself ("too much", "more") is left out, and so is what was skipped or edited of the
plan, which goes on by the clock: that is said.
"""

from __future__ import annotations

from collections.abc import Hashable

import msgspec

from device.messages import (
    AllVoices,
    ApproveFirst,
    Calmer,
    Command,
    CommandAnswer,
    EditPath,
    HandBack,
    HoldPhase,
    LessOf,
    Livelier,
    Lock,
    MusicIntent,
    Nudge,
    PlayOn,
    Rest,
    ResumePhase,
    SetCue,
    SkipPhase,
    TakeOver,
    Unlock,
)

OBEYED_BY = "loop"
"""The process whose memory this is."""
ADDED_UP_MAX = 40
"""Wishes that add up, of which the newest are kept."""
CUE_FIELDS = {
    "tempo": "tempo_bpm", "loudness": "loudness_db", "density": "density", "register": "register_midi",
    "brightness": "brightness", "articulation": "articulation", "mode": "mode",
}  # fmt: skip
"""Cue -> where an intent says how it stands."""


class Standing:
    """What was wished and is still in force."""

    def __init__(self) -> None:
        self._asked: dict[str, Command] = {}
        """Wishes that nobody has answered, by id."""
        self._states: dict[Hashable, Command] = {}
        """What holds, by what it is about: the newest wins."""
        self._added: list[Command] = []
        """What adds up, in order."""
        self._intent: MusicIntent | None = None
        self._is_plan_moved = self._is_frozen = False

    def ask(self, command: Command) -> None:
        """Note a wish until it is answered."""
        self._asked[command.id] = command
        if len(self._asked) > ADDED_UP_MAX * 10:
            del self._asked[next(iter(self._asked))]

    def hear(self, answer: CommandAnswer) -> None:
        """Keep a wish that the loop took."""
        command = self._asked.pop(answer.id, None)
        if command is not None and answer.process == OBEYED_BY and answer.answer != "refused":
            self._keep(command)

    def see(self, intent: MusicIntent) -> None:
        """Know where the music stands."""
        self._intent = self._intent if self._is_frozen else intent

    def _keep(self, command: Command) -> None:
        match command:
            case Lock(cue=cue) | SetCue(cue=cue):
                self._states["cue", cue] = self._pinned(command)
            case Unlock(cue=cue):
                self._states.pop(("cue", cue), None)
            case TakeOver():
                self._states["lead"] = command
            case HandBack():
                self._states.pop("lead", None)
            case ApproveFirst():
                self._states["approve first"] = command
            case Rest():
                self._states["rest"] = command
            case PlayOn():
                self._states.pop("rest", None)
            case HoldPhase():
                self._states["phase"] = command
            case ResumePhase():
                self._states.pop("phase", None)
            case AllVoices():
                self._added = [item for item in self._added if not isinstance(item, LessOf)]
            case LessOf() | Nudge() | Calmer() | Livelier():
                self._added = [*self._added, command][-ADDED_UP_MAX:]
            case SkipPhase() | EditPath():
                self._is_plan_moved = True
            case _:
                pass

    def _pinned(self, command: Lock | SetCue) -> Command:
        """A lock as the value at which it holds, since a loop that begins anew stands elsewhere."""
        field = CUE_FIELDS.get(command.cue)
        if isinstance(command, SetCue) or field is None or self._intent is None:
            return command
        value = getattr(self._intent, field)
        return SetCue(t_ns=command.t_ns, author=command.author, cue=command.cue, value=value)

    def freeze(self) -> None:
        """The loop has died: what another begins with is not where the music stood."""
        self._is_frozen = True

    def again(self) -> list[Command]:
        """What to wish again, each in the name of who wished it; the answers are nobody's business."""
        self._is_frozen = False
        states = [item for item in self._states.values() if not isinstance(item, TakeOver)]
        return [*self._added, *states, *map(self._at_target, filter(None, [self._states.get("lead")]))]

    def _at_target(self, lead: Command) -> Command:
        """The therapist leads on from where the target stood, with all that was added to it."""
        if self._intent is None:
            return lead
        return msgspec.structs.replace(lead, valence=self._intent.target_valence, arousal=self._intent.target_arousal)

    def words(self) -> str:
        """What a loop that is started again is told, and what is lost, as a sentence; empty: nothing."""
        wishes = [*self._added, *self._states.values()]
        kinds = dict.fromkeys(_called(command) for command in wishes)
        told = f"What people decided is told to it again: {', '.join(kinds)}." if kinds else ""
        lost = "What was skipped or edited of the plan is lost." if self._is_plan_moved else ""
        return " ".join(filter(None, (told, lost)))


def _called(command: Command) -> str:
    """`tempo held`, `take over`."""
    return f"{command.cue} held" if isinstance(command, Lock | SetCue) else command.kind.replace("_", " ")
