"""POP909 and OpenScore Lieder as bars on the grid: four voices, key and metre found, one song after the other."""

from __future__ import annotations

import csv
import hashlib
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import mido
import numpy as np
import numpy.typing as npt

from device.messages import TICKS_PER_BEAT, Mode
from device.music.tokens import BEAT_STEPS
from export.music.keys import find_shift
from export.music.measures import Measure, RawNote

Floats = npt.NDArray[np.float64]
SIXTEENTHS = np.array([0, 6, 12, 18, 24])
STEPS = np.array([*BEAT_STEPS, TICKS_PER_BEAT])
HELD_OUT_SHARE = 0.06


class Song(NamedTuple):
    name: str
    held_out: bool
    measures: tuple[Measure, ...]
    notes: tuple[RawNote, ...]
    """Its notes in beats of the file, transposed so that the key signature is that of C."""
    modes: tuple[Mode, ...]
    """The mode of each measure, found in the eight bars around it."""


def held_out(group: str) -> bool:
    """Whether a song or a composer is kept from training; always the same answer."""
    return hashlib.sha256(group.encode()).digest()[0] < 256 * HELD_OUT_SHARE


def read_pop909(folder: Path, annotations: Path) -> Iterator[Song]:
    """Melody, bridge and piano of every song, on its annotated beats."""
    for path in sorted(folder.glob("*.mid")):
        beats = np.loadtxt(annotations / f"{path.stem}_beat_midi.txt", ndmin=2)
        song = _pop909_song(path, beats[:, 0], np.flatnonzero(beats[:, 2] > 0))
        if song:
            yield song


def _pop909_song(path: Path, times: Floats, downbeats: npt.NDArray[np.int64]) -> Song | None:
    file = mido.MidiFile(path)
    index = np.arange(len(times), dtype=float)
    measures = tuple(
        Measure(float(a), int(b - a), 1.0, float(60.0 * (b - a) / (times[b] - times[a])))
        for a, b in itertools.pairwise(downbeats)
        if b - a in (3, 4)
    )
    ticks, seconds = _tempo_map(file)
    notes: list[RawNote] = []
    tracks = {track.name: track for track in file.tracks}
    busy: set[int] = set()
    for name in ("MELODY", "BRIDGE", "PIANO"):
        played = _track_notes(tracks.get(name, mido.MidiTrack()))
        places = [np.interp(np.interp([note[end] for note in played], ticks, seconds), times, index) for end in (0, 1)]
        for first, last, (_, _, pitch, velocity) in zip(*places, played, strict=True):
            lead = name == "MELODY" or (name == "BRIDGE" and int(first) // 2 not in busy)
            if name == "MELODY":
                busy.update(range(int(first) // 2, int(last) // 2 + 1))
            part = "melody" if lead else "accompaniment"
            notes.append(RawNote(float(first), float(last - first), pitch, velocity, part))
    return song_of(f"pop909/{path.stem}", held_out(path.stem), measures, notes)


def read_lieder(folder: Path, manifest: Path) -> Iterator[Song]:
    """Voice and piano of every score; held out by composer."""
    with manifest.open(newline="", encoding="utf-8") as rows:
        composers = {Path(row["file"]).name: row["composer"] for row in csv.DictReader(rows)}
    for path in sorted(folder.glob("*.mid")):
        song = _lied(path, held_out(composers.get(path.name, path.name)))
        if song:
            yield song


def _lied(path: Path, held: bool) -> Song | None:
    file = mido.MidiFile(path)
    parts = [part for part in map(_track_notes, file.tracks) if part]
    if not parts:
        return None
    ticks = file.ticks_per_beat
    sung = len(parts) > 1 and len({start for start, *_ in parts[0]}) > 0.95 * len(parts[0])
    notes: list[RawNote] = []
    for number, part in enumerate(parts):
        # Without a singer the upper notes of the right hand are the tune.
        tops: dict[int, int] = {}
        for start, _, pitch, _ in part:
            tops[start] = max(pitch, tops.get(start, 0))
        for start, end, pitch, velocity in part:
            lead = number == 0 and (sung or pitch == tops[start])
            notes.append(
                RawNote(start / ticks, (end - start) / ticks, pitch, velocity, "melody" if lead else "accompaniment")
            )
    stop = max(note.start + note.length for note in notes)
    return song_of(f"lieder/{path.stem}", held, tuple(_measures(file, stop)), notes)


def _measures(file: mido.MidiFile, end: float) -> Iterator[Measure]:
    """Bars of 3/4 and 4/4; pairs of 2/4 as one 4/4, pairs of 6/8 as one bar of four beats in triplets."""
    signatures: list[tuple[float, int, int]] = []
    tempos: list[tuple[float, float]] = []
    now = 0
    for message in mido.merge_tracks(file.tracks):
        now += message.time
        if message.type == "time_signature":
            signatures.append((now / file.ticks_per_beat, message.numerator, message.denominator))
        elif message.type == "set_tempo":
            tempos.append((now / file.ticks_per_beat, mido.tempo2bpm(message.tempo)))
    ends = [start for start, _, _ in signatures[1:]] + [end]
    for (start, numerator, denominator), stop in zip(signatures, ends, strict=True):
        length, beats, scale = _bar_shape(numerator, denominator)
        for number in range(int((stop - start) / length + 0.001) if beats else 0):
            at = start + number * length
            bpm = [tempo for when, tempo in tempos if when <= at + 0.01][-1:] or [90.0]
            yield Measure(at, beats, scale, bpm[0] * scale)


def _bar_shape(numerator: int, denominator: int) -> tuple[float, int, float]:
    """Length in quarters, beats of the grid (0: not ours) and beats of the grid per quarter."""
    quarters = numerator * 4 / denominator
    if (numerator, denominator) in {(6, 8), (12, 8)}:
        return 6.0, 4, 2 / 3
    if (numerator, denominator) == (9, 8):
        return 4.5, 3, 2 / 3
    if quarters == 3:
        return 3.0, 3, 1.0
    return (4.0, 4, 1.0) if quarters in (2, 4) else (1.0, 0, 1.0)


def song_of(name: str, held: bool, measures: tuple[Measure, ...], notes: Sequence[RawNote]) -> Song | None:
    """The song in C major or A minor; None if it is too short to tell its key."""
    if len(measures) < 8 or len(notes) < 50:
        return None
    shift, modes = find_shift(notes, measures)
    moved = tuple(note._replace(pitch=note.pitch + shift) for note in sorted(notes))
    return Song(name, held, measures, moved, modes)


def _track_notes(track: mido.MidiTrack) -> list[tuple[int, int, int, int]]:
    """(start, end, pitch, velocity) of every note, in ticks."""
    notes: list[tuple[int, int, int, int]] = []
    sounding: dict[int, tuple[int, int]] = {}
    now = 0
    for message in track:
        now += message.time
        if message.type not in {"note_on", "note_off"}:
            continue
        begun = sounding.pop(message.note, None)
        if begun and now > begun[0]:
            notes.append((begun[0], now, message.note, begun[1]))
        if message.type == "note_on" and message.velocity > 0:
            sounding[message.note] = (now, message.velocity)
    return notes


def _tempo_map(file: mido.MidiFile) -> tuple[Floats, Floats]:
    """Ticks and the seconds they stand for, with a far last point."""
    ticks, seconds, now, us_per_beat = [0.0], [0.0], 0, 500_000
    for message in mido.merge_tracks(file.tracks):
        now += message.time
        if message.type in {"set_tempo", "end_of_track"}:
            seconds.append(seconds[-1] + (now - ticks[-1]) * us_per_beat / 1e6 / file.ticks_per_beat)
            ticks.append(float(now))
            us_per_beat = message.tempo if message.type == "set_tempo" else us_per_beat
    return np.array(ticks), np.array(seconds)
