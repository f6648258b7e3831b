"""The generator `rules`: valence and arousal become music by rules that listeners have confirmed.

Valence chooses the modal colour and with it the harmony (Ehrlich et al. 2019), how regular the rhythm is and whether
phrases rise; arousal how wide the melody ranges and how often the harmony moves (AffectMachine-Classical, doi
10.3389/fpsyg.2023.1158172, reaches R2 0.96 and 0.90 with such rules; directions after Gabrielsson & Lindstroem). The
other cues come with the intent. Sections follow the plan of `form`, each with motifs and chords of its own, or with the
listener's theme. Pure Python, well under two milliseconds a bar.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from device.config import SessionConfig
from device.messages import Bar, Metre, MusicIntent, Note
from device.music.accompaniment import Setting, accompany, counts_of, figure_of, last_pitch
from device.music.activity import planned_notes
from device.music.colours import Colour, chord_named, harmonise, mood_colour, palette
from device.music.form import SECTION_BARS, Place, place_of
from device.music.likeness import keep_out
from device.music.metre import HALF, LAYOUTS
from device.music.motifs import REGULAR, Motif, Placed, lay_motif, lay_theme, new_motif, window
from device.music.phrasing import Line, line_of, singable, sustain
from device.music.pivots import pivot_of
from device.music.playing import make_bar, play
from device.music.quotation import quote
from device.music.theory import Chord, goal_pitch, nearest_pitch
from device.stage import Random, keyed_random

COLOUR_BARS = 4
"""Bars after which the colour is renewed, at a chord where a phrase closes or half closes."""
THEME_SECTIONS = "AB"
"""Sections made of the listener's theme: its first eight bars and, if it has more, the next."""
LIVELY = 0.5
"""Arousal from which the harmony moves twice a bar."""
UNEASY = -0.35
"""Valence below which the rhythm leaves the beat."""
NARROWEST, WIDENING = 2.2, 0.5
"""Scale steps over which a bar's motif ranges at the arousal of -1, and what each further 1 of arousal adds."""
FARTHEST = 8
"""Semitones by which a bar's goal gives way to the melody's last note, at most half of it."""
PLAIN = 0.4
"""How often a bar that returns is left as it was."""
SEMITONES = 12.0 / 7.0
"""Semitones in a scale step, on average."""


class Section(NamedTuple):
    """What the eight bars of a section have in common."""

    chords: tuple[str, ...]
    motif: Motif
    answer: Motif
    theme: tuple[tuple[Note, ...], ...]
    """Its bars of the theme; empty where it has motifs of its own."""


class Standing(NamedTuple):
    """The place of a bar in the plan, with the material of its section."""

    place: Place
    section: Section
    colour: Colour
    root_bar: int
    """The bar of the section whose motif it takes up."""
    changes: int
    """How often the motif was varied on the way from there."""


class Rules:
    def __init__(self, config: SessionConfig) -> None:
        self.config = config
        self._colour: tuple[int, Colour] | None = None

    def generate(self, intent: MusicIntent, history: Sequence[Bar], rng: Random) -> Bar:
        """The bar that the plan has at `intent.bar_index`, led on from the last notes of `history`."""
        standing, quoted = self._standing(intent), quote(self.config, intent)
        chords = (quoted.sounding_chord,) * 2 if quoted else _chords(intent, standing)
        line = Line() if intent.final or quoted else self._asked(intent, standing)
        counts = counts_of(intent, self.config.prescription.preference, self._melody_notes(intent, standing))
        if quoted:
            melody = quoted.sounding
        else:
            melody = self._melody(intent, standing, chords, counts.melody, line, history, rng) if counts.melody else []
        melody = sustain(keep_out(self.config.never, melody, history), LAYOUTS[intent.metre].ticks, intent.articulation)
        # A section that returns has another accompaniment.
        dressed = keyed_random(self.config.seed, "rules-figure", intent.bar_index // SECTION_BARS)
        figure, closes = figure_of(dressed, standing.place.bar), standing.place.close != "none"
        setting = Setting(chords, counts, intent.metre, figure, history, closes, intent.tonic_pc)
        under = accompany(melody, intent.register_midi, setting, None if intent.final else rng)
        played = play([*melody, *under], intent, self.config.prescription.limits, rng)
        return make_bar(intent, played, self.config, "rules")

    def _melody_notes(self, intent: MusicIntent, standing: Standing) -> int | None:
        """None where a theme says itself how many notes it has."""
        if standing.section.theme:
            return None
        return planned_notes(self.config, intent.bar_index, intent.density, intent.metre, standing.place.close)

    def _asked(self, intent: MusicIntent, standing: Standing) -> Line:
        """What the plan asks of the melody; a theme is left as it is."""
        place = standing.place
        if standing.section.theme:
            return Line()
        return line_of(self.config.seed, place.section, place.movement, place.bar, intent.target_valence)

    def _standing(self, intent: MusicIntent) -> Standing:
        place = root = self._place(intent.bar_index)
        changes = 0
        while root.refers_to is not None:
            changes += root.likeness != "close"
            root = self._place(root.refers_to)
        # The colour is that of the valence asked for when these four bars began, unless the mode changes.
        part = intent.bar_index // COLOUR_BARS
        if self._colour is None or self._colour[0] != part or self._colour[1].mode != intent.mode:
            self._colour = part, mood_colour(intent.target_valence, intent.mode)
        colour = self._colour[1]
        return Standing(place, self._section(place, colour, intent.metre), colour, root.bar, changes)

    def _place(self, bar_index: int) -> Place:
        return place_of(self.config.seed, bar_index, has_theme=self.config.theme is not None)

    def _section(self, place: Place, colour: Colour, metre: Metre) -> Section:
        theme = self.config.theme
        rng = keyed_random(self.config.seed, f"rules-{place.section}", place.movement)
        motif, answer = new_motif(rng), new_motif(rng)
        chords = tuple(rng.choice(colour.progressions).split())
        bars: tuple[tuple[Note, ...], ...] = ()
        if theme and theme.metre == metre and place.section in THEME_SECTIONS[: 1 + (len(theme.bars) > SECTION_BARS)]:
            bars = window(theme, place.movement + THEME_SECTIONS.index(place.section))
            chords = harmonise(bars, colour, chords)
        return Section(chords, motif, answer, bars)

    def _melody(
        self,
        intent: MusicIntent,
        standing: Standing,
        chords: tuple[Chord, Chord],
        count: int,
        line: Line,
        history: Sequence[Bar],
        rng: Random,
    ) -> list[Note]:
        last, bar = last_pitch(history, "melody"), standing.place.bar
        if intent.final:
            tonic = nearest_pitch(intent.tonic_pc, intent.register_midi if last is None else last)
            return [Note(0, LAYOUTS[intent.metre].ticks, tonic, 0, "melody")]
        of_theme = self.config.theme and standing.section.theme and standing.section.theme[bar]
        if self.config.theme and of_theme:
            laid = lay_theme(self.config.theme, of_theme, count + 2)
            foot = _foot_of_theme(intent, laid, last)
        else:
            laid = _lay(intent, standing, count)
            foot = _foot(intent.register_midi + line.lift, laid, chords[0], last)
        if standing.place.refers_to is not None:
            laid = _ornament(laid, rng)
        notes = _line(laid, foot, _ladder(intent, standing.colour, chords), chords, bound=not of_theme)
        notes = notes if of_theme else singable(notes, last)
        return _close(notes, intent, chords[1]) if standing.place.close == "full" else notes


def _chords(intent: MusicIntent, standing: Standing) -> tuple[Chord, Chord]:
    """The harmony of both halves of the bar; a lively one leads on to the next chord, if the colour has what leads."""
    place, chords, tonic_pc = standing.place, standing.section.chords, intent.tonic_pc
    ending = intent.session_left_s < 2 * LAYOUTS[intent.metre].beats * 60.0 / intent.tempo_bpm
    if intent.final:
        return (chord_named(chords[-1], tonic_pc),) * 2
    if ending or (place.close == "half" and place.bar == SECTION_BARS - 1 and not intent.leads_to):
        return (chord_named(standing.colour.dominant, tonic_pc),) * 2
    first = chord_named(chords[place.bar], tonic_pc)
    if pivot := pivot_of(intent):
        return first, pivot
    if intent.target_arousal < LIVELY or place.close != "none" or standing.section.theme:
        return first, first
    following = chord_named(chords[place.bar + 1], tonic_pc)
    own = [chord_named(numeral, tonic_pc) for numeral in palette(standing.colour)]
    leading = [chord for chord in own if (chord.root_pc - following.root_pc) % 12 == 7 and chord != first]
    return first, leading[0] if leading else first


def _ladder(intent: MusicIntent, colour: Colour, chords: tuple[Chord, Chord]) -> list[int]:
    """The pitches of the scale; a chord's own tone stands in place of its neighbours, but tonic and fifth stay."""
    tones = {pc for chord in chords for pc in chord.pitch_classes}
    scale = {(intent.tonic_pc + step) % 12 for step in colour.scale}
    neighbours = {(pc + step) % 12 for pc in tones - scale for step in (-1, 1)}
    home = {intent.tonic_pc, (intent.tonic_pc + 7) % 12}
    classes = scale - (neighbours - home) | tones
    return [pitch for pitch in range(128) if pitch % 12 in classes]


def _lay(intent: MusicIntent, standing: Standing, count: int) -> tuple[Placed, ...]:
    """The motif as this bar has it: stated, varied as the plan says, and drawn out where the phrase closes."""
    closes = standing.place.close != "none"
    span = (NARROWEST + WIDENING * (1.0 + intent.target_arousal)) * (0.5 if closes else 1.0)
    motif, answer, bar = standing.section.motif, standing.section.answer, standing.root_bar
    if bar % 4:
        motif = answer._replace(order=(answer.order + bar) % len(REGULAR))
    regular = intent.target_valence >= UNEASY
    return lay_motif(motif, intent.metre, count, span, regular=regular, turned=standing.changes % 2 == 1)


def _ornament(laid: tuple[Placed, ...], rng: Random) -> tuple[Placed, ...]:
    """What comes again is not quite the same: now and then one of its passing notes goes by another step."""
    passing = [index for index, note in enumerate(laid) if note.onset_tick % HALF]
    if not passing or rng.random() < PLAIN:
        return laid
    index, step = rng.choice(passing), rng.choice((-1, 1))
    return (*laid[:index], laid[index]._replace(step=laid[index].step + step), *laid[index + 1 :])


def _foot(wish: float, laid: Sequence[Placed], chord: Chord, last: int | None) -> int:
    """A tone of the chord near `wish`, moved towards where the motif's first note joins the melody's last."""
    if last is None:
        return goal_pitch(wish, chord, None)
    joins = round(last - SEMITONES * laid[0].step)
    return goal_pitch(wish, chord, round(min(max(joins, wish - FARTHEST), wish + FARTHEST)))


def _foot_of_theme(intent: MusicIntent, laid: Sequence[Placed], last: int | None) -> int:
    """The tonic from which the theme's steps are counted: its bar lies around the register, near the last note."""
    height = SEMITONES * sum(note.step for note in laid) / len(laid)
    near = intent.register_midi - height
    tonics = [pitch for pitch in range(24, 97) if pitch % 12 == intent.tonic_pc]
    joins = intent.register_midi if last is None else last
    first = SEMITONES * laid[0].step
    return min(tonics, key=lambda tonic: abs(tonic - near) + 0.5 * abs(tonic + first - joins))


def _line(
    laid: Sequence[Placed], foot: int, ladder: Sequence[int], chords: tuple[Chord, Chord], *, bound: bool
) -> list[Note]:
    """The steps counted from `foot`; if `bound`, strong beats and long notes are tones of their chord."""
    start = min(range(len(ladder)), key=lambda index: abs(ladder[index] - foot))
    notes: list[Note] = []
    for onset, length, step in laid:
        pitch = ladder[min(max(start + step, 0), len(ladder) - 1)]
        if bound and (onset % HALF == 0 or length >= 36):
            tones = chords[onset >= HALF].pitch_classes
            pitch = min((nearest_pitch(pc, pitch) for pc in tones), key=lambda tone, wish=pitch: abs(tone - wish))  # type: ignore[misc]
        notes.append(Note(onset, length, pitch, 0, "melody"))
    return notes


def _close(line: list[Note], intent: MusicIntent, chord: Chord) -> list[Note]:
    """A phrase ends on the tonic, or on the chord's root where that is not home."""
    last = line[-1]
    pc = intent.tonic_pc if intent.tonic_pc in chord.pitch_classes else chord.root_pc
    near = line[-2].pitch if len(line) > 1 else last.pitch
    length = LAYOUTS[intent.metre].ticks - last.onset_tick
    return [*line[:-1], Note(last.onset_tick, length, nearest_pitch(pc, near), 0, "melody")]
