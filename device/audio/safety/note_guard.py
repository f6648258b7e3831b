"""The note guard stands between whatever plays and its synthesiser, and is the last to see a note.

What comes to it may have been planned, turned or pedalled by anybody: a pitch, a velocity, an instrument, a length or a
number of notes beyond the prescription does not pass, whoever asked for it.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from device.audio.safety.limits import (
    allowed_programs,
    guard_pitch,
    guard_velocity,
    notes_per_beat,
    notes_per_s,
    ring_s,
)
from device.config import Prescription
from device.messages import VOICES
from device.music.playing import programs_of

BURST_BEATS = 2
"""Two beats' notes may come at once: lateness and a wish in mid-bar push notes of neighbouring beats together."""


class Instrument(Protocol):
    """What notes are played on, one channel a voice: `device.audio.synth.Synth`, the guard before it, or a fake."""

    def program(self, channel: int, program: int) -> None: ...

    def note_on(self, channel: int, pitch: int, velocity: int) -> None: ...

    def note_off(self, channel: int, pitch: int) -> None: ...

    def pedal(self, channel: int, *, down: bool) -> None: ...

    def render(self, block: npt.NDArray[np.float32], first: int, last: int) -> None:
        """Fill the frames `first` to `last` of a block of shape (frames, 2)."""
        ...


class Ringing(NamedTuple):
    """A note as it sounds, which may be another octave than was asked for."""

    pitch: int
    since_frame: int


class NoteGuard:
    """An instrument that passes on to another what is allowed; what is not allowed is changed or left out."""

    def __init__(self, instrument: Instrument, prescription: Prescription, sfreq_hz: int) -> None:
        self._instrument, self._limits = instrument, prescription.limits
        self._allowed, self._instead = set(allowed_programs(prescription)), programs_of(prescription)
        self._ring_frames = round(ring_s(self._limits) * sfreq_hz)
        self._burst = float(BURST_BEATS * notes_per_beat(self._limits))
        self._notes_per_frame = notes_per_s(self._limits) / sfreq_hz
        self._room = self._burst
        """How many notes may begin now: it fills with time and each note takes one."""
        self._frame = self._room_frame = 0
        self._mute = set(range(len(VOICES)))
        """Channels without an allowed instrument."""
        self._ringing: dict[tuple[int, int], Ringing] = {}
        self.n_refused = 0

    def program(self, channel: int, program: int) -> None:
        if program not in self._allowed:
            program = self._instead[VOICES[channel]]
        if program in self._allowed:
            self._mute.discard(channel)
            self._instrument.program(channel, program)

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        sounding = guard_pitch(pitch, self._limits)
        if channel in self._mute or velocity < 1 or not self._admits():
            self.n_refused += 1
            return
        for asked, ringing in list(self._ringing.items()):
            if asked[0] == channel and ringing.pitch == sounding:
                self.note_off(*asked)
        self._instrument.note_on(channel, sounding, guard_velocity(velocity, self._limits))
        self._ringing[channel, pitch] = Ringing(sounding, self._frame)

    def _admits(self) -> bool:
        filled = self._room + (self._frame - self._room_frame) * self._notes_per_frame
        self._room, self._room_frame = min(self._burst, filled), self._frame
        if self._room < 1.0:
            return False
        self._room -= 1.0
        return True

    def note_off(self, channel: int, pitch: int) -> None:
        ringing = self._ringing.pop((channel, pitch), None)
        if ringing:
            self._instrument.note_off(channel, ringing.pitch)

    def pedal(self, channel: int, *, down: bool) -> None:
        self._instrument.pedal(channel, down=down)

    def render(self, block: npt.NDArray[np.float32], first: int, last: int) -> None:
        for asked, ringing in list(self._ringing.items()):
            if self._frame - ringing.since_frame >= self._ring_frames:
                self.note_off(*asked)
        self._instrument.render(block, first, last)
        self._frame += last - first
