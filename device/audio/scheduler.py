"""Turns guarded bars into events at exact frames and renders between them.

Everything falls on the synthesiser's own grid of 64 frames, so what is asked is exactly what sounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from device.audio.conductor import GRID_FRAMES
from device.audio.guard import VOICES
from device.messages import TICKS_PER_BEAT, PlayedBar
from device.stage import keyed_random

LATEST_S = 0.012
"""Nobody plays on the tick: notes come up to this much late, and the more so the less they lead."""
LOOSENESS = {"melody": 0.5, "bass": 0.3, "inner": 1.0, "pad": 1.0}


class Instrument(Protocol):
    """What the scheduler plays on: `device.audio.synth.Synth`, or a fake."""

    def program(self, channel: int, program: int) -> None: ...

    def note_on(self, channel: int, pitch: int, velocity: int) -> None: ...

    def note_off(self, channel: int, pitch: int) -> None: ...

    def render(self, block: npt.NDArray[np.float32], first: int, last: int) -> None:
        """Fill the frames `first` to `last` of a block of shape (frames, 2)."""
        ...


class Strike(NamedTuple):
    """One note with its frames; a voice plays on the channel of its place in `VOICES`."""

    frame: int
    off_frame: int
    channel: int
    pitch: int
    velocity: int


def strikes_of(bar: PlayedBar, seed: int, sfreq_hz: int) -> list[Strike]:
    """The notes of a bar at exact frames, in order; the same bar and seed give the same frames."""
    rng = keyed_random(seed, "timing", bar.bar_index)
    frames_per_tick = bar.n_frames / (bar.beats * TICKS_PER_BEAT)
    strikes = []
    for note in bar.notes:
        late = LATEST_S * sfreq_hz * LOOSENESS[note.voice] * rng.random()
        frame = bar.start_frame + _on_grid(note.onset_tick * frames_per_tick + late)
        off_frame = frame + max(GRID_FRAMES, _on_grid(note.duration_tick * frames_per_tick))
        strikes.append(Strike(frame, off_frame, VOICES.index(note.voice), note.pitch, note.velocity))
    return sorted(strikes)


def _on_grid(frames: float) -> int:
    return round(frames / GRID_FRAMES) * GRID_FRAMES


class Scheduler:
    """Plays bars on an instrument, block by block."""

    def __init__(self, instrument: Instrument, seed: int, sfreq_hz: int) -> None:
        self._instrument, self._seed, self._sfreq_hz = instrument, seed, sfreq_hz
        self._strikes: list[Strike] = []
        self._programs: list[tuple[int, int, int]] = []
        self._sounding: dict[tuple[int, int], int] = {}
        """(channel, pitch) -> frame of its end."""

    def add(self, bar: PlayedBar) -> None:
        """A bar that begins at or after the next frame to render."""
        self._programs += [(bar.start_frame, VOICES.index(voice), number) for voice, number in bar.programs.items()]
        self._strikes = sorted([*self._strikes, *strikes_of(bar, self._seed, self._sfreq_hz)], key=attrgetter("frame"))

    def render(self, block: npt.NDArray[np.float32], first_frame: int) -> None:
        """Fill a block of shape (frames, 2) that begins at `first_frame`: up to an event, the event, and on."""
        end_frame, done = first_frame + len(block), 0
        for frame in self._event_frames(end_frame):
            offset = max(0, frame - first_frame)
            if offset > done:
                self._instrument.render(block, done, offset)
                done = offset
            self._play(frame)
        self._instrument.render(block, done, len(block))

    def _event_frames(self, end_frame: int) -> Sequence[int]:
        frames = {strike.frame for strike in self._strikes if strike.frame < end_frame}
        frames |= {strike.off_frame for strike in self._strikes if strike.off_frame < end_frame}
        frames |= {frame for frame, _, _ in self._programs if frame < end_frame}
        frames |= {frame for frame in self._sounding.values() if frame < end_frame}
        return sorted(frames)

    def _play(self, frame: int) -> None:
        for key in [key for key, off_frame in self._sounding.items() if off_frame <= frame]:
            self._instrument.note_off(*key)
            del self._sounding[key]
        while self._programs and self._programs[0][0] <= frame:
            _, channel, number = self._programs.pop(0)
            self._instrument.program(channel, number)
        while self._strikes and self._strikes[0].frame <= frame:
            self._strike(self._strikes.pop(0))

    def _strike(self, strike: Strike) -> None:
        key = (strike.channel, strike.pitch)
        # A second note of the same pitch would be ended by the first one's end.
        if key in self._sounding:
            self._instrument.note_off(*key)
        self._instrument.note_on(strike.channel, strike.pitch, strike.velocity)
        self._sounding[key] = strike.off_frame
