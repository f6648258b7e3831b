"""MusicXML 4.0: the music as a score, a part for each voice (w3.org/2021/06/musicxml40).

Written here: what there is for Python writes scores by way of a whole library of musicology (music21, 160 MB), which
tests hold this against. Onsets, lengths and pitches are exact: a length that no single note has is several, tied. Notes
of a part that overlap are in voices of their own; those that begin and end together are a chord.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from typing import NamedTuple
from xml.etree import ElementTree as ET

from device.exports.files import File
from device.exports.recording import Recording, file_name, line
from device.messages import VOICES, Mode, PlayedBar
from device.music.metre import Layout, layout_of

DOCTYPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC '
    '"-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'
)
TYPES = (
    ("whole", Fraction(4)), ("half", Fraction(2)), ("quarter", Fraction(1)), ("eighth", Fraction(1, 2)),
    ("16th", Fraction(1, 4)), ("32nd", Fraction(1, 8)), ("64th", Fraction(1, 16)), ("128th", Fraction(1, 32)),
)  # fmt: skip
SPELLINGS = {"sharp": ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"),
             "flat": ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")}  # fmt: skip
FIFTHS = {"major": (0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5), "minor": (-3, 4, -1, -6, 1, -4, 3, -2, 5, 0, -5, 2)}
"""Sharps (or flats, negative) of the key by its tonic."""
TEMPO_STEP_BPM = 0.5
"""A smaller change of tempo is not written down."""
VOICES_MAX = 16


class Shape(NamedTuple):
    """A note value: its name, dots, and whether three take the time of two."""

    ticks: int
    type: str
    dots: int = 0
    is_triplet: bool = False


class Sound(NamedTuple):
    """What sounds in one measure: a pitch from one tick of it to another, tied to what was before or comes after."""

    onset: int
    end: int
    pitch: int
    velocity: int
    is_continued: bool
    goes_on: bool


class Measure(NamedTuple):
    """A written measure, and the bar that it is part of."""

    bar: PlayedBar
    layout: Layout
    key: tuple[int, Mode] | None
    first_tick: int
    ticks: int

    @property
    def divisions(self) -> int:
        """Ticks of a quarter; in 6/8 a beat of 24 ticks is a dotted one."""
        return round(24 / self.layout.quarters_per_beat)


def write_musicxml(recording: Recording) -> Iterator[File]:
    """One score."""
    played = recording.history.played
    keys = recording.history.keys()
    root = ET.Element("score-partwise", version="4.0")
    ET.SubElement(ET.SubElement(root, "work"), "work-title").text = line(recording.session_id)
    encoding = ET.SubElement(ET.SubElement(root, "identification"), "encoding")
    ET.SubElement(encoding, "software").text = line(f"isotone {recording.document.text('isotone')}")
    parts = ET.SubElement(root, "part-list")
    for number, voice in enumerate(VOICES, start=1):
        _list_part(parts, number, voice, played)
    measures = list(_measures(played, keys))
    for number, voice in enumerate(VOICES, start=1):
        part = ET.SubElement(root, "part", id=f"P{number}")
        _write_part(part, voice, played, measures, number)
    yield f"{file_name(recording.session_id)}.musicxml", (DOCTYPE + ET.tostring(root, encoding="unicode")).encode()


def _list_part(parts: ET.Element, number: int, voice: str, played: Sequence[PlayedBar]) -> None:
    part = ET.SubElement(parts, "score-part", id=f"P{number}")
    ET.SubElement(part, "part-name").text = voice
    instrument = ET.SubElement(part, "score-instrument", id=f"P{number}-I1")
    ET.SubElement(instrument, "instrument-name").text = voice
    midi = ET.SubElement(part, "midi-instrument", id=f"P{number}-I1")
    ET.SubElement(midi, "midi-channel").text = str(number)
    program = next((bar.programs[voice] for bar in played if voice in bar.programs), 0)
    ET.SubElement(midi, "midi-program").text = str(program + 1)


def _measures(played: Sequence[PlayedBar], keys: Sequence[tuple[int, Mode]]) -> Iterator[Measure]:
    """The written measures: a bar of 6/8 has two; without a bar one measure of rest."""
    for index, bar in enumerate(played):
        layout = layout_of(bar)
        ticks = layout.ticks // layout.written_bars
        for part in range(layout.written_bars):
            yield Measure(bar, layout, keys[index] if keys else None, part * ticks, ticks)


def _write_part(
    part: ET.Element, voice: str, played: Sequence[PlayedBar], measures: Sequence[Measure], number: int
) -> None:
    before: Measure | None = None
    sounding = _sounds(voice, played, measures)
    for index, measure in enumerate(measures):
        element = ET.SubElement(part, "measure", number=str(index + 1))
        _attributes(element, measure, before)
        if number == 1:
            _tempo(element, measure, before)
        _notes(element, sounding[index], measure)
        before = measure
    if not measures:
        element = ET.SubElement(part, "measure", number="1")
        rest = ET.SubElement(element, "note")
        ET.SubElement(rest, "rest", measure="yes")
        ET.SubElement(rest, "duration").text = "4"


def _attributes(element: ET.Element, measure: Measure, before: Measure | None) -> None:
    if before and (before.layout, before.key) == (measure.layout, measure.key):
        return
    attributes = ET.SubElement(element, "attributes")
    ET.SubElement(attributes, "divisions").text = str(measure.divisions)
    if measure.key and (before is None or before.key != measure.key):
        key = ET.SubElement(attributes, "key")
        ET.SubElement(key, "fifths").text = str(FIFTHS[measure.key[1]][measure.key[0]])
        ET.SubElement(key, "mode").text = measure.key[1]
    if before is None or before.layout != measure.layout:
        time = ET.SubElement(attributes, "time")
        ET.SubElement(time, "beats").text = str(measure.layout.numerator)
        ET.SubElement(time, "beat-type").text = str(measure.layout.denominator)


def _tempo(element: ET.Element, measure: Measure, before: Measure | None) -> None:
    """The tempo where it changes to be heard; in 6/8 the beat is a dotted quarter."""
    if measure.first_tick or (before and abs(before.bar.tempo_bpm - measure.bar.tempo_bpm) < TEMPO_STEP_BPM):
        return
    direction = ET.SubElement(element, "direction", placement="above")
    metronome = ET.SubElement(ET.SubElement(direction, "direction-type"), "metronome")
    ET.SubElement(metronome, "beat-unit").text = "quarter"
    if measure.layout.swings:
        ET.SubElement(metronome, "beat-unit-dot")
    ET.SubElement(metronome, "per-minute").text = f"{measure.bar.tempo_bpm:.1f}"
    quarters = measure.bar.tempo_bpm * measure.layout.quarters_per_beat
    ET.SubElement(direction, "sound", tempo=f"{quarters:.2f}")


# -- what sounds in which measure


def _sounds(voice: str, played: Sequence[PlayedBar], measures: Sequence[Measure]) -> list[list[Sound]]:
    """For each measure what sounds in it: a note that rings over its end goes on in the next, for as many beats."""
    found: list[list[Sound]] = [[] for _ in measures]
    first_of: dict[int, int] = {}
    for index, measure in enumerate(measures):
        first_of.setdefault(id(measure.bar), index)
    for bar in played:
        for note in bar.notes:
            if note.voice != voice or note.duration_tick <= 0:
                continue
            index, onset, left = first_of[id(bar)], note.onset_tick, note.duration_tick
            is_continued = False
            while index < len(measures) and left > 0:
                ticks = measures[index].ticks
                if onset < ticks:
                    end = min(onset + left, ticks)
                    left -= end - onset
                    goes_on = left > 0 and index + 1 < len(measures)
                    found[index].append(Sound(onset, end, note.pitch, note.velocity, is_continued, goes_on))
                    is_continued, onset = True, ticks
                index, onset = index + 1, onset - ticks
    return found


def _notes(element: ET.Element, sounds: Sequence[Sound], measure: Measure) -> None:
    """The measure's voices, one after another; a measure without sound is a rest."""
    lines = _lines(sounds) or [[]]
    for number, chords in enumerate(lines, start=1):
        if number > 1:
            ET.SubElement(ET.SubElement(element, "backup"), "duration").text = str(measure.ticks)
        at = 0
        for chord in chords:
            _rest(element, chord[0].onset - at, measure.divisions, number)
            _chord(element, chord, measure, number)
            at = chord[0].end
        _rest(element, measure.ticks - at, measure.divisions, number)


def _lines(sounds: Sequence[Sound]) -> list[list[list[Sound]]]:
    """Chords in as many lines as are needed for none to overlap another in its line."""
    ordered = sorted(sounds, key=lambda sound: (sound.onset, sound.end, sound.pitch))
    lines: list[list[list[Sound]]] = []
    for _, group in groupby(ordered, key=lambda sound: (sound.onset, sound.end)):
        chord = list({sound.pitch: sound for sound in group}.values())
        free = next((line for line in lines if line[-1][0].end <= chord[0].onset), None)
        if free is not None:
            free.append(chord)
        elif len(lines) < VOICES_MAX:
            lines.append([chord])
    return lines


# -- notes


def _shapes(ticks: int, divisions: int) -> list[Shape]:
    """Note values whose lengths add up to so many ticks, the longest first; every tick can be written."""
    shapes: list[Shape] = []
    table = _values(divisions)
    while ticks:
        shape = next(shape for shape in table if shape.ticks <= ticks)
        shapes.append(shape)
        ticks -= shape.ticks
    return shapes


def _values(divisions: int) -> list[Shape]:
    """All note values of whole ticks, the longest first, and plain ones before those of triplets."""
    found: dict[int, Shape] = {}
    for dots, is_triplet, factor in ((0, False, Fraction(1)), (1, False, Fraction(3, 2)), (0, True, Fraction(2, 3))):
        for name, quarters in TYPES:
            ticks = quarters * factor * divisions
            if ticks.denominator == 1:
                found.setdefault(int(ticks), Shape(int(ticks), name, dots, is_triplet))
    return sorted(found.values(), reverse=True)


def _rest(element: ET.Element, ticks: int, divisions: int, voice: int) -> None:
    for shape in _shapes(ticks, divisions):
        note = ET.SubElement(element, "note")
        ET.SubElement(note, "rest")
        _shape(note, shape, voice, ())


def _chord(element: ET.Element, chord: Sequence[Sound], measure: Measure, voice: int) -> None:
    shapes = _shapes(chord[0].end - chord[0].onset, measure.divisions)
    for place, shape in enumerate(shapes):
        for index, sound in enumerate(chord):
            ties = [("stop", place > 0 or sound.is_continued), ("start", place < len(shapes) - 1 or sound.goes_on)]
            note = ET.SubElement(element, "note", dynamics=f"{sound.velocity / 90 * 100:.1f}")
            if index:
                ET.SubElement(note, "chord")
            _pitch(note, sound.pitch, measure.key)
            _shape(note, shape, voice, [name for name, is_tied in ties if is_tied])


def _pitch(note: ET.Element, midi: int, key: tuple[int, Mode] | None) -> None:
    is_flat = key is not None and FIFTHS[key[1]][key[0]] < 0
    name = SPELLINGS["flat" if is_flat else "sharp"][midi % 12]
    pitch = ET.SubElement(note, "pitch")
    ET.SubElement(pitch, "step").text = name[0]
    if len(name) > 1:
        ET.SubElement(pitch, "alter").text = "1" if name[1] == "#" else "-1"
    ET.SubElement(pitch, "octave").text = str(midi // 12 - 1)


def _shape(note: ET.Element, shape: Shape, voice: int, ties: Sequence[str]) -> None:
    ET.SubElement(note, "duration").text = str(shape.ticks)
    for tie in ties:
        ET.SubElement(note, "tie", type=tie)
    ET.SubElement(note, "voice").text = str(voice)
    ET.SubElement(note, "type").text = shape.type
    for _ in range(shape.dots):
        ET.SubElement(note, "dot")
    if shape.is_triplet:
        change = ET.SubElement(note, "time-modification")
        ET.SubElement(change, "actual-notes").text = "3"
        ET.SubElement(change, "normal-notes").text = "2"
    if ties:
        notations = ET.SubElement(note, "notations")
        for tie in ties:
            ET.SubElement(notations, "tied", type=tie)
