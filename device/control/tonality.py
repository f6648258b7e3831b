"""The key of each section: home, away by fifths and home again, around the keys that may never sound.

How long a key stays is the spans' to say. Each change goes to a key that shares all notes but one, so that most chords
belong to both.
"""

from __future__ import annotations

from device.config import Preference
from device.control.spans import Mood, span_at
from device.messages import Mode
from device.music.form import MOVEMENT_SECTIONS, SECTION_BARS
from device.music.keys import allowed_tonic
from device.stage import keyed_random

FIFTH = {"up": 7, "down": 5}
UPWARDS = {"major": 0.6, "minor": 0.35}
"""How often the way leads up by fifths, to brighter keys; in minor it rather sinks."""


def tonic_at(seed: int, bar_index: int, mode: Mode, mood: Mood, preference: Preference) -> int:
    """The tonic (0 to 11) of a bar; the seed chooses the home key and the way, the mode its direction."""
    home = keyed_random(seed, "tonic", 0).randrange(12)
    movement, section = divmod(bar_index // SECTION_BARS, MOVEMENT_SECTIONS)
    chance = keyed_random(seed, "journey", movement).random()
    fifth = FIFTH["up" if chance < UPWARDS[mode] else "down"]
    fifths = span_at(seed, movement, section, mood).fifths
    return allowed_tonic((home + fifth * fifths) % 12, mode, preference.never_keys)
