"""Finds a melody in the bytes of a MIDI file: what a listener likes, or never wants to hear, as bars of a theme.

Whatever the bytes are, the answer is a theme and a sentence that says what was understood, or one sentence that says
why there is none. The launching room reads the bytes from a disk (`device.commands.themes`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple, NoReturn

from device.config import THEME_BARS, Theme
from device.errors import RecordingError
from device.messages import TICKS_PER_BEAT, Note
from device.music.bar_lines import (
    BAR_TICKS,
    BARS_MAX,
    UNITS,
    Measure,
    Meter,
    Slice,
    Stretch,
    Unit,
    flowing,
    measures_of,
    stretches,
)
from device.music.keys import find_key, key_name
from device.music.metre import LAYOUTS
from device.music.midi_reader import META, METER, TEMPO, File, read_midi
from device.music.parts import FEWEST_NOTES, Part, Raw, find_tune, parts_of, skyline, to_grid
from device.music.theory import key_shift
from device.music.tokens import LENGTHS, fold, snap

REGISTER = 69
"""The theme is moved by octaves to lie around this pitch."""
SIXTEENTHS, TRIPLETS, SWINGING = (0, 6, 12, 18, 24), (0, 8, 16, 24), (0, 8, 12, 16, 24)
"""A melody has one of these grids in each beat; what swings may be dotted."""
PHASES = range(-TICKS_PER_BEAT // 2, TICKS_PER_BEAT // 2)
PHASE_NOTES = 400
"""Number of notes that tell the phase."""
OFF_BEAT = 2.5
"""Ticks of mean distance from the eighths above which a file's beats are looked for elsewhere."""
USUAL_TEMPO_US = 500_000
"""Microseconds a beat where a file says nothing."""
COUNTED_BARS = 8
"""Bars of melody that are enough: the first of two stretches with this many is taken."""


class Heard(NamedTuple):
    theme: Theme
    sentence: str
    """What was understood of the file, and what was left out."""


class Line(NamedTuple):
    """The melody on bars of ours; onsets count from the first of them."""

    notes: tuple[Raw, ...]
    stretch: Stretch
    other: tuple[tuple[Measure, ...], ...]
    """Bars beside the stretch that are of another meter."""
    flows: bool = False
    """Whether it runs on over its bar lines, because no bars of ours are as long as its own."""

    @property
    def bar_ticks(self) -> int:
        return self.stretch.unit.bar_ticks


def theme_of(data: bytes, name: str) -> Theme:
    """The melody alone of `hear`."""
    return hear(data, name).theme


def hear(data: bytes, name: str) -> Heard:
    """The melody in the bytes of a MIDI file called `name`: at most 32 bars from its first note.

    Raises:
        RecordingError: no MIDI file, too large, too long, or no melody in it.
    """
    file = read_midi(data, name)
    every = parts_of(file)
    parts = [part._replace(notes=tuple(n for n in part.notes if n.onset < BARS_MAX * BAR_TICKS)) for part in every]
    found, near = (sum(len(part.notes) for part in some) for some in (every, parts))
    tune = find_tune(parts)
    if tune is None and near < found:
        _refuse(f"{name} lasts longer than {BARS_MAX} bars.", "Give one piece of music.")
    if tune is None:
        _refuse(f"{name} holds no melody: {found} notes that are not drums.", "Give a file with a melody.")
    melody = _on_beats(skyline(tune.notes))
    line = _lay_out(melody, file)
    begins = line.notes[0].onset // line.bar_ticks * line.bar_ticks
    taken = [note for note in line.notes if note.onset < begins + THEME_BARS * line.bar_ticks]
    tonic_pc, mode = find_key(_weights(parts, melody, line, taken))
    unit = line.stretch.unit
    bars = tuple(_bars(_at_home(taken, key_shift(tonic_pc, mode), begins, unit), unit.bar_ticks))
    sentence = _tell(name, file, tune, line, taken, key_name(tonic_pc, mode), len(bars))
    return Heard(Theme(mode=mode, metre=unit.metre, bars=bars), sentence)


def _refuse(sentence: str, action: str) -> NoReturn:
    raise RecordingError(sentence, action)


def _on_beats(melody: Sequence[Raw]) -> list[Raw]:
    """The melody moved to the file's beats where it plainly lies beside them."""
    heard = melody[:PHASE_NOTES]

    def off(phase: int) -> float:
        return sum(abs((note.onset + phase + 6) % 12 - 6) for note in heard) / len(heard)

    best = min(PHASES, key=lambda phase: (off(phase), abs(phase)))
    phase = best if off(0) > OFF_BEAT and off(best) < 0.5 * off(0) else 0
    return [note._replace(onset=max(0, note.onset + phase)) for note in melody]


# -- bars


def _lay_out(melody: Sequence[Raw], file: File) -> Line:
    """The melody on the longest stretch of bars that can be ours; else over its bar lines."""
    measures = measures_of(_meters(file), melody[-1].onset + 1)
    laid: list[Line] = []
    for unit in UNITS:
        fitting, other = stretches(measures, unit)
        lines = (Line(tuple(_place(melody, stretch)), stretch, tuple(map(tuple, other))) for stretch in fitting)
        laid += (line for line in lines if len(line.notes) >= FEWEST_NOTES)
    if not laid:
        stretch = flowing(measures, melody[0].onset)
        return Line(tuple(_place(melody, stretch)), stretch, (), flows=True)
    return max(laid, key=lambda line: min(COUNTED_BARS, len({note.onset // line.bar_ticks for note in line.notes})))


def _meters(file: File) -> list[Meter]:
    return [
        Meter(to_grid(event.tick, file.ticks_per_beat), event.data[0], 2 ** min(event.data[1], 8))
        for track in file.tracks
        for event in track.events
        if event.kind == META and event.channel == METER
    ]


def _place(melody: Sequence[Raw], stretch: Stretch) -> Iterator[Raw]:
    """The notes of a stretch with onsets and lengths as they are on our bars."""
    bar_ticks = stretch.unit.bar_ticks
    scale = bar_ticks / stretch.unit.ticks
    slices = iter(stretch.slices)
    here: Slice | None = next(slices)
    for note in melody:
        while here is not None and note.onset >= here.tick + here.length:
            here = next(slices, None)
        if here is None:
            return
        if note.onset >= here.tick:
            onset = here.bar * bar_ticks + round(scale * (here.offset + note.onset - here.tick))
            yield note._replace(onset=onset, length=max(1, round(scale * note.length)))


def _weights(parts: Sequence[Part], melody: Sequence[Raw], line: Line, taken: Sequence[Raw]) -> list[float]:
    """How long each pitch class sounds while the melody does what is taken of it: the melody counts for half."""
    first = next(note.onset for note in melody if note.onset >= line.stretch.slices[0].tick)
    unit = line.stretch.unit
    last = first + (taken[-1].onset - taken[0].onset) * unit.ticks // unit.bar_ticks + unit.ticks
    heard = [note for part in parts for note in part.notes if first - unit.ticks < note.onset < last]
    sung, all_ = _durations(taken), _durations(heard)
    return [tune / sum(sung) + whole / max(1.0, sum(all_)) for tune, whole in zip(sung, all_, strict=True)]


def _durations(notes: Sequence[Raw]) -> list[float]:
    weights = [0.0] * 12
    for note in notes:
        weights[note.pitch % 12] += note.length
    return weights


# -- the theme


def _at_home(melody: Sequence[Raw], shift: int, begins: int, unit: Unit) -> list[Note]:
    """The melody in C major or A minor, in our register and on our grid, from tick 0 (the tick `begins`).

    Of notes that fall on the same place the one that was nearest to it stays.
    """
    grid = _grid(melody, begins, unit)
    middle = sorted(note.pitch for note in melody)[len(melody) // 2] - shift
    move = -shift + 12 * round((REGISTER - middle) / 12)
    placed: dict[int, tuple[int, Note]] = {}
    for raw in melody:
        onset = _on_grid(raw.onset - begins, grid)
        off = abs(raw.onset - begins - onset)
        if 0 <= onset < THEME_BARS * unit.bar_ticks and (onset not in placed or off <= placed[onset][0]):
            pitch = fold(raw.pitch + move, "melody")
            placed[onset] = off, Note(onset, snap(raw.length, LENGTHS), pitch, max(1, raw.velocity), "melody")
    return [note for _, (_, note) in sorted(placed.items())]


def _grid(melody: Sequence[Raw], begins: int, unit: Unit) -> tuple[int, ...]:
    """The grid to which the melody is nearest, as a share of its steps."""
    if unit.swings:
        return SWINGING

    def distance(grid: tuple[int, ...]) -> float:
        return sum(abs(raw.onset - begins - _on_grid(raw.onset - begins, grid)) for raw in melody) / grid[1]

    return min((SIXTEENTHS, TRIPLETS), key=distance)


def _on_grid(tick: int, grid: Sequence[int]) -> int:
    beat = tick // TICKS_PER_BEAT * TICKS_PER_BEAT
    return beat + snap(tick - beat, grid)


def _bars(line: Sequence[Note], bar_ticks: int) -> Iterator[tuple[Note, ...]]:
    """The line cut into bars; a note ends where the next begins."""
    cut: list[list[Note]] = [[] for _ in range(line[-1].onset_tick // bar_ticks + 1)]
    ends = [*(note.onset_tick for note in line[1:]), line[-1].onset_tick + bar_ticks]
    for note, end in zip(line, ends, strict=True):
        bar, tick = divmod(note.onset_tick, bar_ticks)
        longest = end - note.onset_tick
        length = snap(note.duration_tick, [ticks for ticks in LENGTHS if ticks <= longest] or LENGTHS[:1])
        cut[bar].append(Note(tick, length, note.pitch, note.velocity, "melody"))
    yield from map(tuple, cut)


# -- what was understood


def _tell(name: str, file: File, tune: Part, line: Line, taken: Sequence[Raw], key: str, n_bars: int) -> str:
    measures = line.stretch.measures
    meter = max((measure.meter for measure in measures), key=lambda meter: sum(m.meter == meter for m in measures))
    tempi = [event for track in file.tracks for event in track.events if event.kind == META and event.channel == TEMPO]
    tempo_us = (int.from_bytes(tempi[0].data[:3], "big") if tempi else 0) or USUAL_TEMPO_US
    track = f"track {tune.track + 1}" + (f" ({tune.name})" if tune.name else "")
    upbeat = line.stretch.upbeat_ticks / TICKS_PER_BEAT
    begun = f" after an upbeat of {upbeat:g} {'quarter' if upbeat == 1 else 'quarters'}" if upbeat else ""
    ours = LAYOUTS[line.stretch.unit.metre]
    n_bars *= ours.written_bars
    bars = f"{n_bars} {'bar' if n_bars == 1 else 'bars'} of {line.stretch.unit.metre}{_how(line, meter)}"
    source = f"the melody on {track}, in {meter}, {key}, {60e6 / tempo_us:.0f} bpm"
    words = f"{name}: took {len(taken)} notes of {source}; they make {bars}{begun}"
    left_out = [*_left_out(line, taken), *file.mended]
    return f"{words}. Passed over: {'; '.join(left_out)}." if left_out else f"{words}."


def _how(line: Line, meter: Meter) -> str:
    if line.flows:
        return f" that run over the bar lines of {meter}"
    return ", a beat for each dotted quarter" if line.stretch.unit.metre == "3/4" and line.stretch.unit.swings else ""


def _left_out(line: Line, taken: Sequence[Raw]) -> Iterator[str]:
    if len(taken) < len(line.notes):
        yield f"{len(line.notes) - len(taken)} notes behind its first {THEME_BARS} bars"
    for length, number in Counter(measure.length for measure in line.stretch.odd).items():
        bars = f"{number} bars" if number > 1 else "a bar"
        yield f"the end of {bars} of {length / TICKS_PER_BEAT:g} quarters"
    for meter, number in Counter(str(measure.meter) for group in line.other for measure in group).items():
        yield f"{number} bars of {meter}"
