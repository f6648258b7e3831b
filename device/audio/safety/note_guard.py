"""The note guard stands between whatever plays and its synthesiser, and is the last to see a note.

What comes to it may have been planned, turned or pedalled by anybody: a pitch, a velocity, an instrument, a length or a
number of notes beyond the prescription does not pass, whoever asked for it, nor a colour that changes all at once.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from device.audio.safety.limits import (
    BRIGHTNESS_PER_S,
    PROGRAM_LASTS_S,
    allowed_programs,
    guard_pitch,
    guard_share,
    guard_velocity,
    notes_per_beat,
    notes_per_s,
    ring_s,
)
from device.config import Prescription
from device.messages import VOICES
from device.music.playing import programs_of

BRIGHTNESS_STEP = 0.01
"""A change of colour that is heard."""
BURST_BEATS = 2
"""Two beats' notes may come at once: lateness and a wish in mid-bar push notes of neighbouring beats together."""


class Instrument(Protocol):
    """What notes are played on, one channel a voice: `device.audio.synth.Synth`, the guard before it, or a fake."""

    def program(self, channel: int, program: int) -> None: ...

    def note_on(self, channel: int, pitch: int, velocity: int) -> None: ...

    def note_off(self, channel: int, pitch: int) -> None: ...

    def pedal(self, channel: int, *, down: bool) -> None: ...

    def brighten(self, brightness: float) -> None: ...

    def render(self, block: npt.NDArray[np.float32], first: int, last: int) -> None:
        """Fill the frames `first` to `last` of a block of shape (frames, 2)."""
        ...


class Ringing(NamedTuple):
    """A note as it sounds, which may be another octave than was asked for."""

    pitch: int
    since_frame: int


class Chosen(NamedTuple):
    """The instrument of a channel."""

    program: int
    since_frame: int


class Coloured(NamedTuple):
    """The colour of the sound."""

    brightness: float
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
        self._frame = 0
        self._program_frames = round(PROGRAM_LASTS_S * sfreq_hz)
        self._chosen: dict[int, Chosen] = {}
        """By channel; one that has none is mute."""
        self._brightness_per_frame = BRIGHTNESS_PER_S / sfreq_hz
        self._coloured: Coloured | None = None
        self._ringing: dict[tuple[int, int], Ringing] = {}
        self.n_refused = 0

    def program(self, channel: int, program: int) -> None:
        if program not in self._allowed:
            program = self._instead[VOICES[channel]]
        if program not in self._allowed:
            return
        before = self._chosen.get(channel)
        if before and before.program == program:
            return
        if before and self._frame - before.since_frame < self._program_frames:
            self.n_refused += 1
            return
        self._chosen[channel] = Chosen(program, self._frame)
        self._instrument.program(channel, program)

    def brighten(self, brightness: float) -> None:
        """Go as far towards a brightness, 0 to 1, as the time since the last change allows; the first is taken.

        What would not be heard is no change.
        """
        wanted, before = guard_share(brightness), self._coloured
        if before:
            reach = self._brightness_per_frame * (self._frame - before.since_frame)
            wanted = min(max(wanted, before.brightness - reach), before.brightness + reach)
            if abs(wanted - before.brightness) < BRIGHTNESS_STEP:
                return
        self._coloured = Coloured(wanted, self._frame)
        self._instrument.brighten(wanted)

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        sounding = guard_pitch(pitch, self._limits)
        if channel not in self._chosen or velocity < 1 or not self._admits():
            self.n_refused += 1
            return
        for asked, ringing in list(self._ringing.items()):
            if asked[0] == channel and ringing.pitch == sounding:
                self.note_off(*asked)
        self._instrument.note_on(channel, sounding, guard_velocity(velocity, self._limits))
        self._ringing[channel, pitch] = Ringing(sounding, self._frame)

    def _admits(self) -> bool:
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
        self._room = min(self._burst, self._room + (last - first) * self._notes_per_frame)
