"""Gives a voice a second instrument beneath its own: strings under a pad, a harp under soft chords.

Both play the same notes. The softer a note is struck, the more of the second is heard: gentle music is woven of
sustained sound, lively music is clear. What it passes on has passed the note guard, and layers only what is allowed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from device.audio.safety.limits import allowed_layers
from device.audio.safety.note_guard import Instrument
from device.config import Prescription
from device.messages import VOICES

FIRST_CHANNEL = len(VOICES)
"""Layers play on the channels after the voices' own, in the same order."""
SOFT, HARD = 40, 100
"""Velocities at which a layer is struck like the voice, and half as strongly."""
WEAKEST = 0.5


class Layers:
    """An instrument that plays on another, twice where a voice has a layer."""

    def __init__(self, instrument: Instrument, prescription: Prescription) -> None:
        self._instrument = instrument
        self._programs = {VOICES.index(voice): program for voice, program in allowed_layers(prescription).items()}

    def program(self, channel: int, program: int) -> None:
        self._instrument.program(channel, program)
        if channel in self._programs:
            self._instrument.program(FIRST_CHANNEL + channel, self._programs[channel])

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        self._instrument.note_on(channel, pitch, velocity)
        if channel in self._programs:
            share = min(max((velocity - SOFT) / (HARD - SOFT), 0.0), 1.0)
            layered = max(1, round(velocity * (1.0 - (1.0 - WEAKEST) * share)))
            self._instrument.note_on(FIRST_CHANNEL + channel, pitch, layered)

    def note_off(self, channel: int, pitch: int) -> None:
        self._instrument.note_off(channel, pitch)
        if channel in self._programs:
            self._instrument.note_off(FIRST_CHANNEL + channel, pitch)

    def pedal(self, channel: int, *, down: bool) -> None:
        self._instrument.pedal(channel, down=down)
        if channel in self._programs:
            self._instrument.pedal(FIRST_CHANNEL + channel, down=down)

    def brighten(self, brightness: float) -> None:
        self._instrument.brighten(brightness)

    def render(self, block: npt.NDArray[np.float32], first: int, last: int) -> None:
        self._instrument.render(block, first, last)
