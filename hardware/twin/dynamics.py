"""How feelings move: one step for all families at once, given what is heard.

What a listener feels is where music and home pull them, plus what comes and goes by itself (Ornstein-Uhlenbeck). Music
pulls from home towards what it expresses, which is contagion (Juslin & Vastfjall 2008, doi 10.1017/S0140525X08005293):
what calms the strained may rouse the calm. The pull weakens as it becomes usual; people of two moods have a home that
follows the mood they are in, which is the mean-field equation of an Ising model. Every step takes the same draws, so
that all policies meet the same people.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hardware.twin.hearing import Heard
from hardware.twin.people import AROUSAL, VALENCE, Floats, People

ANNOYS_VALENCE = -1.5
"""Dislike takes this much of valence for what it adds to arousal."""


class State(NamedTuple):
    """Where n people stand; shapes (2, n), and (n,) for `sound`."""

    pulled: Floats
    """Without what comes and goes by itself."""
    wander: Floats
    """That alone."""
    used_to: Floats
    """Running mean of how far from home the music lay."""
    sound: Floats
    """Running mean of whether anything was."""


def begin(people: People, drawn: Floats) -> State:
    """The state in which a session finds people; `drawn` is standard normal, shape (2, n)."""
    wander = people.restlessness * drawn
    start = np.where(people.is_bounded, np.arctanh(people.start), people.start)
    nothing = np.zeros_like(people.home)
    return State(start - wander, wander, nothing, nothing[0])


def felt(people: People, state: State) -> Floats:
    """Arousal and valence, shape (2, n)."""
    total = state.pulled + state.wander
    return np.where(people.is_bounded, np.tanh(total), np.clip(total, -1.0, 1.0))


def wander(people: People, before: Floats, since_s: float, drawn: Floats) -> Floats:
    """What comes and goes by itself, `since_s` later; exact for any length of step."""
    keeps = np.exp(-since_s / people.wandering_s)
    return np.asarray(keeps * before + people.restlessness * np.sqrt(1 - keeps**2) * drawn)


def follow(people: People, state: State, heard: Heard, distaste: Floats, since_s: float) -> State:
    """Be pulled for `since_s` by what is heard; silence pulls nowhere but home.

    After music it falls below that for a while: what began with a little rise ends with as much of a fall (Bernardi et
    al. 2006, doi 10.1136/hrt.2005.064600: a pause of two minutes fell below baseline).
    """
    sounds = 1.0 - np.asarray(heard.is_silent)
    cue = np.stack((heard.arousal, heard.valence)) - sounds * people.home
    keeps = np.exp(-since_s / people.habituation_s)
    used_to = cue + keeps * (state.used_to - cue)
    sound = sounds + keeps * (state.sound - sounds)
    goal = _home(people, state) + people.gain * (cue - people.habituation * used_to)
    strain = people.annoyance * distaste
    goal[AROUSAL] += people.startle * (sounds - sound) + strain
    goal[VALENCE] += ANNOYS_VALENCE * strain
    pulled = goal + np.exp(-since_s / people.settling_s) * (state.pulled - goal)
    return State(pulled, state.wander, used_to, sound)


def _home(people: People, state: State) -> Floats:
    """Where people drift; for those of two moods, upset or at ease, the one they are in."""
    apart = people.half_gap.sum(axis=0)
    if not apart.any():
        return people.home.copy()
    beside = state.pulled + state.wander - people.home
    upset = np.tanh(people.steepness * (beside[AROUSAL] - beside[VALENCE]) / np.maximum(apart, 1e-9))
    return np.asarray(people.home + people.half_gap * np.stack((upset, -upset)))
