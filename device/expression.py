"""TABLE 4: by which cues music expresses valence and arousal, how far each goes, and who says so.

Control leads the continuous ones bar by bar; the composer shapes the others as it writes. Cues add up linearly and
explain 77 to 89 % of listeners' ratings (E). Valence has the mode for its large step and many small cues beside it; the
large cues of arousal keep the most of their range to themselves, so that no witness takes pleasant for lively.
Who plays is a cue of arousal, too (`device.audio.layers`).

Sources: E, Eerola, Friberg and Bresin 2013 (doi 10.3389/fpsyg.2013.00487); G, Gabrielsson and Lindstroem 2010 (Handbook
of Music and Emotion, ch. 14), as its table is quoted; N, table 3 of PMC7396614, after Juslin and Laukka 2004 (doi
10.1080/0929821042000317813), which was not read itself. It is perceived emotion, not felt.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple


class Cue(NamedTuple):
    """Goes from `low` to `high` with valence and arousal, each by its weight; the sizes of both sum to 1 at most."""

    low: float
    high: float
    valence: float
    arousal: float
    source: str

    def at(self, valence: Any, arousal: Any) -> Any:
        """The cue's value; numbers or arrays."""
        share = 0.5 + 0.5 * (self.valence * valence + self.arousal * arousal)
        return self.low + share * (self.high - self.low)

    def bounded(self, valence: float, arousal: float) -> float:
        """The same between its ends, whatever is asked."""
        return float(min(max(self.at(valence, arousal), min(self.low, self.high)), max(self.low, self.high)))

    def share(self, value: Any) -> Any:
        """Where `value` lies between the ends: -1 at the low one, 1 at the high one."""
        return 2.0 * (value - self.low) / (self.high - self.low) - 1.0


CUES: dict[str, Cue] = {
    # Heard in ratios; happiness is faster, too, but it is arousal's first cue.
    "log2_tempo": Cue(math.log2(48.0), math.log2(120.0), 0.2, 0.8, "E, G"),
    "density": Cue(0.1, 0.85, 0.1, 0.8, "G"),
    # It falls with arousal: fast music sounds more pleasant by its tempo already, and slow music less.
    "register_midi": Cue(55.0, 78.0, 0.72, -0.24, "E, G: high is happy, low is sad"),
    "loudness_db": Cue(-16.0, 0.0, 0.1, 0.8, "E, G"),
    "brightness": Cue(0.1, 0.9, 0.2, 0.6, "E: of its six cues the last"),
    # The share of a note that sounds, so it falls. Calm and pleasant music stays legato.
    "articulation": Cue(1.0, 0.45, 0.2, 0.8, "E: staccato is happy, legato is sad and peaceful"),
    # What the composer shapes.
    "contour_semitones": Cue(-4.0, 4.0, 1.0, 0.0, "N: rising is happy, falling is sad"),
    "touch": Cue(0.7, 1.3, -0.33, 0.67, "G: happiness varies its loudness little, fear much"),
}
"""Units are in the names; `brightness` 0 to 1, `articulation` a share, `contour_semitones` how much a phrase rises in
all, `touch` people's deviations of velocity as a share."""
