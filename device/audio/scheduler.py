"""The scheduler turns bars into events at exact frames and renders between them; the note guard hears each event last.

Everything falls on the synthesiser's own grid of 64 frames, so what is asked is exactly what sounds. A sounding bar can
be played on in another manner: what has begun goes on, what has not is planned anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from device.audio.conductor import GRID_FRAMES
from device.audio.pace import Pace
from device.audio.safety.note_guard import Instrument
from device.config import SessionConfig
from device.messages import VOICES, Manner, Note, Performance, PlayedBar
from device.music.metre import layout_of
from device.music.perform import PEDALLED_VOICES, pedal_ticks, perform, velocity_in
from device.stage import keyed_random

LATEST_S = 0.012
"""Nobody plays on the tick: notes come up to this much late, and the more so the less they lead."""
LOOSENESS = {"melody": 0.5, "bass": 0.3, "inner": 1.0, "pad": 1.0}
PEDAL_UP_S = 0.06
"""Time that the pedal stays up: long enough for the dampers to end what rang."""
BARS_KEPT = 3
"""Number of bars that are remembered: the one that sounds and those that still ring."""


class Strike(NamedTuple):
    """One note with its frames; a voice plays on the channel of its place in `VOICES`."""

    frame: int
    off_frame: int
    bar_index: int
    place: int
    """Index of the note in its bar."""


class Pedal(NamedTuple):
    frame: int
    bar_index: int
    down: bool


class PacedBar(NamedTuple):
    """A bar and how it is played."""

    bar: PlayedBar
    pace: Pace
    manner: Manner | None

    def strikes(self, seed: int) -> list[Strike]:
        """Its notes at exact frames, in order; the same bar, pace and seed give the same frames."""
        touches = perform(self.bar.notes, layout_of(self.bar), self.bar.manner, self.manner) if self.manner else None
        strikes = []
        for place, note in enumerate(self.bar.notes):
            duration_tick = touches[place].duration_tick if touches else note.duration_tick
            if touches and not touches[place].sounds:
                continue
            late = _lateness(note, seed, self.bar.bar_index) * self.pace.sfreq_hz
            begins = self.pace.frame_at(note.onset_tick)
            frame = _on_grid(begins + late)
            ends = self.pace.frame_at(note.onset_tick + duration_tick) - begins
            strikes.append(Strike(frame, frame + max(GRID_FRAMES, _on_grid(ends)), self.bar.bar_index, place))
        return sorted(strikes)

    def pedals(self) -> list[Pedal]:
        """The moments when the pedal goes up and down; it always goes up at the bar's start."""
        ticks = pedal_ticks(self.bar.notes, self.manner.articulation) if self.manner else ()
        index, up_frames = self.bar.bar_index, _on_grid(PEDAL_UP_S * self.pace.sfreq_hz)
        pedals = [] if ticks else [Pedal(self.bar.start_frame, index, down=False)]
        for tick in ticks:
            frame = _on_grid(self.pace.frame_at(tick))
            pedals += [Pedal(frame, index, down=False), Pedal(frame + up_frames, index, down=True)]
        return pedals


def _lateness(note: Note, seed: int, bar_index: int) -> float:
    """Lateness of a note in seconds: its own, whatever becomes of the others."""
    rng = keyed_random(seed, f"timing/{note.voice}/{note.onset_tick}/{note.pitch}", bar_index)
    return LATEST_S * LOOSENESS[note.voice] * rng.random()


def _on_grid(frames: float) -> int:
    return round(frames / GRID_FRAMES) * GRID_FRAMES


class Scheduler:
    """Plays bars on an instrument, block by block."""

    def __init__(self, instrument: Instrument, config: SessionConfig) -> None:
        self._instrument, self._seed = instrument, config.seed
        self._slope_percent_s = config.prescription.limits.tempo_slope_percent_s
        self._sfreq_hz = config.device.audio.sfreq_hz
        self._paced: dict[int, PacedBar] = {}
        self._strikes: list[Strike] = []
        self._begun: set[tuple[int, int]] = set()
        """(bar, place) of the notes that were struck."""
        self._programs: list[tuple[int, int, int]] = []
        self._pedals: list[Pedal] = []
        self._sounding: dict[tuple[int, int], Strike] = {}
        """The notes that sound, by (channel, pitch)."""

    def add(self, bar: PlayedBar) -> None:
        """Take a bar that begins at or after the next frame to render."""
        pace = Pace(bar.start_frame, 0.0, bar.tempo_from_bpm, bar.tempo_to_bpm, self._slope_percent_s, self._sfreq_hz)
        paced = PacedBar(bar, pace, bar.manner)
        self._paced[bar.bar_index] = paced
        for index in sorted(self._paced)[:-BARS_KEPT]:
            del self._paced[index]
        self._begun = {(index, place) for index, place in self._begun if index in self._paced}
        self._programs += [(bar.start_frame, VOICES.index(voice), number) for voice, number in bar.programs.items()]
        self._plan(paced.strikes(self._seed), paced.pedals())

    def turn(self, performance: Performance) -> None:
        """Play a bar on in another manner; one that is not known any more has nothing left to play."""
        index, from_frame = performance.bar_index, performance.from_frame
        if index not in self._paced:
            return
        pace = self._paced[index].pace._replace(
            frame=from_frame,
            tick=performance.from_tick,
            from_bpm=performance.tempo_from_bpm,
            to_bpm=performance.tempo_to_bpm,
        )
        paced = self._paced[index] = PacedBar(self._paced[index].bar, pace, performance.manner)
        strikes = paced.strikes(self._seed)
        self._strikes = [strike for strike in self._strikes if strike.bar_index != index]
        self._pedals = [pedal for pedal in self._pedals if pedal.bar_index != index]
        waiting = [strike for strike in strikes if (index, strike.place) not in self._begun]
        self._plan([_not_before(strike, from_frame) for strike in waiting], _from(paced.pedals(), from_frame))
        self._end_anew({strike.place: strike.off_frame for strike in strikes}, index, from_frame)

    def _plan(self, strikes: Sequence[Strike], pedals: Sequence[Pedal]) -> None:
        self._strikes = sorted([*self._strikes, *strikes])
        self._pedals = sorted([*self._pedals, *pedals], key=attrgetter("frame"))

    def _end_anew(self, off_frames: dict[int, int], bar_index: int, from_frame: int) -> None:
        for key, strike in self._sounding.items():
            if strike.bar_index == bar_index and strike.place in off_frames:
                self._sounding[key] = strike._replace(off_frame=max(from_frame, off_frames[strike.place]))

    def render(self, block: npt.NDArray[np.float32], first_frame: int, loudness_db: float) -> None:
        """Fill a block of shape (frames, 2) that begins at `first_frame`: up to an event, the event, and on.

        Notes are struck as hard as fits `loudness_db`, which is not applied otherwise.
        """
        end_frame, done = first_frame + len(block), 0
        for frame in self._event_frames(end_frame):
            offset = max(0, frame - first_frame)
            if offset > done:
                self._instrument.render(block, done, offset)
                done = offset
            self._play(frame, loudness_db)
        self._instrument.render(block, done, len(block))

    def _event_frames(self, end_frame: int) -> Sequence[int]:
        frames = {strike.frame for strike in self._strikes if strike.frame < end_frame}
        frames |= {strike.off_frame for strike in self._strikes if strike.off_frame < end_frame}
        frames |= {frame for frame, _, _ in self._programs if frame < end_frame}
        frames |= {pedal.frame for pedal in self._pedals if pedal.frame < end_frame}
        frames |= {strike.off_frame for strike in self._sounding.values() if strike.off_frame < end_frame}
        return sorted(frames)

    def _play(self, frame: int, loudness_db: float) -> None:
        for key in [key for key, strike in self._sounding.items() if strike.off_frame <= frame]:
            self._instrument.note_off(*key)
            del self._sounding[key]
        while self._programs and self._programs[0][0] <= frame:
            _, channel, number = self._programs.pop(0)
            self._instrument.program(channel, number)
        while self._pedals and self._pedals[0].frame <= frame:
            down = self._pedals.pop(0).down
            for voice in PEDALLED_VOICES:
                self._instrument.pedal(VOICES.index(voice), down=down)
        while self._strikes and self._strikes[0].frame <= frame:
            self._strike(self._strikes.pop(0), loudness_db)

    def _strike(self, strike: Strike, loudness_db: float) -> None:
        bar = self._paced[strike.bar_index].bar
        note = bar.notes[strike.place]
        key = (VOICES.index(note.voice), note.pitch)
        # A second note of the same pitch would be ended by the first one's end.
        if key in self._sounding:
            self._instrument.note_off(*key)
        self._instrument.note_on(*key, velocity_in(note, bar.manner, loudness_db))
        self._sounding[key] = strike
        self._begun.add((strike.bar_index, strike.place))


def _not_before(strike: Strike, frame: int) -> Strike:
    late = max(0, frame - strike.frame)
    return strike._replace(frame=strike.frame + late, off_frame=strike.off_frame + late)


def _from(pedals: Sequence[Pedal], frame: int) -> list[Pedal]:
    """What is left of a bar's pedalling at a frame, beginning with where the pedal has to be then."""
    past = [pedal for pedal in pedals if pedal.frame <= frame]
    coming = [pedal for pedal in pedals if pedal.frame > frame]
    return [past[-1]._replace(frame=frame), *coming] if past else coming
