"""A melody out of the bytes of a MIDI file: what a listener likes, or never wants to hear, as bars of a theme.

Whatever the bytes are, the answer is a theme or one sentence. A file's own grid of beats is believed; who reads the
bytes from a disk is the launching room (`device.commands.themes.read_theme`).
"""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple, NoReturn

import mido

from device.config import THEME_BARS, Theme
from device.errors import RecordingError
from device.messages import TICKS_PER_BEAT, Note
from device.music.keys import find_key
from device.music.theory import key_shift
from device.music.tokens import LENGTHS, fold, snap

BYTES_MAX = 262_144
"""More than any song takes; mido needs 0.4 s and 35 MB for the worst file of this size (measured)."""
ENDLESS_NUMBER = re.compile(rb"[\x80-\xff]{1000}")
"""A number in a MIDI file goes on while the top bit is set; mido would follow it for minutes."""
BARS_MAX = 2000
BAR_TICKS = 4 * TICKS_PER_BEAT
DRUMS = 9
SHORTEST_BEAT = 64
"""A meter that counts shorter notes is a wrong byte."""
SINGER = re.compile(r"melod|voice|vocal|sing|gesang|stimme|lead", re.IGNORECASE)
FEWEST_NOTES = 4
REGISTER = 69
"""The theme is moved by octaves to lie around this pitch."""
SIXTEENTHS, TRIPLETS = 6, 8
"""A melody has one of the two grids."""
PHASES = range(-TICKS_PER_BEAT // 2, TICKS_PER_BEAT // 2)
PHASE_NOTES = 400
"""So many tell it."""
OFF_BEAT = 2.5
"""Ticks of mean distance from the eighths above which a file's beats are looked for elsewhere."""


class Raw(NamedTuple):
    """A note of the file; onset and length in ticks of our grid, not yet on its steps."""

    onset: int
    length: int
    pitch: int
    velocity: int
    track: int


def theme_of(data: bytes, name: str) -> Theme:
    """The melody in the bytes of a MIDI file called `name`: at most 32 bars from its first note.

    A track named for its melody or voice is taken, else the line of the highest notes; drums are never.

    Raises:
        RecordingError: no MIDI file, too large, not in 4/4 (2/4, 1/4 and 2/2 count as such), or no melody in it.
    """
    file = _parse(data, name)
    end = _last_common_bar(file, name) * BAR_TICKS
    notes = _notes(file)
    if notes and notes[-1].onset >= BARS_MAX * BAR_TICKS:
        _refuse(f"{name} lasts longer than {BARS_MAX} bars.", "Give one piece of music.")
    notes = [note for note in notes if note.onset < end]
    melody = skyline(_singers(file, notes) or notes)
    if len(melody) < FEWEST_NOTES:
        _refuse(f"{name} holds no melody: {len(melody)} notes that are not drums.", "Give a file with a melody.")
    phase = _phase(melody)
    begins = (melody[0].onset + phase) // BAR_TICKS * BAR_TICKS - phase
    heard = [note for note in notes if begins <= note.onset < begins + THEME_BARS * BAR_TICKS]
    weights = [float(sum(note.length for note in heard if note.pitch % 12 == pc)) for pc in range(12)]
    tonic_pc, mode = find_key(weights)
    line = _at_home(melody, key_shift(tonic_pc, mode), begins)
    return Theme(mode=mode, bars=tuple(_bars(line)))


def _refuse(sentence: str, action: str) -> NoReturn:
    raise RecordingError(sentence, action)


def _parse(data: bytes, name: str) -> mido.MidiFile:
    if len(data) > BYTES_MAX:
        _refuse(f"{name} is larger than {BYTES_MAX // 1024} kB.", "Give a MIDI file of one piece, not a collection.")
    action = "Save it again in a notation or music program as a Standard MIDI File."
    if not data.startswith(b"MThd") or ENDLESS_NUMBER.search(data):
        _refuse(f"{name} is not a MIDI file.", action)
    try:
        # Its parser raises whatever it stumbles over.
        file = mido.MidiFile(file=io.BytesIO(data), clip=True)
    except Exception as error:
        raise RecordingError(f"{name} is a broken MIDI file ({type(error).__name__}).", action) from error
    if file.ticks_per_beat <= 0:
        _refuse(f"{name} counts film frames instead of beats.", action)
    if file.type not in (0, 1):
        _refuse(f"{name} is a collection of patterns (MIDI type {file.type}).", action)
    return file


def _last_common_bar(file: mido.MidiFile, name: str) -> int:
    """How many bars there are before the first meter that is not four quarters, two or one.

    Raises:
        RecordingError: the file begins so.
    """
    meters = sorted(
        (tick, message.numerator, message.denominator)
        for track in file.tracks
        for tick, message in _timed(track)
        if message.type == "time_signature"
    )
    for tick, numerator, denominator in meters:
        if 4 * numerator not in (4 * denominator, 2 * denominator, denominator):
            bars = _grid(tick, file) // BAR_TICKS
            if bars < 1:
                meter = f"{numerator}/{denominator}" if denominator <= SHORTEST_BEAT else "a meter that there is not"
                action = "Give a melody in 4/4; other meters cannot be taken up yet."
                _refuse(f"{name} is in {meter} from its first bar.", action)
            return bars
    return BARS_MAX


def _timed(track: mido.MidiTrack) -> Iterator[tuple[int, mido.Message | mido.MetaMessage]]:
    tick = 0
    for message in track:
        tick += message.time
        yield tick, message


def _grid(tick: int, file: mido.MidiFile) -> int:
    """A tick of the file in ours; far beyond what is ever read they are all one."""
    scaled: int = (2 * tick * TICKS_PER_BEAT + file.ticks_per_beat) // (2 * file.ticks_per_beat)
    return min(scaled, 2 * BARS_MAX * BAR_TICKS)


def _notes(file: mido.MidiFile) -> list[Raw]:
    """All notes but drums, by onset; one that never ends lasts a beat."""
    notes: list[Raw] = []
    for number, track in enumerate(file.tracks):
        open_notes: dict[tuple[int, int], tuple[int, int]] = {}
        for tick, message in _timed(track):
            if message.type not in ("note_on", "note_off") or message.channel == DRUMS:
                continue
            key = message.channel, message.note
            if key in open_notes:
                onset, velocity = open_notes.pop(key)
                begins = _grid(onset, file)
                notes.append(Raw(begins, max(1, _grid(tick, file) - begins), message.note, velocity, number))
            if message.type == "note_on" and message.velocity:
                open_notes[key] = tick, message.velocity
        for (_, pitch), (onset, velocity) in open_notes.items():
            notes.append(Raw(_grid(onset, file), TICKS_PER_BEAT, pitch, velocity, number))
    return sorted(notes)


def _singers(file: mido.MidiFile, notes: Sequence[Raw]) -> list[Raw]:
    """The notes of the first track that is named for a melody and has one."""
    by_track: dict[int, list[Raw]] = defaultdict(list)
    for note in notes:
        by_track[note.track].append(note)
    melodies = (
        by_track[number]
        for number, track in enumerate(file.tracks)
        if len(by_track[number]) >= FEWEST_NOTES and SINGER.search(track.name)
    )
    return next(melodies, [])


def skyline(notes: Sequence[Raw]) -> list[Raw]:
    """The line of the highest notes: what begins under a note that is still sounding above it is left out."""
    line: list[Raw] = []
    for note in sorted(notes, key=lambda note: (note.onset, -note.pitch)):
        if line and note.onset < line[-1].onset + line[-1].length and note.pitch <= line[-1].pitch:
            continue
        if line and note.onset <= line[-1].onset:
            continue
        line.append(note)
    return line


def _phase(melody: Sequence[Raw]) -> int:
    """Ticks by which the file's beats lie beside those one hears; 0 unless that is plain."""
    heard = melody[:PHASE_NOTES]

    def off(phase: int) -> float:
        return sum(abs((note.onset + phase + 6) % 12 - 6) for note in heard) / len(heard)

    best = min(PHASES, key=lambda phase: (off(phase), abs(phase)))
    return best if off(0) > OFF_BEAT and off(best) < 0.5 * off(0) else 0


def _at_home(melody: Sequence[Raw], shift: int, begins: int) -> list[Note]:
    """The melody in C major or A minor, in our register and on our grid, from tick 0 (the tick `begins`)."""
    step = min((SIXTEENTHS, TRIPLETS), key=lambda step: _distance(melody, begins, step))
    middle = sorted(note.pitch for note in melody)[len(melody) // 2] - shift
    move = -shift + 12 * round((REGISTER - middle) / 12)
    placed: dict[int, Note] = {}
    for raw in melody:
        onset = step * round((raw.onset - begins) / step)
        if 0 <= onset < THEME_BARS * BAR_TICKS:
            pitch = fold(raw.pitch + move, "melody")
            placed[onset] = Note(onset, snap(raw.length, LENGTHS), pitch, max(1, raw.velocity), "melody")
    return [placed[onset] for onset in sorted(placed)]


def _distance(melody: Sequence[Raw], begins: int, step: int) -> float:
    """Mean distance of the melody from a grid, as a share of its steps."""
    return sum(abs((raw.onset - begins + step / 2) % step - step / 2) for raw in melody) / (step * len(melody))


def _bars(line: Sequence[Note]) -> Iterator[tuple[Note, ...]]:
    """The line cut into bars; a note ends where the next begins."""
    cut: list[list[Note]] = [[] for _ in range(line[-1].onset_tick // BAR_TICKS + 1)]
    ends = [*(note.onset_tick for note in line[1:]), line[-1].onset_tick + BAR_TICKS]
    for note, end in zip(line, ends, strict=True):
        bar, tick = divmod(note.onset_tick, BAR_TICKS)
        longest = end - note.onset_tick
        length = snap(note.duration_tick, [ticks for ticks in LENGTHS if ticks <= longest])
        cut[bar].append(Note(tick, length, note.pitch, note.velocity, "melody"))
    yield from map(tuple, cut)
