"""Which voices are to play less, as a listener asked: softer first, then not at all, but never all of them."""

from __future__ import annotations

from device.config import Prescription
from device.messages import VOICES, LessOf, Voice
from device.music.instruments import NAMES
from device.music.playing import programs_of

SOFTER = 0.6
"""Share of its usual strength with which a voice plays of which less was asked once."""


class Voices:
    """Strength of each voice; each method that changes it returns why it could not."""

    def __init__(self, prescription: Prescription) -> None:
        self._programs = programs_of(prescription)
        self._all = tuple(voice for voice in VOICES if voice in prescription.preference.voices)
        self.levels: dict[str, float] = {}
        """As in `MusicIntent.voice_levels`."""

    def lessen(self, wish: LessOf) -> str:
        """Let the voices that are meant play softer, or be silent."""
        meant = self._meant(wish)
        if isinstance(meant, str):
            return meant
        playing = [voice for voice in meant if self.levels.get(voice, 1.0) > 0.0]
        if not playing:
            return f"The {' and '.join(meant)} does not play already."
        levels = self.levels | {voice: 0.0 if voice in self.levels else SOFTER for voice in playing}
        if all(levels.get(voice) == 0.0 for voice in self._all):
            return f"Nothing else than the {' and '.join(playing)} plays; `rest` or `stop` silences all."
        self.levels = levels
        return ""

    def _meant(self, wish: LessOf) -> list[Voice] | str:
        """The voices that a wish is about, or why there are none."""
        if (wish.voice is None) == (wish.program is None):
            return "Name either a voice or an instrument."
        if wish.voice is not None:
            return [wish.voice] if wish.voice in self._all else f"There is no {wish.voice} in this session."
        found = [voice for voice in self._all if self._programs[voice] == wish.program]
        is_known = 0 <= (wish.program or 0) < len(NAMES)
        return found or f"No {NAMES[wish.program or 0] if is_known else f'instrument {wish.program}'} plays."

    def restore(self) -> str:
        """Let all play as usual again."""
        if not self.levels:
            return "All voices play as usual."
        self.levels = {}
        return ""

    def words(self) -> list[str]:
        """`less inner, no pad`."""
        return [f"{'less' if level else 'no'} {voice}" for voice, level in self.levels.items()]
