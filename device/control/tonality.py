"""The key of each section: home, away to near ones and home again, around the keys that may never sound."""

from __future__ import annotations

from device.config import Preference
from device.messages import Mode
from device.music.form import SECTION_BARS
from device.music.keys import allowed_tonic
from device.stage import keyed_random

TONIC_PATH = (0, 0, 5, 5, 0, 0, 7, 7)
"""Semitones from the session's tonic, section by section: away to a near key and home again."""


def tonic_at(seed: int, bar_index: int, mode: Mode, preference: Preference) -> int:
    """The tonic (0 to 11) of a bar; the seed chooses the home key."""
    home = keyed_random(seed, "tonic", 0).randrange(12)
    tonic_pc = (home + TONIC_PATH[bar_index // SECTION_BARS % len(TONIC_PATH)]) % 12
    return allowed_tonic(tonic_pc, mode, preference.never_keys)
