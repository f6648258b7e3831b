"""Places a bar's ticks in time while its tempo moves: in constant proportion, never faster than prescribed.

Tempo is heard in proportions, so a slope in per cent per second is a straight line of its logarithm, and beats passed
are that line's exponential, integrated.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from device.messages import TICKS_PER_BEAT


class Pace(NamedTuple):
    """Tempo from `frame` on, where the bar has come to `tick`: it goes from one value to another and stays there."""

    frame: int
    tick: float
    from_bpm: float
    to_bpm: float
    slope_percent_s: float
    sfreq_hz: int

    def frame_at(self, tick: float) -> float:
        """The frame at which a tick of the bar sounds."""
        beats = (tick - self.tick) / TICKS_PER_BEAT
        moving_s, moved = self._moving_s(), self._moved()
        if beats >= moved:
            passed_s = moving_s + (beats - moved) * 60.0 / self.to_bpm
        else:
            rate = self._rate()
            passed_s = math.log1p(60.0 * rate * beats / self.from_bpm) / rate
        return self.frame + passed_s * self.sfreq_hz

    def tick_at(self, frame: float) -> float:
        """The tick that the bar has come to at a frame."""
        passed_s = (frame - self.frame) / self.sfreq_hz
        moving_s = self._moving_s()
        if passed_s >= moving_s:
            beats = self._moved() + (passed_s - moving_s) * self.to_bpm / 60.0
        else:
            beats = self.from_bpm / 60.0 * math.expm1(self._rate() * passed_s) / self._rate()
        return self.tick + beats * TICKS_PER_BEAT

    def tempo_at(self, frame: float) -> float:
        passed_s = (frame - self.frame) / self.sfreq_hz
        return self.to_bpm if passed_s >= self._moving_s() else self.from_bpm * math.exp(self._rate() * passed_s)

    def turned(self, frame: int, to_bpm: float) -> Pace:
        """The pace from where it is at `frame` towards another tempo."""
        return self._replace(frame=frame, tick=self.tick_at(frame), from_bpm=self.tempo_at(frame), to_bpm=to_bpm)

    def _rate(self) -> float:
        """Slope of the tempo's logarithm, per second."""
        rate = math.log1p(self.slope_percent_s / 100.0)
        return rate if self.to_bpm > self.from_bpm else -rate

    def _moving_s(self) -> float:
        return math.log(self.to_bpm / self.from_bpm) / self._rate()

    def _moved(self) -> float:
        """Beats that pass while the tempo moves."""
        return (self.to_bpm - self.from_bpm) / 60.0 / self._rate()
