"""Holds what can sound together: each track renders its own blocks, and the renderer adds them up for the PCM guard."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from device.audio.conductor import Conductor
from device.audio.safety.note_guard import NoteGuard
from device.audio.scheduler import Scheduler
from device.audio.synth import Synth
from device.config import SessionConfig
from device.messages import Message, Performance, PlayedBar

BRIGHTNESS_STEP = 0.01


class Track(Protocol):
    """One source of sound. A spoken prompt or a texture is a file with a class and a place in the renderer's list."""

    def take(self, message: Message) -> None:
        """Take what the conductor gives out, as far as this track plays it."""
        ...

    def add_to(self, block: npt.NDArray[np.float32], frame: int, conductor: Conductor) -> None:
        """Add the samples that begin at `frame` to a block of shape (frames, 2)."""
        ...


class SynthTrack:
    """Plays composed bars on the synthesiser, through the note guard."""

    def __init__(self, synth: Synth, config: SessionConfig) -> None:
        audio = config.device.audio
        self._synth = synth
        self._scheduler = Scheduler(NoteGuard(synth, config.prescription, audio.sfreq_hz), config)
        self._own = np.zeros((audio.block_frames, 2), np.float32)
        self._brightness = -1.0

    def take(self, message: Message) -> None:
        if isinstance(message, PlayedBar):
            self._scheduler.add(message)
        elif isinstance(message, Performance):
            self._scheduler.turn(message)

    def add_to(self, block: npt.NDArray[np.float32], frame: int, conductor: Conductor) -> None:
        brightness = conductor.brightness_at(frame)
        if abs(brightness - self._brightness) >= BRIGHTNESS_STEP:
            self._brightness = brightness
            self._synth.brighten(brightness)
        self._scheduler.render(self._own, frame, conductor.loudness_db_at(frame))
        block += self._own
