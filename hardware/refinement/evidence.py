"""The sessions of one listener as the twin can replay them: what was asked of the music, and what was then known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from device.config import ControlConfig, SessionConfig
from device.control.cues import Cues, expressed
from device.errors import ConfigError
from device.messages import AnyCommand, Decision, More, MusicIntent, SelfReport, TooMuch
from hardware.simulation.closed_loop import DECISION_S
from hardware.twin.hearing import Music

Floats = NDArray[np.float64]
HOURS_MAX = 8.0
STEPS_MAX = round(HOURS_MAX * 3600 / DECISION_S)


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """What the log of a session tells, in the order in which it happened."""

    config: SessionConfig
    decisions: tuple[Decision, ...]
    intents: tuple[MusicIntent, ...]
    commands: tuple[AnyCommand, ...] = ()


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the box hands over: one listener's sessions, the oldest first, and the policy that plays for them today."""

    today: ControlConfig
    sessions: tuple[Session, ...]


class Sign(NamedTuple):
    """What is seen of a listener; arrays over steps, or over people at one step."""

    arousal: Floats
    """The estimate, NaN where nothing was known."""
    told_arousal: Floats
    """What they said of it just then; NaN: nothing."""
    told_valence: Floats
    wished: Floats
    """1 for "more of this", -1 for "too much", 0 for neither."""


class Evidence(NamedTuple):
    """A session in steps of `DECISION_S`; arrays of shape (steps,)."""

    music: Music
    """What was asked of each step's music."""
    expresses: tuple[Floats, Floats]
    """The arousal and valence that this stands for, -1 to 1; 0 in silence."""
    signs: Sign

    @property
    def known(self) -> NDArray[np.bool_]:
        return np.isfinite(self.signs.arousal)


def refuse_two_people(sessions: Sequence[Session]) -> None:
    """Refuse sessions that are not all of one listener.

    Raises:
        ConfigError: so it is.
    """
    ids = {session.config.listener_id for session in sessions} - {""}
    names = {session.config.listener for session in sessions if not session.config.listener_id}
    # Sessions of old releases have a name alone.
    people = ids if ids and len(names) < 2 else ids | names
    if len(people) > 1:
        sentence = f"The sessions are of {len(people)} listeners, and a refinement is for one."
        raise ConfigError(sentence, "Give the sessions of one listener.")


def evidence_in(session: Session) -> Evidence | None:
    """What a session shows; None where no music was decided on."""
    intents = {intent.bar_index: intent for intent in session.intents}
    decided = [decision for decision in session.decisions if decision.revision == 0 and decision.bar_index in intents]
    decided.sort(key=lambda decision: decision.t_ns)
    if len(decided) < 2:
        return None
    times_s = np.array([(decision.t_ns - decided[0].t_ns) / 1e9 for decision in decided])
    steps = np.arange(min(STEPS_MAX, int(times_s[-1] / DECISION_S) + 1)) * DECISION_S
    place = np.searchsorted(times_s, steps, side="right") - 1
    played = [intents[decision.bar_index] for decision in decided]
    cues = Cues(*(np.array([getattr(intent, name) for intent in played])[place] for name in Cues._fields))
    silent = np.array([intent.silent for intent in played])[place]
    major = np.array([intent.mode == "major" for intent in played])[place]
    estimates = [decision.context.estimate for decision in decided]
    arousal = np.array([np.nan if found is None else found.arousal for found in estimates])[place]
    target = np.array([intent.target_valence for intent in played])[place]
    state = expressed(cues, session.config.prescription.limits)
    return Evidence(
        music=Music(*cues, major, silent, target),
        expresses=(np.where(silent, 0.0, state.arousal), np.where(silent, 0.0, state.valence)),
        signs=Sign(arousal, *_said(session, decided[0].t_ns, len(steps))),
    )


def _said(session: Session, began_ns: int, n_steps: int) -> tuple[Floats, Floats, Floats]:
    """What was said of arousal and of valence, and wished, step by step."""
    arousal, valence, wished = np.full(n_steps, np.nan), np.full(n_steps, np.nan), np.zeros(n_steps)
    for command in session.commands:
        step = int((command.t_ns - began_ns) / 1e9 // DECISION_S)
        if not 0 <= step < n_steps:
            continue
        if isinstance(command, SelfReport) and abs(command.value) <= 1.0:
            arousal[step] = command.value
            valence[step] = np.nan if command.valence is None else command.valence
        elif isinstance(command, More | TooMuch):
            wished[step] = 1.0 if isinstance(command, More) else -1.0
    return arousal, valence, wished
