"""The composed music, played on the synthesiser.

Where another generator composes from a bar on, its notes begin while those before ring out, each on the instrument it
was struck on: only one composes at a time, so there are no two sounds to be mixed at equal power, and nothing is cut.
"""

from __future__ import annotations

import numpy as np

from device.audio.conductor import Conductor
from device.audio.layers import Layers
from device.audio.safety.note_guard import NoteGuard
from device.audio.samples import Samples
from device.audio.scheduler import Scheduler
from device.audio.synth import Synth
from device.config import SessionConfig
from device.messages import Message, Performance, PlayedBar

ROOM_STEP = 0.01
ROOM_FOLLOW_S = 15.0
"""The room grows around calm music and comes near around lively music, so slowly that nobody hears it move."""


class SynthTrack:
    """Plays composed bars on the synthesiser, through the note guard."""

    def __init__(self, synth: Synth, config: SessionConfig) -> None:
        audio = config.device.audio
        self._synth = synth
        synth.through_felt = config.prescription.preference.touch == "soft"
        self._layers = Layers(synth, config.prescription)
        self._guard = NoteGuard(self._layers, config.prescription, audio.sfreq_hz)
        self._scheduler = Scheduler(self._guard, config)
        self._own = np.zeros((audio.block_frames, 2), np.float32)
        self._room_set = -1.0
        self._room, self._room_share = 0.5, audio.block_frames / audio.sfreq_hz / ROOM_FOLLOW_S

    def take(self, message: Message) -> None:
        if isinstance(message, PlayedBar):
            self._scheduler.add(message)
        elif isinstance(message, Performance):
            self._scheduler.turn(message)

    def add_to(self, block: Samples, frame: int, conductor: Conductor) -> None:
        self._guard.brighten(conductor.brightness_at(frame))
        self._layers.calmness = 0.5 - 0.5 * conductor.target_arousal
        self._room += self._room_share * (self._layers.calmness - self._room)
        if abs(self._room - self._room_set) >= ROOM_STEP:
            self._room_set = self._room
            self._synth.widen(self._room)
        self._scheduler.render(self._own, frame, conductor.loudness_db_at(frame))
        block += self._own

    def ducks_db(self) -> float:
        return 0.0
