"""The phrasebook: composed calm music that is always there.

Eight-bar phrases in groups of four (A A B A), each with its own chords, motif and cadence; a melody in small steps
over `accompaniment`. A listener's theme, once stated, lends its rhythm and contour to A. It is the fallback when the
model is late or broken, also inside the audio process, so it imports neither numpy nor a model runtime and takes well
under a millisecond.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from device.config import SessionConfig, Theme
from device.messages import Bar, Metre, Mode, MusicIntent, Note
from device.music.accompaniment import Figure, Setting, accompany, counts_of, figure_of, last_pitch
from device.music.activity import melody_notes
from device.music.likeness import keep_out
from device.music.metre import LAYOUTS
from device.music.motifs import lay_theme, window
from device.music.phrasing import Line, line_of, singable, sustain
from device.music.pivots import pivot_of
from device.music.playing import make_bar, play
from device.music.quotation import quote
from device.music.theory import SCALES, Chord, degree_triad, goal_pitch, nearest_pitch
from device.stage import Random, keyed_random

PHRASE_BARS = 8
FORM = "AABA"
Cell = tuple[tuple[int, int], ...]

PROGRESSIONS: dict[Mode, tuple[tuple[int, ...], ...]] = {
    "major": (
        (0, 2, 3, 0, 5, 1, 4, 0),
        (0, 5, 1, 4, 0, 3, 4, 0),
        (3, 0, 1, 4, 3, 0, 4, 0),
        (0, 4, 5, 3, 0, 3, 3, 0),
        (0, 3, 0, 4, 5, 3, 4, 0),
    ),
    "minor": (
        (3, 0, 5, 4, 3, 0, 4, 0),
        (0, 5, 3, 4, 0, 5, 4, 0),
        (0, 3, 6, 2, 5, 3, 4, 0),
        (0, 6, 5, 6, 0, 3, 4, 0),
        (0, 5, 2, 6, 3, 0, 3, 0),
    ),
}
"""Degrees, a bar each: half a close in the fourth bar, a whole one in the eighth. The darkest of a mode come first: in
major those with most minor chords, in minor those that lean least to its relative major."""
AROUND = 1.0
"""Places of the list by which a phrase's chords stray from those of its valence."""
CELLS: dict[Metre, dict[int, tuple[Cell, ...]]] = {
    "4/4": {
        1: (((0, 96),), ((0, 72),), ((12, 84),)),
        2: (((0, 48), (48, 48)), ((0, 60), (60, 36)), ((12, 36), (48, 48))),
        3: (((0, 36), (36, 12), (48, 48)), ((0, 36), (36, 36), (72, 24)), ((12, 24), (36, 12), (48, 48))),
        4: (
            ((0, 24), (24, 12), (36, 12), (48, 48)),
            ((0, 36), (36, 12), (48, 36), (84, 12)),
            ((12, 12), (24, 24), (48, 36), (84, 12)),
        ),
        5: (
            ((0, 12), (12, 24), (36, 12), (48, 24), (72, 24)),
            ((0, 36), (36, 12), (48, 12), (60, 24), (84, 12)),
            ((0, 12), (12, 24), (36, 12), (48, 36), (84, 12)),
        ),
        6: (
            ((0, 24), (24, 12), (36, 12), (48, 12), (60, 12), (72, 24)),
            ((0, 12), (12, 24), (36, 12), (48, 12), (60, 24), (84, 12)),
            ((0, 36), (36, 12), (48, 12), (60, 12), (72, 12), (84, 12)),
        ),
    },
    "3/4": {
        1: (((0, 72),), ((0, 48),), ((24, 48),)),
        2: (((0, 48), (48, 24)), ((0, 24), (24, 48)), ((24, 24), (48, 24))),
        3: (((0, 24), (24, 24), (48, 24)), ((0, 36), (36, 12), (48, 24)), ((0, 48), (48, 12), (60, 12))),
        4: (
            ((0, 24), (24, 24), (48, 12), (60, 12)),
            ((0, 36), (36, 12), (48, 12), (60, 12)),
            ((0, 24), (24, 12), (36, 12), (48, 24)),
        ),
        5: (
            ((0, 24), (24, 12), (36, 12), (48, 12), (60, 12)),
            ((0, 12), (12, 12), (24, 24), (48, 12), (60, 12)),
            ((0, 12), (12, 12), (24, 12), (36, 12), (48, 24)),
        ),
    },
    "6/8": {
        1: (((0, 96),), ((0, 72),), ((24, 72),)),
        2: (((0, 48), (48, 48)), ((0, 72), (72, 24)), ((24, 24), (48, 48))),
        3: (((0, 48), (48, 24), (72, 24)), ((0, 40), (40, 8), (48, 48)), ((0, 24), (24, 24), (48, 48))),
        4: (
            ((0, 24), (24, 16), (40, 8), (48, 48)),
            ((0, 40), (40, 8), (48, 40), (88, 8)),
            ((0, 16), (16, 8), (24, 24), (48, 48)),
        ),
        5: (
            ((0, 24), (24, 16), (40, 8), (48, 24), (72, 24)),
            ((0, 16), (16, 8), (24, 24), (48, 40), (88, 8)),
            ((0, 16), (16, 8), (24, 16), (40, 8), (48, 48)),
        ),
        6: (
            ((0, 16), (16, 8), (24, 24), (48, 16), (64, 8), (72, 24)),
            ((0, 8), (8, 8), (16, 8), (24, 24), (48, 24), (72, 24)),
            ((0, 16), (16, 8), (24, 16), (40, 8), (48, 24), (72, 24)),
        ),
    },
}
"""Melody rhythms by number of notes, as (onset, length) in ticks; the same place in each row is the same gesture."""
CLOSES = (3, 7)
"""The bars of a phrase in which it half closes and closes."""
CONTOURS = ((0, 1, 2, 1, 0, -1), (0, 0, -1, 0, 1, 2), (2, 1, 1, 0, 0, -1), (0, 2, 2, 1, 0, -1), (0, 0, 1, 0, -1, -2))
"""Motifs in scale steps around the bar's goal."""


class Phrase(NamedTuple):
    """What the eight bars of a phrase have in common."""

    degrees: tuple[int, ...]
    gesture: int
    contour: tuple[int, ...]
    figure: Figure
    varied: bool
    """A phrase that returns has other middle bars."""
    theme: Theme | None
    """The eight bars of the listener's theme that it takes up."""


class Phrasebook:
    def __init__(self, config: SessionConfig) -> None:
        self.config = config

    def generate(self, intent: MusicIntent, history: Sequence[Bar], rng: Random) -> Bar:
        """The next bar of the phrase that `intent.bar_index` lies in, led on from the last notes of `history`."""
        phrase, quoted = self._phrase(intent), quote(self.config, intent)
        own = degree_triad(intent.tonic_pc, intent.mode, _degree(intent, phrase))
        chord = quoted.sounding_chord if quoted else own
        line = Line() if intent.final or quoted else self._asked(phrase, intent)
        counts = counts_of(intent, self.config.prescription.preference, self._melody_notes(intent, phrase))
        if quoted:
            melody = quoted.sounding
        else:
            melody = _melody(intent, phrase, chord, counts.melody, line.lift, history) if counts.melody else []
        melody = sustain(keep_out(self.config.never, melody, history), LAYOUTS[intent.metre].ticks, intent.articulation)
        chords, closes = (
            (chord, chord if quoted else pivot_of(intent) or chord),
            intent.bar_index % PHRASE_BARS in CLOSES,
        )
        setting = Setting(chords, counts, intent.metre, phrase.figure, history, closes, intent.tonic_pc)
        under = accompany(melody, intent.register_midi, setting, None if intent.final else rng)
        played = play([*melody, *under], intent, self.config.prescription.limits, rng)
        return make_bar(intent, played, self.config, "phrasebook")

    def _melody_notes(self, intent: MusicIntent, phrase: Phrase) -> int | None:
        """None where a theme says itself how many notes it has."""
        if phrase.theme:
            return None
        number, bar = divmod(intent.bar_index, PHRASE_BARS)
        group, place = divmod(number, len(FORM))
        origin = (group * len(FORM) + FORM.index(FORM[place])) * PHRASE_BARS + bar
        rests = bar != PHRASE_BARS - 1
        return melody_notes(self.config.seed, origin, intent.density, intent.metre, rests=rests)

    def _asked(self, phrase: Phrase, intent: MusicIntent) -> Line:
        """What the plan asks of the melody; a theme is left as it is."""
        if phrase.theme:
            return Line()
        number, bar = divmod(intent.bar_index, PHRASE_BARS)
        group, place = divmod(number, len(FORM))
        return line_of(self.config.seed, FORM[place], group, bar, intent.target_valence)

    def _phrase(self, intent: MusicIntent) -> Phrase:
        number = intent.bar_index // PHRASE_BARS
        group, place = divmod(number, len(FORM))
        rng = keyed_random(self.config.seed, f"phrase-{FORM[place]}-{intent.mode}", group)
        degrees = _progression(intent, rng.uniform(-AROUND, AROUND))
        theme = self.config.theme if FORM[place] == "A" else None
        if theme is not None and theme.metre != intent.metre:
            theme = None
        if theme is not None:
            theme = msgspec.structs.replace(theme, bars=window(theme, group))
        gesture, contour = rng.randrange(3), rng.choice(CONTOURS)
        return Phrase(degrees, gesture, contour, figure_of(rng, intent.bar_index % PHRASE_BARS), place > 0, theme)


def _progression(intent: MusicIntent, stray: float) -> tuple[int, ...]:
    """The chords of a phrase: the further the valence is from the middle, the more the mode is itself."""
    options, depth = PROGRESSIONS[intent.mode], min(1.0, abs(intent.target_valence))
    last = len(options) - 1
    place = last * (depth if intent.mode == "major" else 1.0 - depth)
    return options[min(last, max(0, round(place + stray)))]


def _degree(intent: MusicIntent, phrase: Phrase) -> int:
    bar_s = LAYOUTS[intent.metre].beats * 60.0 / intent.tempo_bpm
    if intent.final:
        return 0
    if intent.session_left_s < 2 * bar_s:
        return 4
    return phrase.degrees[intent.bar_index % PHRASE_BARS]


def _melody(
    intent: MusicIntent, phrase: Phrase, chord: Chord, count: int, lift: float, history: Sequence[Bar]
) -> list[Note]:
    place = intent.bar_index % PHRASE_BARS
    varied = phrase.varied and place in {4, 5}
    cell, contour = _gesture(phrase, intent.metre, place, count, varied=varied)
    if intent.final:
        cell, contour = ((0, LAYOUTS[intent.metre].ticks),), (0,)
    scale = [(intent.tonic_pc + step) % 12 for step in SCALES[intent.mode]]
    goal = goal_pitch(intent.register_midi + lift + 1.7 * varied, chord, last_pitch(history, "melody"))
    pitches = _line(goal, contour, cell, scale, chord)
    if intent.final or place == PHRASE_BARS - 1:
        pitches[-1] = nearest_pitch(intent.tonic_pc, pitches[-2] if len(pitches) > 1 else goal)
    notes = [Note(onset, length, pitch, 0, "melody") for (onset, length), pitch in zip(cell, pitches, strict=True)]
    return singable(notes, last_pitch(history, "melody"))


def _gesture(phrase: Phrase, metre: Metre, place: int, count: int, *, varied: bool) -> tuple[Cell, Sequence[int]]:
    """Rhythm and scale steps of a bar: the theme's if it has notes there, else, and where a phrase closes, our own."""
    closes = place in CLOSES
    theme = phrase.theme.bars[place] if phrase.theme and not closes else ()
    if phrase.theme and theme:
        laid = lay_theme(phrase.theme, theme, count)
        middle = sorted(note.step for note in laid)[len(laid) // 2]
        return tuple((note.onset_tick, note.length_tick) for note in laid), [note.step - middle for note in laid]
    variant = (phrase.gesture + (place in {2, 6}) + varied) % 3
    cell = CELLS[metre][min(count, max(CELLS[metre]))][0 if closes else variant]
    return cell, phrase.contour[: len(cell)]


def _line(goal: int, contour: Sequence[int], cell: Cell, scale: Sequence[int], chord: Chord) -> list[int]:
    """Walk the motif around its goal: chord tones on strong beats and long notes, scale tones between."""
    ladder = [pitch for pitch in range(goal - 24, goal + 25) if pitch % 12 in scale or pitch == goal]
    foot = ladder.index(goal)
    pitches: list[int] = []
    for (onset, length), step in zip(cell, contour, strict=True):
        pitch = ladder[min(max(foot + step, 0), len(ladder) - 1)]
        if onset % 48 == 0 or length >= 36:
            tones = [tone for tone in range(pitch - 4, pitch + 5) if tone % 12 in chord.pitch_classes]
            pitch = min(tones, key=lambda tone, wish=pitch: abs(tone - wish))  # type: ignore[misc]
        pitches.append(pitch)
    return pitches
