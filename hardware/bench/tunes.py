"""Is "my music" recognised? How much of a listener's melody each generator states, note for note, on its first pass.

Nine tunes of 28 notes that anybody may use are written as files and read as anybody's are: plain, with an upbeat, in
three quarters, six eighths and five quarters, in minor, high, chromatic, and dotted in two voices. A note counts where
it sounds at its time, in its place in the key, and in the octave that most of the pass is in.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import mido
import msgspec

from device.commands.piece import Piece, Studio, Wish
from device.config import Theme
from device.messages import TICKS_PER_BEAT
from device.music import GENERATORS
from device.music.metre import LAYOUTS
from device.music.quotation import stated_bars
from device.music.theme import theme_of
from device.music.theory import in_other_mode, key_shift
from hardware.bench.figures import Figure
from hardware.bench.intents import CALM, config_of, standing

NOTES, ASKED = 28, 24
MOODS = {"calm": CALM, "default": (0.2, 0.0), "dark": (-0.6, 0.3)}
SEEDS, QUICK_SEEDS = range(7000, 7010), range(7000, 7002)
Line = Sequence[tuple[float, int]]
"""Length in quarters and pitch of each note; pitch 0 is a rest."""


class Tune(NamedTuple):
    name: str
    meter: tuple[int, int]
    line: Line
    under: Line = ()
    """A second voice."""
    upbeat: float = 0.0
    """Quarters before the first whole bar."""


def _even(pitches: str, length: float = 1.0) -> Line:
    return [(length, int(pitch)) for pitch in pitches.split()]


def _long_ends(pitches: str, each: int) -> Line:
    """Quarters of which every so manieth is a half."""
    return [(2.0 if place % each == each - 1 else 1.0, pitch) for place, (_, pitch) in enumerate(_even(pitches))]


TWINKLE = "60 60 67 67 69 69 67 65 65 64 64 62 62 60 67 67 65 65 64 64 62 67 67 65 65 64 64 62"
MINOR = "57 59 60 62 64 64 65 62 64 62 60 59 57 56 57 57 60 64 69 67 65 64 62 65 64 62 60 59"
CHROMATIC = "60 61 62 63 64 67 64 65 66 67 64 62 61 60 60 61 62 63 64 67 72 71 70 69 67 65 62 60"
WALTZ = [(1.0, p) for p in (60, 64, 67, 67, 64, 60, 62, 65, 69, 69, 65, 62, 59, 62, 67, 65, 64, 62)]
DOTTED = [(1.5, 64), (0.5, 65), (1.0, 67), (1.0, 64), (1.5, 62), (0.5, 64), (2.0, 65)]
TUNES = (
    Tune("plain", (4, 4), _long_ends(TWINKLE, 7)),
    Tune("upbeat", (4, 4), [(1.0, 55), *_long_ends(TWINKLE, 7)], upbeat=1.0),
    Tune("three quarters", (3, 4), [*WALTZ, (3.0, 60), *WALTZ[:9]]),
    Tune("six eighths", (6, 8), [*((length / 2, pitch) for length, pitch in (*WALTZ, *WALTZ[:10]))]),
    Tune("five quarters", (5, 4), _even(TWINKLE)),
    Tune("minor", (4, 4), _long_ends(MINOR, 7)),
    Tune("high", (4, 4), [(length, pitch + 29) for length, pitch in _long_ends(TWINKLE, 7)]),
    Tune("chromatic", (4, 4), _even(CHROMATIC)),
    Tune("dotted, two voices", (4, 4), DOTTED * 4, under=[(4.0, pitch) for pitch in (48, 43) * 4]),
)


def as_midi(tune: Tune) -> bytes:
    """The tune as a MIDI file of one track for each voice."""
    file = mido.MidiFile()
    conductor = mido.MidiTrack()
    if tune.upbeat:
        conductor.append(mido.MetaMessage("time_signature", numerator=round(tune.upbeat), denominator=4))
    start = round(tune.upbeat * file.ticks_per_beat)
    numerator, denominator = tune.meter
    conductor.append(mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator, time=start))
    file.tracks.append(conductor)
    for line in filter(None, (tune.line, tune.under)):
        track = mido.MidiTrack()
        for length, pitch in line:
            track.append(mido.Message("note_on", note=pitch, velocity=80))
            track.append(mido.Message("note_off", note=pitch, time=round(length * file.ticks_per_beat)))
        file.tracks.append(track)
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def right_notes(theme: Theme, piece: Piece) -> int:
    """How many of the theme's first 28 notes the piece's first pass has, at their time and in their place."""
    sung = {
        (bar.bar_index, note.onset_tick): (note.pitch - key_shift(bar.tonic_pc, bar.mode), bar.mode)
        for bar, played in zip(piece.bars, piece.played, strict=True)
        for note in played.notes
        if note.voice == "melody"
    }
    moved: Counter[int] = Counter()
    for place, pitch in list(_places(theme))[:NOTES]:
        if place in sung:
            heard, mode = sung[place]
            moved[heard - in_other_mode(pitch, theme.mode, mode)] += 1
    return max((count for move, count in moved.items() if move % 12 == 0), default=0)


def _places(theme: Theme) -> Iterator[tuple[tuple[int, int], int]]:
    for index, bar in enumerate(theme.bars):
        for note in bar:
            yield (index, note.onset_tick), note.pitch


def is_faithful(tune: Tune, theme: Theme) -> bool:
    """Whether the theme has the tune's notes in its rhythm, but for one factor of time and one of pitch."""
    heard = [(bar * LAYOUTS[theme.metre].ticks + tick, pitch) for (bar, tick), pitch in _places(theme)]
    onsets = [sum(length for length, _ in tune.line[:place]) * TICKS_PER_BEAT for place in range(len(tune.line))]
    stretch = (heard[-1][0] - heard[0][0]) / onsets[-1]
    moved = {(pitch - written) % 12 for (_, pitch), (_, written) in zip(heard, tune.line, strict=True)}
    late = (abs(tick - heard[0][0] - stretch * onset) for (tick, _), onset in zip(heard, onsets, strict=True))
    return len(moved) == 1 and max(late) <= 1


def state(theme: Theme, generator: str, seed: int, mood: tuple[float, float]) -> Piece:
    """A piece of one generator that begins with the theme."""
    config = msgspec.structs.replace(config_of(seed, generator), theme=theme)
    return Studio(config, Wish(standing(*mood), stated_bars(theme) + 2), None, lambda _: None).compose()


def measure(*, quick: bool = False) -> list[Figure]:
    """The fewest right notes of every generator, over all tunes, moods and seeds."""
    themes = [theme_of(as_midi(tune), f"{tune.name}.mid") for tune in TUNES]
    seeds = QUICK_SEEDS if quick else SEEDS
    figures: list[Figure] = []
    for generator in GENERATORS:
        counts = [
            (right_notes(theme, state(theme, generator, seed, mood)), tune.name)
            for tune, theme in zip(TUNES, themes, strict=True)
            for seed in seeds
            for mood in MOODS.values()
        ]
        fewest, where = min(counts)
        note = f"fewest in {len(counts)} pieces ({where}), mean {sum(count for count, _ in counts) / len(counts):.1f}"
        figures.append(Figure(f"my music, {generator}: right notes of {NOTES}", fewest, ASKED, note=note))
    return figures
