"""The onset guard keeps sound from being a fright: how far its peaks may stand above what was heard just before.

People are startled, in laboratories, by noises of about 100 dB that are there at once (Blumenthal et al. 2005,
"Committee report: Guidelines for human startle eyeblink electromyographic studies", Psychophysiology 42). Played music
does not do that; a voice file at full scale after a soft passage, or a track that fails, would. The figures are ours.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

AT_ONCE_DB = 12.0
"""Peaks may stand so far above what was heard."""
CLIMB_DB_S, FALL_DB_S = 20.0, 3.0
"""What was heard is followed no faster than this: a full-scale sound out of silence takes a second and a half, and a
single soft moment does not make the next note a fright."""
FLOOR_DBFS = -42.0
"""Silence counts as this: 63 dB on headphones that make 105 dB of full scale, so that out of silence nothing begins
with peaks of more than 75 dB."""

Levels = npt.NDArray[np.float64]


class OnsetGuard:
    """Follows what is heard, chunk by chunk."""

    def __init__(self, chunks_per_s: float) -> None:
        self._climb_db, self._fall_db = CLIMB_DB_S / chunks_per_s, FALL_DB_S / chunks_per_s
        self._heard_db = FLOOR_DBFS

    def needed_db(self, peaks_dbfs: Levels) -> Levels:
        """The gain that each chunk needs, in dB, 0 or negative, from the chunks' peaks; same shape."""
        return np.array([min(0.0, self._follow(peak_dbfs) - peak_dbfs) for peak_dbfs in peaks_dbfs.tolist()])

    def _follow(self, peak_dbfs: float) -> float:
        """The highest peak that may be heard now; how loud it is counts for the chunks that follow."""
        before_db = self._heard_db
        allowed_db = before_db + AT_ONCE_DB
        lowest, highest = max(FLOOR_DBFS, before_db - self._fall_db), before_db + self._climb_db
        self._heard_db = min(max(min(peak_dbfs, allowed_db), lowest), highest)
        return allowed_db
