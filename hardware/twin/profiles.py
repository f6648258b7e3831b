"""The named listeners of the virtual patient: members of the twin's families who stand out from each other.

Most people are moved a little, some not at all, some the opposite way: a set of listeners without them would flatter
every controller.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hardware.twin.people import Floats, People, draw_people, keyed

PERSON = 7
"""What the generator of a named listener is for, beside those of a cohort."""

EDGE = 0.999
"""A session finds nobody at the very end of a scale: who saturates towards it would need for ever to get there."""


class Profile(NamedTuple):
    """One listener; arousal and valence run from -1 (calm, unpleasant) to 1 (strained, pleasant)."""

    about: str
    """Who that is, in a few words."""
    family: str = "ornstein-uhlenbeck"
    """A row of `people.FAMILIES`."""
    number: int = 0
    """Tells what chance deals this listener apart from what it deals others in sessions of the same seed."""
    arousal: float = 0.3
    """The arousal in which the session finds them."""
    valence: float = -0.1
    resting_arousal: float = 0.1
    """The arousal to which they drift by themselves."""
    resting_valence: float = 0.05
    music_gain: float = 0.6
    """How far music at the end of all cues pulls arousal and valence; 0: not at all; below 0: the opposite way."""
    settling_s: float = 120.0
    """Time constant of that pull."""
    restlessness: float = 0.08
    """Standard deviation of the arousal that comes and goes by itself."""
    half_gap: float = 0.0
    """Half the distance between two moods."""
    habituation: float = 0.1
    """Share of a cue that no longer moves them once they are used to it, within three minutes."""
    tolerance: float = 2.0
    """The arousal above which it becomes too much."""
    disliked_family: int = -1
    """Group of eight General MIDI programs that they do not like to hear."""
    taps_per_min: float = 0.0
    """How often they say how they feel."""
    is_blind: bool = False
    """Whether no sensor tells anything of how they feel."""
    speaks: bool = False
    """Whether they wish for something by themselves."""
    fidgets_per_min: float = 0.0
    """How often they move, so that the headset's cables swing for some seconds."""
    slips_per_min: float = 0.0
    """How often the wristband slips and feels no skin for a while."""
    resting_hr_bpm: float = 64.0
    rmssd_ms: float = 42.0
    """Heart rate at arousal -0.4, the level of quiet rest."""
    alpha_hz: float = 10.0
    blinks_per_min: float = 6.0
    """Few: listeners mostly close their eyes."""


PROFILES: dict[str, Profile] = {
    "guest": Profile("moved a little, as most people are", arousal=0.25),
    "responder": Profile(
        "tense, moved quickly and far, and says so", number=1,
        arousal=0.6, music_gain=1.0, settling_s=60.0, restlessness=0.05, taps_per_min=0.6, speaks=True, rmssd_ms=50.0,
    ),
    "non-responder": Profile(
        "at ease, and not moved by any music", "no-effect", number=2,
        arousal=-0.2, resting_arousal=-0.2, music_gain=0.0,
    ),
    "opposite": Profile(
        "roused by calm music and calmed by lively music, and says when it is too much", "opposite", number=3,
        arousal=-0.1, resting_arousal=0.0, music_gain=-1.1, settling_s=60.0, restlessness=0.05,
        tolerance=0.3, taps_per_min=0.3, speaks=True,
    ),
    "two-moods": Profile(
        "either upset or at ease, and seldom between", "ising", number=4,
        arousal=0.6, valence=-0.4, resting_arousal=0.05, music_gain=0.9, settling_s=60.0, half_gap=0.3,
        restlessness=0.14,
    ),
    "habituating": Profile(
        "soon used to what stays the same", "habituating", number=5,
        arousal=0.1, resting_arousal=0.3, music_gain=1.2, settling_s=40.0, habituation=0.9,
    ),
    "restless": Profile(
        "strained, with ups and downs of their own, and cannot sit still: headset and band slip", number=6,
        arousal=0.6, resting_arousal=0.5, music_gain=0.35, settling_s=180.0, restlessness=0.25,
        fidgets_per_min=5.0, slips_per_min=0.6, resting_hr_bpm=72.0, rmssd_ms=28.0, blinks_per_min=14.0,
    ),
    "blind": Profile(
        "moved like a responder, but no sensor shows it; says so now and then", number=7,
        arousal=0.4, resting_arousal=0.2, music_gain=0.9, settling_s=75.0, is_blind=True, taps_per_min=1.0, speaks=True,
    ),
    "sensitive": Profile(
        "easily finds it too much, says so, and takes the headset off", number=8,
        arousal=0.5, resting_arousal=0.4, restlessness=0.15, tolerance=0.1, taps_per_min=0.5, disliked_family=0,
        speaks=True, resting_hr_bpm=74.0, rmssd_ms=30.0,
    ),
    "calm": Profile(
        "calmer than the goal already", "bounded", number=9,
        arousal=-0.75, valence=0.3, resting_arousal=-0.7, resting_valence=0.3,
        resting_hr_bpm=56.0, rmssd_ms=65.0,
    ),
}  # fmt: skip


def person(seed: int, profile: Profile) -> People:
    """The named listener as a group of one; what the profile does not say is drawn from their family."""
    drawn = draw_people(profile.family, 1, keyed(seed, profile.family, profile.number, PERSON))
    moves = float(profile.music_gain != 0)
    return drawn._replace(
        home=_axes(profile.resting_arousal, profile.resting_valence),
        start=np.clip(_axes(profile.arousal, profile.valence), -EDGE, EDGE),
        gain=_axes(profile.music_gain, profile.music_gain),
        settling_s=np.array([profile.settling_s]),
        restlessness=_axes(profile.restlessness, profile.restlessness),
        half_gap=_axes(profile.half_gap, profile.half_gap),
        habituation=np.array([profile.habituation]),
        habituation_s=np.array([180.0]),
        startle=moves * drawn.startle,
        annoyance=moves * drawn.annoyance,
        tolerance=np.array([profile.tolerance]),
        disliked_family=np.array([profile.disliked_family]),
        taps_per_min=np.array([profile.taps_per_min]),
        is_blind=np.array([profile.is_blind]),
    )


def _axes(arousal: float, valence: float) -> Floats:
    return np.array([[arousal], [valence]])
