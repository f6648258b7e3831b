"""Any folder of MIDI as pieces of one kind, so that ours and people's music are measured by the same yardstick.

Three ways to the beat: the file's own metre (ours, scores), annotated beats beside the folder (POP909), and, where a
file has neither, quarters at the file's tempo (EMOPIA: 120 bpm for everything, so there only seconds mean something).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import mido
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

VOICES = ("melody", "inner", "bass", "pad")
OTHER = "accompaniment"
DRUMS = 9
EXPRESSION = 11
COMPOUND = {(6, 8), (9, 8), (12, 8)}
SUNG_SHARE = 0.95
"""A first part that so rarely strikes two notes at once is a singer's."""
TOGETHER_S = 0.05
"""Notes that begin within this time are heard as one event."""
ANNOTATIONS = "_annotations"
EARLY_BEATS = 0.1
"""A note may be played this much early and still belong to its bar."""
BEATS_MAX = 100_000
BAR_MIN_BEATS = 0.25
FAR = 1000.0
"""Beats."""


class BrokenMidiError(ValueError):
    """A file that is no music, in a sentence."""


class Played(NamedTuple):
    """A note in ticks of its file."""

    start: int
    end: int
    pitch: int
    level: float
    voice: str


@dataclass(frozen=True)
class Piece:
    """Notes in order of their onset, then pitch; all arrays of notes have the same length (at least one)."""

    name: str
    bars: Floats
    """Beats at which the bars begin and, last, at which the last one ends."""
    onset: Floats
    """Onset in beats, as is `length`."""
    length: Floats
    pitch: Ints
    velocity: Floats
    """0 to 127, as it sounds: times the expression pedal (controller 11), where there is one."""
    voice: npt.NDArray[np.str_]
    map_beats: Floats
    """Corners of the tempo map, with `map_s`."""
    map_s: Floats

    @property
    def start_s(self) -> Floats:
        return self.seconds(self.onset)

    @property
    def end_s(self) -> Floats:
        return self.seconds(self.onset + self.length)

    @property
    def duration_s(self) -> float:
        """Time from the first onset to the last end."""
        return float(self.end_s.max() - self.start_s.min())

    def seconds(self, beats: Floats) -> Floats:
        return np.interp(beats, self.map_beats, self.map_s)

    def between_bars(self, first: int, end: int) -> Piece | None:
        """The bars from `first` to before `end`, notes that ring on whole; None where no note begins in them."""
        bars = self.bars[first : end + 1]
        kept = (self.onset > bars[0] - EARLY_BEATS) & (self.onset < bars[-1] - EARLY_BEATS)
        notes = {name: getattr(self, name)[kept] for name in ("onset", "length", "pitch", "velocity", "voice")}
        return replace(self, bars=bars, **notes) if kept.any() else None

    def melody(self) -> Ints:
        """Indices of the melody's notes; of the upper line's where nobody is called melody."""
        sung = np.flatnonzero(self.voice == "melody")
        return self.upper_line(sung if len(sung) else np.arange(len(self.pitch)))

    def upper_line(self, among: Ints | None = None) -> Ints:
        """Indices of the highest note of every event, `among` these (in order; default: all)."""
        places = np.arange(len(self.pitch)) if among is None else among
        number = events(self.start_s[places])
        order = np.lexsort((-self.pitch[places], number))
        return places[order[np.flatnonzero(np.diff(number[order], prepend=-1))]]


def events(start_s: Floats) -> Ints:
    """The number of the event each of these onsets (in order) belongs to: notes struck together are one."""
    return np.cumsum(np.diff(start_s, prepend=start_s[:1]) > TOGETHER_S).astype(np.int64)


def find(folder: Path) -> list[Path]:
    """All MIDI files of a folder and its folders, in order."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".mid", ".midi"})


def read_all(paths: Iterable[Path]) -> tuple[list[Piece], list[str]]:
    """The pieces, and a sentence for every file that is none."""
    pieces: list[Piece] = []
    broken: list[str] = []
    for path in paths:
        try:
            pieces.append(read(path))
        except BrokenMidiError as error:
            broken.append(str(error))
    return pieces, broken


def read(path: Path) -> Piece:
    """One file as a piece.

    Raises:
        BrokenMidiError: the file cannot be read or has no notes.
    """
    try:
        return _piece(path, mido.MidiFile(path, clip=True))
    except BrokenMidiError:
        raise
    # mido has no error of its own for a broken file: it fails in whatever way the bytes lead to.
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".rstrip(": ")
        raise BrokenMidiError(f"{path.name} is left out: it is no readable MIDI file ({reason}).") from error


# -- notes


def _notes(file: mido.MidiFile) -> list[Played]:
    tracks = [notes for track in file.tracks if (notes := _track_notes(track))]
    names = [track.name.strip().lower() for track in file.tracks if any(m.type == "note_on" for m in track)]
    voices = [name if name in VOICES else OTHER for name in names]
    if len(tracks) > 1 and "melody" not in voices and _is_sung(tracks[0]):
        voices[0] = "melody"
    return [note._replace(voice=voice) for notes, voice in zip(tracks, voices, strict=True) for note in notes]


def _is_sung(notes: Sequence[Played]) -> bool:
    return len({note.start for note in notes}) > SUNG_SHARE * len(notes)


def _track_notes(track: mido.MidiTrack) -> list[Played]:
    notes: list[Played] = []
    sounding: dict[tuple[int, int], tuple[int, float]] = {}
    expression: dict[int, float] = {}
    now = 0
    for message in track:
        now += message.time
        if message.type == "control_change" and message.control == EXPRESSION:
            expression[message.channel] = message.value / 127.0
        if message.type not in {"note_on", "note_off"} or message.channel == DRUMS:
            continue
        key = (message.channel, message.note)
        start, level = sounding.pop(key, (now, 0.0))
        if now > start:
            notes.append(Played(start, now, message.note, level, OTHER))
        if message.type == "note_on" and message.velocity > 0:
            sounding[key] = (now, message.velocity * expression.get(message.channel, 1.0))
    notes += [Played(start, now, pitch, level, OTHER) for (_, pitch), (start, level) in sounding.items() if now > start]
    return notes


# -- beats and seconds


class Corners(NamedTuple):
    """A piecewise linear way from `x` to `y`."""

    x: Floats
    y: Floats

    def at(self, x: npt.ArrayLike) -> Floats:
        y: Floats = np.interp(np.asarray(x, float), self.x, self.y)
        return y

    def stretched(self) -> Corners:
        """Going on at both ends as it does there."""
        slopes = np.diff(self.y) / np.diff(self.x)
        x = np.concatenate(([self.x[0] - FAR], self.x, [self.x[-1] + FAR]))
        y = np.concatenate(([self.y[0] - FAR * slopes[0]], self.y, [self.y[-1] + FAR * slopes[-1]]))
        return Corners(x, y)


def _piece(path: Path, file: mido.MidiFile) -> Piece:
    ordered = sorted(_notes(file), key=lambda note: (note.start, note.pitch))
    if not ordered:
        raise BrokenMidiError(f"{path.name} is left out: it has no notes.")
    start, end = (np.array([note[side] for note in ordered], float) for side in (0, 1))
    if not 0 < end.max() < BEATS_MAX * file.ticks_per_beat:
        raise BrokenMidiError(f"{path.name} is left out: it claims to last {BEATS_MAX:,} beats or more.")
    clock = _clock(file, float(end.max()))
    annotated = path.parent.with_name(path.parent.name + ANNOTATIONS) / f"{path.stem}_beat_midi.txt"
    if annotated.is_file():
        beat_s, bars = _annotation(annotated)
        onset, off = (np.interp(clock.at(side), beat_s.y, beat_s.x) for side in (start, end))
    else:
        metre, bars = _metre(file, float(end.max()))
        onset, off = metre.at(start), metre.at(end)
        ticks = np.union1d(clock.x, metre.x)
        beat_s = Corners(metre.at(ticks), clock.at(ticks))
    return Piece(
        name=path.stem,
        bars=bars,
        onset=onset,
        length=off - onset,
        pitch=np.array([note.pitch for note in ordered], np.int64),
        velocity=np.array([note.level for note in ordered], np.float64),
        voice=np.array([note.voice for note in ordered]),
        map_beats=beat_s.x,
        map_s=beat_s.y,
    )


def _clock(file: mido.MidiFile, end: float) -> Corners:
    """Turns ticks into seconds."""
    ticks, seconds, us_per_beat = [0.0], [0.0], 500_000
    for tick, message in _meta(file, "set_tempo"):
        if tick > ticks[-1]:
            seconds.append(seconds[-1] + (tick - ticks[-1]) * us_per_beat / 1e6 / file.ticks_per_beat)
            ticks.append(float(tick))
        us_per_beat = message.tempo
    last = max(end, ticks[-1]) + file.ticks_per_beat
    seconds.append(seconds[-1] + (last - ticks[-1]) * us_per_beat / 1e6 / file.ticks_per_beat)
    return Corners(np.array([*ticks, last]), np.array(seconds))


def _metre(file: mido.MidiFile, end: float) -> tuple[Corners, Floats]:
    """Turns ticks into beats, and finds the bars.

    A beat is a quarter, in 6/8, 9/8 and 12/8 a dotted one; bars of two beats are taken in pairs, as the composer does.
    """
    signs = {0: (4, 4)} | {tick: (m.numerator, m.denominator) for tick, m in _meta(file, "time_signature")}
    changes = sorted(tick for tick in signs if tick < end) or [0]
    ticks, beats, bars = [0.0], [0.0], list[float]()
    for tick, until in itertools.pairwise([*changes, end]):
        numerator, denominator = signs[int(tick)]
        quarters = 1.5 if (numerator, denominator) in COMPOUND else 1.0
        in_bar = max(BAR_MIN_BEATS, numerator * 4 / denominator / quarters)
        n_beats = (until - tick) / file.ticks_per_beat / quarters
        bars += np.arange(beats[-1], beats[-1] + n_beats - 1e-6, 4.0 if in_bar == 2.0 else in_bar).tolist()
        ticks.append(float(until))
        beats.append(beats[-1] + n_beats)
    bars.append(bars[-1] + (4.0 if in_bar == 2.0 else in_bar))
    return Corners(np.array(ticks), np.array(beats)), np.array(bars)


def _annotation(path: Path) -> tuple[Corners, Floats]:
    """Turns beats into seconds, and finds the bars, as POP909 annotates them: time, downbeat (simple and compound)."""
    rows = np.loadtxt(path, ndmin=2)
    downbeats = np.flatnonzero(rows[:, 2] > 0).astype(float)
    if len(downbeats) < 2:
        raise BrokenMidiError(f"{path.name} annotates no bars.")
    return Corners(np.arange(len(rows), dtype=float), rows[:, 0]).stretched(), downbeats


def _meta(file: mido.MidiFile, kind: str) -> Iterator[tuple[int, mido.MetaMessage]]:
    """Meta messages of one kind and their tick, in order, whichever track they stand in."""
    found = []
    for track in file.tracks:
        now = 0
        for message in track:
            now += message.time
            if message.type == kind:
                found.append((now, message))
    yield from sorted(found, key=lambda item: item[0])
