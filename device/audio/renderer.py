"""Renders what the conductor plays as blocks of samples: all tracks added up, and the PCM guard behind them.

The same renderer serves the sound card (`engine`) and a file (`device.commands.piece`).
"""

from __future__ import annotations

import numpy as np

from device.audio.conductor import Conductor
from device.audio.safety.pcm_guard import Levels, PcmGuard
from device.audio.synth import Synth
from device.audio.tracks import SynthTrack, Track
from device.config import SessionConfig
from device.messages import Message


class Renderer:
    """Renders one block after the other from frame 0 on."""

    def __init__(self, synth: Synth, config: SessionConfig) -> None:
        audio = config.device.audio
        self._tracks: tuple[Track, ...] = (SynthTrack(synth, config),)
        self._guard = PcmGuard(audio, config.prescription.limits, config.seed)
        self._block = np.zeros((audio.block_frames, 2), np.float32)
        self.frame = 0
        """The next frame to render."""

    @property
    def end_frame(self) -> int:
        """The frame at which the next block ends."""
        return self.frame + len(self._block)

    def take(self, message: Message) -> None:
        """Take what the conductor gives out, as far as it is to be heard."""
        for track in self._tracks:
            track.take(message)

    def render(self, conductor: Conductor, level: float = 1.0) -> bytes:
        """The next block, 16-bit stereo, as loud and bright as `conductor` says; `level` is an amplitude on top."""
        self._block[:] = 0.0
        for track in self._tracks:
            track.add_to(self._block, self.frame, conductor)
        self.frame = self.end_frame
        loudness = 10.0 ** (conductor.loudness_db_at(self.frame) / 20.0)
        return self._guard.pass_on(self._block, level * conductor.envelope_at(self.frame) * loudness)

    def levels(self) -> Levels:
        """Levels of what was rendered since the last call."""
        return self._guard.levels()
