"""Gives a voice more instruments beneath its own: strings and a choir under a pad, a harp under soft chords.

All play the same notes. The softer a note is struck, the more of its layer is heard: gentle music is woven of sustained
sound, lively music is clear. A second layer is heard only where the music is calm. What is passed on has passed the
note guard, and layers only what is allowed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from device.audio.safety.limits import allowed_layers
from device.audio.safety.note_guard import Instrument
from device.config import Prescription
from device.messages import VOICES

FIRST_CHANNEL = len(VOICES)
"""First layers play on the channels after the voices' own, in the same order, and second layers after those."""
SOFT, HARD = 40, 100
"""Velocities at which a layer is struck like the voice, and half as strongly."""
WEAKEST = 0.5
LIVELY, CALM = 0.5, 0.8
"""Calmness (0 to 1) from which a second layer is heard, and at which it is struck like the first."""


class Layers:
    """An instrument that plays on another, once more for each layer of a voice."""

    def __init__(self, instrument: Instrument, prescription: Prescription) -> None:
        self._instrument = instrument
        self._programs = {VOICES.index(voice): programs for voice, programs in allowed_layers(prescription).items()}
        self.calmness = 0.0
        """How calm the music is, 0 to 1, for the notes that begin from now on."""

    def _layers(self, channel: int) -> Iterator[tuple[int, int, float]]:
        """Channel and program of each layer of a voice, and how strongly it is struck beside the first."""
        strengths = (1.0, min(max((self.calmness - LIVELY) / (CALM - LIVELY), 0.0), 1.0))
        for place, (program, strength) in enumerate(zip(self._programs.get(channel, ()), strengths, strict=False)):
            yield channel + (1 + place) * FIRST_CHANNEL, program, strength

    def program(self, channel: int, program: int) -> None:
        self._instrument.program(channel, program)
        for layer, own, _ in self._layers(channel):
            self._instrument.program(layer, own)

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        self._instrument.note_on(channel, pitch, velocity)
        share = min(max((velocity - SOFT) / (HARD - SOFT), 0.0), 1.0)
        for layer, _, strength in self._layers(channel):
            if strength > 0.0:
                layered = velocity * (1.0 - (1.0 - WEAKEST) * share) * strength
                self._instrument.note_on(layer, pitch, max(1, round(layered)))

    def note_off(self, channel: int, pitch: int) -> None:
        self._instrument.note_off(channel, pitch)
        for layer, _, _ in self._layers(channel):
            self._instrument.note_off(layer, pitch)

    def pedal(self, channel: int, *, down: bool) -> None:
        self._instrument.pedal(channel, down=down)
        for layer, _, _ in self._layers(channel):
            self._instrument.pedal(layer, down=down)

    def brighten(self, brightness: float) -> None:
        self._instrument.brighten(brightness)

    def render(self, block: npt.NDArray[np.float32], first: int, last: int) -> None:
        self._instrument.render(block, first, last)
