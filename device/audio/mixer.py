"""Adds up the tracks: each has a fader, which comes down while another track speaks and goes up slowly after it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from device.audio.conductor import Conductor
from device.audio.samples import Samples
from device.audio.tracks.track import Track
from device.config import AudioConfig
from device.messages import Message

DUCK_DB_S = 60.0
"""A track comes down by 6 dB in 100 ms when another speaks."""
RELEASE_DB_S = 10.0
"""It goes up by 6 dB in 600 ms, so that nobody hears it pump between two words."""


class Strip:
    """A track and its fader, in dB, 0 or negative; the fader moves in straight lines of amplitude within a block."""

    def __init__(self, track: Track, audio: AudioConfig) -> None:
        self.track = track
        self._block_s = audio.block_frames / audio.sfreq_hz
        self._own = np.zeros((audio.block_frames, 2), np.float32)
        self._fader_db = 0.0

    def add_to(self, block: Samples, frame: int, conductor: Conductor, duck_db: float) -> None:
        """Add the track's next samples, on the way to being `duck_db` softer."""
        self._own[:] = 0.0
        self.track.add_to(self._own, frame, conductor)
        before_db, self._fader_db = self._fader_db, self._moved(-max(0.0, duck_db))
        if before_db or self._fader_db:
            start, end = 10.0 ** (before_db / 20.0), 10.0 ** (self._fader_db / 20.0)
            self._own *= np.linspace(start, end, len(block), endpoint=False, dtype=np.float32)[:, None]
        block += self._own

    def _moved(self, wanted_db: float) -> float:
        lowest = self._fader_db - DUCK_DB_S * self._block_s
        highest = self._fader_db + RELEASE_DB_S * self._block_s
        return min(max(wanted_db, lowest), highest)


class Mixer:
    """All tracks of a session. What it mixes is not yet safe: the PCM guard comes after it."""

    def __init__(self, tracks: Sequence[Track], audio: AudioConfig) -> None:
        self._strips = tuple(Strip(track, audio) for track in tracks)
        self._block = np.zeros((audio.block_frames, 2), np.float32)

    def take(self, message: Message) -> None:
        """Give every track what the stages of audio gave out."""
        for strip in self._strips:
            strip.track.take(message)

    def mix(self, frame: int, conductor: Conductor) -> Samples:
        """The samples that begin at `frame`, shape (frames, 2); they are overwritten by the next call."""
        self._block[:] = 0.0
        ducks_db = [strip.track.ducks_db() for strip in self._strips]
        for number, strip in enumerate(self._strips):
            others_db = max((duck for other, duck in enumerate(ducks_db) if other != number), default=0.0)
            strip.add_to(self._block, frame, conductor, others_db)
        return self._block
