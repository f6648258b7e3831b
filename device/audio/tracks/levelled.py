"""All music together, brought to the loudness that is prescribed and freed of what nobody can hear."""

from __future__ import annotations

import numpy as np

from device.audio.conductor import Conductor
from device.audio.filters import Biquad, BlockFilter, high_pass
from device.audio.leveller import Leveller
from device.audio.mixer import Mixer
from device.audio.samples import Samples
from device.config import SessionConfig
from device.messages import Message

USUAL_LUFS = -26.0
"""How loud the music is before it is levelled, with the instruments that are prescribed by default (FluidR3)."""
SUBSONIC_HZ = 25.0
"""Below it there are no notes, only the offset of samples: over half of the power of a calm piece (measured)."""
BUTTERWORTH_Q = (0.541, 1.307)
WILD = 8.0
"""No music is louder: what is beyond this is a fault of its track."""


class LevelledTrack:
    """A mixer of tracks that is itself a track."""

    def __init__(self, music: Mixer, config: SessionConfig) -> None:
        audio = config.device.audio
        self._music = music
        self._high_pass = BlockFilter(subsonic(audio.sfreq_hz), audio.block_frames)
        wanted_lufs = config.prescription.loudness_lufs
        self._leveller = Leveller(wanted_lufs, USUAL_LUFS, audio.sfreq_hz, audio.block_frames)
        self._gain = 0.0

    def take(self, message: Message) -> None:
        self._music.take(message)

    def add_to(self, block: Samples, frame: int, conductor: Conductor) -> None:
        # A filter would remember for ever what is no number.
        finite = np.clip(self._music.mix(frame, conductor), -WILD, WILD)
        finite[np.isnan(finite)] = 0.0
        music = self._high_pass.pass_on(finite)
        before, self._gain = self._gain, 10.0 ** (self._leveller.gain_db(music) / 20.0)
        block += music * np.linspace(before or self._gain, self._gain, len(block), endpoint=False)[:, None]

    def recent_lufs(self) -> float:
        """Loudness of the music of the last seconds, before the others' gains."""
        return self._leveller.recent_lufs()

    def ducks_db(self) -> float:
        return 0.0


def subsonic(sfreq_hz: int) -> list[Biquad]:
    """A Butterworth high-pass of fourth order at `SUBSONIC_HZ`."""
    return [high_pass(SUBSONIC_HZ, sfreq_hz, q) for q in BUTTERWORTH_Q]
