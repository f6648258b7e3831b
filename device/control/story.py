"""The slow story of a session: what plays, how loud, and where all are silent for a bar, section by section.

Spans are thin, as usual or full; once in a movement a section is left to the pads alone and then to the melody alone,
with a bar of silence between them. The phase of the plan shapes it: nothing is told while a rest is measured, nobody is
left alone on the way to the goal, and the end thins out. What enters or leaves at a join does so over its first bar,
and the pads go on over every join. It depends on seed, bar, mood and phase alone.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from device.config import SessionConfig
from device.control.spans import Mood, mood_of, span_at
from device.control.tonality import tonic_at
from device.messages import VOICES, Key, Mode, Phase
from device.music.form import MOVEMENT_SECTIONS, SECTION_BARS, form_of
from device.stage import keyed_random

Levels = dict[str, float]
ALONE = "alone"
CHARACTERS: dict[str, Levels] = {
    "thin": {"inner": 0.0, "bass": 0.85},
    "usual": {},
    "full": {"inner": 1.15, "bass": 1.1, "pad": 1.15},
}
"""Strength of the voices where it is not 1."""
LEVEL_DB = {"full": 1.0, "usual": 0.0, "thin": -2.0, ALONE: -3.0}
PADS_ALONE: Levels = {"melody": 0.0, "inner": 0.0, "bass": 0.0, "pad": 1.5}
"""Who plays alone is struck harder: pads would be taken for silence, and a melody for a whisper."""
MELODY_ALONE: Levels = {"melody": 1.2, "inner": 0.0, "bass": 0.0, "pad": 0.0}
BOTH: Levels = {"inner": 0.0, "bass": 0.0}
ALONE_BARS = (PADS_ALONE, PADS_ALONE, PADS_ALONE, PADS_ALONE, BOTH, MELODY_ALONE, MELODY_ALONE, BOTH)
SILENT_BAR = 4
"""The bar of that section in which, now and then, nothing plays: between its two phrases."""
ALONE_OFTEN: dict[Mood, float] = {"calm": 0.8, "even": 0.5, "lively": 0.0}
SILENT_OFTEN = 0.6
FADING_DB = -2.0
"""Level at the end of the cool-down, beside that of its character."""


class Scene(NamedTuple):
    """What the story is told for; it changes where a section begins."""

    mood: Mood
    phase: Phase


class Chapter(NamedTuple):
    """The story in one bar."""

    level_db: float
    voices: Levels
    """Strength of the voices where it is not 1."""
    silent: bool

    def words(self) -> list[str]:
        """What of it a therapist should know."""
        return ["all are silent for one bar, and go on with the next"] if self.silent else []

    def voices_with(self, asked: Levels, playing: Collection[str]) -> Levels:
        """The strength of the voices with what people asked; the story gives way where it would leave none."""
        told: Levels = {voice: asked.get(voice, 1.0) * self.voices.get(voice, 1.0) for voice in VOICES}
        if not any(told[voice] for voice in playing):
            return asked
        return {voice: level for voice, level in told.items() if level != 1.0}


class Story:
    """Tells the story of one session; asked bar by bar, it remembers for what scene its section began."""

    def __init__(self, config: SessionConfig) -> None:
        self._seed, self._preference = config.seed, config.prescription.preference
        self._scene: Scene | None = None

    def tell(self, bar_index: int, phase: Phase, progress: float, arousal: float) -> Chapter:
        """The chapter of the next bar, in a phase that is over by `progress`, for the arousal that is planned."""
        if bar_index % SECTION_BARS == 0 or self._scene is None:
            self._scene = Scene(mood_of(arousal), phase)
        return chapter_at(self._seed, bar_index, self._scene, progress)

    def keys(self, bar_index: int, mode: Mode, following: Mode) -> dict[str, Any]:
        """The fields of an intent that tell the key of the bar told last; the next section has the mode `following`."""
        here = self._key(bar_index, mode)
        there = self._key(bar_index + 1, mode if (bar_index + 1) % SECTION_BARS else following)
        return {"mode": mode, "tonic_pc": here.tonic_pc, "leads_to": there if there != here else None}

    def _key(self, bar_index: int, mode: Mode) -> Key:
        mood = self._scene.mood if self._scene else "calm"
        return Key(tonic_at(self._seed, bar_index, mode, mood, self._preference), mode)


def chapter_at(seed: int, bar_index: int, scene: Scene, progress: float) -> Chapter:
    """The story of a bar."""
    section, bar = divmod(bar_index, SECTION_BARS)
    before, here, after = (_character(seed, number, scene) for number in (section - 1, section, section + 1))
    level_db = _between(LEVEL_DB[before], LEVEL_DB[here], LEVEL_DB[after], (bar + 0.5) / SECTION_BARS)
    if scene.phase == "cool-down":
        level_db += FADING_DB * progress
    voices = _voices(here, bar)
    if bar == 0:
        voices = _crossed(_voices(before, SECTION_BARS - 1), voices)
    return Chapter(level_db, voices, silent=here == ALONE and bar == SILENT_BAR and _pauses(seed, section))


def _character(seed: int, section: int, scene: Scene) -> str:
    """The character of a section, counted from the music's beginning, as a phase has it."""
    if scene.phase == "baseline" or section < 0:
        return "usual"
    if scene.phase == "cool-down":
        return "thin"
    movement, number = divmod(section, MOVEMENT_SECTIONS)
    if scene.phase == "hold" and number == _alone_in(seed, movement, scene.mood):
        return ALONE
    return span_at(seed, movement, number, scene.mood).character


def _alone_in(seed: int, movement: int, mood: Mood) -> int | None:
    """The section of a movement in which pads and melody are left alone: one whose music does not come again."""
    rng = keyed_random(seed, "alone", movement)
    form, chance = form_of(seed, movement), rng.random()
    inner = range(2, MOVEMENT_SECTIONS - 1)
    number = rng.choice([number for number in inner if form[number] not in form[number + 1 :]])
    return number if chance < ALONE_OFTEN[mood] else None


def _pauses(seed: int, section: int) -> bool:
    return keyed_random(seed, "pause", section).random() < SILENT_OFTEN


def _voices(character: str, bar: int) -> Levels:
    return ALONE_BARS[bar] if character == ALONE else CHARACTERS[character]


def _crossed(before: Levels, after: Levels) -> Levels:
    """Half of one texture and half of the other."""
    mixed = {voice: 0.5 * (before.get(voice, 1.0) + after.get(voice, 1.0)) for voice in VOICES}
    return {voice: level for voice, level in mixed.items() if level != 1.0}


def _between(before: float, here: float, after: float, through: float) -> float:
    """A value that is its section's own in the middle, and half way to its neighbours' at the ends."""
    end = before if through < 0.5 else after
    return here + 0.5 * (end - here) * abs(2.0 * through - 1.0)
