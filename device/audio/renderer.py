"""From what the conductor plays to blocks of samples: scheduler, synthesiser and mixer in one hand.

For the sound card (`engine`) and for a file (`device.commands.piece`) the same.
"""

from __future__ import annotations

import numpy as np

from device.audio.conductor import Conductor
from device.audio.mixer import Levels, Mixer
from device.audio.scheduler import Scheduler
from device.audio.synth import Synth
from device.config import SessionConfig
from device.messages import Message, Performance, PlayedBar

BRIGHTNESS_STEP = 0.01


class Renderer:
    """Renders one block after the other from frame 0 on."""

    def __init__(self, synth: Synth, config: SessionConfig) -> None:
        audio = config.device.audio
        self._synth = synth
        self._scheduler = Scheduler(synth, config)
        self._mixer = Mixer(audio.sfreq_hz, audio.ceiling_dbfs, config.seed)
        self._block = np.zeros((audio.block_frames, 2), np.float32)
        self._gain = 0.0
        self._brightness = -1.0
        self.frame = 0
        """The next one to render."""

    @property
    def end_frame(self) -> int:
        """Where the block that comes next ends."""
        return self.frame + len(self._block)

    def take(self, message: Message) -> None:
        """What the conductor gives out, as far as it is to be heard."""
        if isinstance(message, PlayedBar):
            self._scheduler.add(message)
        elif isinstance(message, Performance):
            self._scheduler.turn(message)

    def render(self, conductor: Conductor, level: float = 1.0) -> bytes:
        """The next block, 16-bit stereo, as loud and bright as `conductor` says; `level` is an amplitude on top."""
        self._brighten(conductor.brightness_at(self.frame))
        self._scheduler.render(self._block, self.frame, conductor.loudness_db_at(self.frame))
        self.frame = self.end_frame
        gain = level * conductor.envelope_at(self.frame) * 10.0 ** (conductor.loudness_db_at(self.frame) / 20.0)
        pcm = self._mixer.mix(self._block, self._gain, gain)
        self._gain = gain
        return pcm

    def levels(self) -> Levels:
        """Of what was rendered since the last call."""
        return self._mixer.levels()

    def _brighten(self, brightness: float) -> None:
        if abs(brightness - self._brightness) >= BRIGHTNESS_STEP:
            self._brightness = brightness
            self._synth.brighten(brightness)
