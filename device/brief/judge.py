"""Judges takes of the same bars by what is heard of them, so that the best is kept and none that is bad.

It knows nothing of what the composer was told: it measures tempo, notes, pitch, level, length and mode of what was
played, as a listener would. The cues weigh about as in Eerola, Friberg and Bresin 2013 (doi 10.3389/fpsyg.2013.00487):
mode, register and tempo for valence; tempo, density, level and articulation for arousal.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from device.expression import CUES
from device.messages import TICKS_PER_BEAT, Note, PlayedBar
from device.music.controls import roughness, upper_line
from device.music.keys import key_fits

GOOD_ENOUGH = 0.4
"""A take that scores less is not kept."""
NOTES_PER_S = (0.7, 7.0)
"""So few and so many are heard as calmest and liveliest."""
LOUD_VELOCITY, VELOCITY_DB = 90.0, 40.0
MODE_GAIN = 5.0
"""A clear key fits so much better than its relative of the other mode that this makes it whole."""
FAR = 1.2
"""A point that lies this far from what was asked is as good as none."""
PITCH_JUMP, LEVEL_JUMP_DB, DENSITY_JUMP = (4.0, 16.0), (2.0, 10.0), (0.7, 2.5)
"""What is smooth at a join, and what breaks it: semitones of the melody, dB, octaves of notes per second."""
ROUGHEST = (0.2, 0.6)


class Scores(NamedTuple):
    """How good a take is, each from 0 to 1."""

    affect: float
    join: float
    clean: float
    valence: float
    """Where it lies on the plane."""
    arousal: float

    @property
    def total(self) -> float:
        return 0.5 * self.affect + 0.25 * self.join + 0.25 * self.clean

    @property
    def is_good(self) -> bool:
        return self.total >= GOOD_ENOUGH and min(self.affect, self.join, self.clean) > 0.0


def judge(take: Sequence[PlayedBar], before: Sequence[PlayedBar], valence: float, arousal: float) -> Scores:
    """The scores of a take that should lie at a point and goes on from `before`, which may be empty."""
    if not any(bar.notes for bar in take):
        return Scores(0.0, 0.0, 0.0, 0.0, 0.0)
    heard = heard_point(take)
    affect = max(0.0, 1.0 - math.dist(heard, (valence, arousal)) / FAR)
    return Scores(affect, _join(before, take), _clean(take), *heard)


def heard_point(bars: Sequence[PlayedBar]) -> tuple[float, float]:
    """Valence and arousal of what was played, from the cues that can be heard."""
    tempo = _unit(CUES["log2_tempo"].share(math.log2(fmean(bar.tempo_bpm for bar in bars))))
    low, high = (math.log2(rate) for rate in NOTES_PER_S)
    density = _unit(2.0 * (math.log2(max(_notes_per_s(bars), 0.1)) - low) / (high - low) - 1.0)
    level = _unit(CUES["loudness_db"].share(_level_db(bars)))
    articulation = _unit(CUES["articulation"].share(_articulation(bars)))
    lines = [line for bar in bars if (line := upper_line(bar.notes)) is not None]
    register = _unit(CUES["register_midi"].share(fmean(lines)))
    valence = 0.55 * _major([note for bar in bars for note in bar.notes]) + 0.3 * register + 0.15 * tempo
    return valence, 0.35 * tempo + 0.25 * density + 0.25 * level + 0.15 * articulation


def _unit(share: float) -> float:
    return min(max(share, -1.0), 1.0)


def _seconds(bars: Sequence[PlayedBar]) -> float:
    return sum(bar.beats * 60.0 / bar.tempo_bpm for bar in bars)


def _notes_per_s(bars: Sequence[PlayedBar]) -> float:
    return sum(len(bar.notes) for bar in bars) / _seconds(bars)


def _level_db(bars: Sequence[PlayedBar]) -> float:
    """Mean level, of loudness and touch together."""
    struck = [note.velocity for bar in bars for note in bar.notes] or [1]
    return fmean(bar.loudness_db for bar in bars) + VELOCITY_DB * math.log10(fmean(struck) / LOUD_VELOCITY)


def _articulation(bars: Sequence[PlayedBar]) -> float:
    """The share of the way to the next melody note for which one sounds."""
    shares = []
    for bar in bars:
        line = sorted((note.onset_tick, note.duration_tick) for note in bar.notes if note.voice == "melody")
        line.append((bar.beats * TICKS_PER_BEAT, 0))
        gaps = [(length, end - onset) for (onset, length), (end, _) in itertools.pairwise(line)]
        shares += [min(1.0, length / gap) for length, gap in gaps if gap > 0]
    return fmean(shares) if shares else 1.0


def _major(notes: Sequence[Note]) -> float:
    """How much better the best major key fits than the best minor one, -1 to 1."""
    weights = [0.0] * 12
    for note in notes:
        weights[note.pitch % 12] += note.duration_tick
    fits = key_fits(weights)
    best = {mode: max(fit for (_, other), fit in fits.items() if other == mode) for mode in ("major", "minor")}
    return _unit(MODE_GAIN * (best["major"] - best["minor"]))


def _join(before: Sequence[PlayedBar], take: Sequence[PlayedBar]) -> float:
    """How smoothly the take goes on; 1 where nothing was before."""
    last, first = ([bar for bar in bars if bar.notes] for bars in (before[-2:], take[:2]))
    if not last or not first:
        return 1.0
    high, low = upper_line(last[-1].notes), upper_line(first[0].notes)
    pitch = abs((high or 0.0) - (low or 0.0)) if high is not None and low is not None else 0.0
    level_db = abs(_level_db(last) - _level_db(first))
    density = abs(math.log2(_notes_per_s(first) / _notes_per_s(last)))
    jumps = zip((pitch, level_db, density), (PITCH_JUMP, LEVEL_JUMP_DB, DENSITY_JUMP), strict=True)
    return min(_fall(jump, *ends) for jump, ends in jumps)


def _clean(take: Sequence[PlayedBar]) -> float:
    """How free of clashes, of bars that another had to play, and of one bar over and over."""
    rough = fmean(roughness(bar.notes) for bar in take)
    replaced = fmean(bool(bar.fallback) for bar in take)
    again = sum(one.notes == two.notes != () for one, two in itertools.pairwise(take)) / len(take)
    return min(_fall(rough, *ROUGHEST), 1.0 - replaced, 1.0 - again)


def _fall(value: float, good: float, bad: float) -> float:
    """1 up to `good`, 0 from `bad` on."""
    return min(max((bad - value) / (bad - good), 0.0), 1.0)
