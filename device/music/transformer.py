"""The generator `transformer`: the trained composer, steered by controls, led by the plan, held by the grammar."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from device.config import SessionConfig
from device.errors import ModelError
from device.files.models import MEND, ModelFolder
from device.messages import Bar, Mode, MusicIntent, Note
from device.music import controls as c
from device.music import tokens as t
from device.music.accompaniment import Setting, bed, figure_of, lay_under, share_out
from device.music.activity import planned_notes
from device.music.decoder import Decoder, Logits, Rows
from device.music.form import SECTION_BARS, Likeness, Place, place_of
from device.music.grammar import N_CHORDS, Decoded, Grammar, decode_bar
from device.music.metre import LAYOUTS
from device.music.pads import lead_on, pads_before, turn
from device.music.phrasebook import Phrasebook
from device.music.phrasing import Line, line_of, settled, sustain
from device.music.playing import make_bar, play
from device.music.quotation import Quotation, quote
from device.music.reference import Cursor, Remembered, conditions, remember
from device.music.sampling import draw
from device.music.steering import (
    CLEAR_BELOW,
    chord_leaning,
    controls_of,
    grammar_of,
    texture_of,
    vary,
    welcome,
)
from device.music.taste import Taste
from device.music.theory import VOICES, Chord, key_shift
from device.stage import Random, keyed_random

TEMPERATURE = 0.97
TOP_P = 0.98
CHORD_TOP_P = 0.9
"""A far-fetched chord colours a whole bar, a far-fetched note passes."""
REMEMBERED_BARS = 128
JOINS = (0, SECTION_BARS - 1)
"""Bars in which pads are held in any texture: they go on over the join of two sections."""


class Written(NamedTuple):
    """A bar as the composer remembers it."""

    notes: tuple[Note, ...]
    """The notes as they were given away: if another bar was played in its place, this one is forgotten."""
    mode: Mode
    tokens: list[int]
    rows: Rows


class Asked(NamedTuple):
    """What one bar is to be."""

    told: c.Controls
    grammar: Grammar
    reference: Remembered | None
    likeness: Likeness
    lift: float
    """Semitones by which the melody lies above the register."""


def _open(folder: ModelFolder) -> Decoder:
    """The model of a folder. Raises ModelError where it is none of ours."""
    name = folder.card.name
    if folder.card.settings.get("vocabulary_crc") != t.VOCABULARY_CRC:
        raise ModelError(
            f"Model {name} {folder.card.version} speaks another vocabulary than this program.",
            "Use the model that came with this version.",
        )
    path = folder.path("model.onnx")
    try:
        return Decoder(path, folder.card.settings)
    except Exception as error:
        raise ModelError(f"Model {name}: {path.name} is not what its card says: {error}.", MEND) from error


class Transformer:
    def __init__(self, config: SessionConfig) -> None:
        self.config = config
        self.decoder = _open(ModelFolder(Path(config.models_dir), config.device.music.model))
        self.tokens_written = 0
        """Tokens sampled so far."""
        self._written: dict[int, Written] = {}
        self._phrasebook = Phrasebook(config)

    def generate(self, intent: MusicIntent, history: Sequence[Bar], rng: Random) -> Bar:
        """Sample one bar after `history`: about 40 steps of the model, plus what it has not heard of the history."""
        if intent.final:
            # A closing chord is composed, not sampled.
            closing = self._phrasebook.generate(intent, history, rng)
            return msgspec.structs.replace(closing, generator="transformer")
        for bar in history:
            self._learn(bar)
        place = place_of(self.config.seed, intent.bar_index, has_theme=self.config.theme is not None)
        quoted = quote(self.config, intent)
        melody = None if quoted else self._melody_notes(intent, place)
        decoded, tokens, rows = self._sample(intent, place, quoted, melody, self._context(history), rng)
        notes = self._dress(_notes_of(decoded, intent), decoded, intent, place, melody, history, rng)
        played = play(notes, intent, self.config.prescription.limits, rng)
        self._written[intent.bar_index] = Written(played, intent.mode, tokens, rows)
        self._written.pop(intent.bar_index - REMEMBERED_BARS, None)
        return make_bar(intent, played, self.config, "transformer")

    def _learn(self, bar: Bar) -> None:
        """Take a bar that others wrote into the memory."""
        known = self._written.get(bar.bar_index)
        if known is None or known.notes != bar.notes:
            tokens = t.encode_bar(bar)
            told = c.describe(t.at_home(bar), bar.beats, bar.tempo_bpm, bar.mode)
            self._written[bar.bar_index] = Written(bar.notes, bar.mode, tokens, _rows(tokens, told, None))

    def _context(self, history: Sequence[Bar]) -> list[Rows]:
        """Rows of each bar from the earliest section of which all still fits: so the cache lasts for a section."""
        rows = [self._written[bar.bar_index].rows for bar in history]
        room = self.decoder.context - t.MAX_BAR_TOKENS - 1
        for place, bar in enumerate(history):
            if bar.bar_index % SECTION_BARS == 0 and sum(map(len, rows[place:])) <= room:
                return rows[place:]
        return rows[max(0, len(rows) - SECTION_BARS) :]

    def _asked(self, intent: MusicIntent, place: Place) -> Line:
        """What the plan asks of the melody; the listener's theme is left as it is."""
        is_theme = self.config.theme is not None and place.section == "A"
        if is_theme:
            return Line()
        return line_of(self.config.seed, place.section, place.movement, place.bar, intent.target_valence)

    def _dress(
        self,
        notes: list[Note],
        decoded: Decoded,
        intent: MusicIntent,
        place: Place,
        asked: int | None,
        history: Sequence[Bar],
        rng: Random,
    ) -> list[Note]:
        """The notes with a melody that is held and, in a calm texture, with all that lies under it.

        `asked` are the notes that the melody was asked for.
        """
        preference, (first, second) = self.config.prescription.preference, _chords_of(decoded, intent)
        by_voice = {voice: [note for note in notes if note.voice == voice] for voice in VOICES}
        melody = sustain(by_voice["melody"], LAYOUTS[intent.metre].ticks, intent.articulation)
        pads = by_voice["pad"]
        if first is not None:
            pads = lead_on(pads, first, pads_before(history), intent.register_midi)
        if first is None or second is None:
            return [*melody, *by_voice["inner"], *by_voice["bass"], *pads]
        if texture_of(intent, preference) != "calm":
            if place.bar in JOINS and "pad" in preference.voices:
                pads = turn(bed(first, intent.metre, intent.register_midi, history), second)
            return [*melody, *by_voice["inner"], *by_voice["bass"], *pads]
        if asked is not None:
            melody = settled(melody, (first, second))
        figure = figure_of(keyed_random(self.config.seed, f"figure-{place.section}", place.movement), place.bar)
        counts = share_out(intent.density, intent.metre, preference, asked)
        if by_voice["inner"]:
            counts = counts._replace(inner=0)
        setting = Setting(
            (first, second), counts, intent.metre, figure, history, place.close != "none", intent.tonic_pc
        )
        return [*melody, *by_voice["inner"], *lay_under(melody, pads, setting, rng)]

    def _sample(
        self,
        intent: MusicIntent,
        place: Place,
        quoted: Quotation | None,
        melody: int | None,
        context: list[Rows],
        rng: Random,
    ) -> tuple[Decoded, list[int], Rows]:
        asked = self._ask(intent, place._replace(likeness="close") if quoted else place, quoted, melody, rng)
        taste = self._taste(intent, asked.likeness, quoted, context)
        opening = [t.START, t.BAR] if intent.bar_index == 0 else [t.BAR]
        logits = self.decoder.go_on_from([*context, _rows(opening, asked.told, asked.reference)])
        tokens = self._draw_bar(logits, asked, taste, intent, rng)
        self.tokens_written += len(tokens) - 1
        decoded = decode_bar(tokens, LAYOUTS[intent.metre].beats)
        written = _rows([*opening[:-1], *tokens], _as_written(asked.told, decoded, intent), asked.reference)
        return decoded, tokens, written

    def _draw_bar(self, logits: Logits, asked: Asked, taste: Taste, intent: MusicIntent, rng: Random) -> list[int]:
        """The tokens of a bar, each drawn after those before it; `logits` are of what follows its `bar` token."""
        tokens, cursor, preference = [t.BAR], Cursor(), self.config.prescription.preference
        while True:
            taste.season(logits, tokens)
            top_p = CHORD_TOP_P if len(tokens) <= N_CHORDS else TOP_P
            token = draw(logits, asked.grammar.mask(), TEMPERATURE, top_p, rng.random())
            for listener in (asked.grammar.take, tokens.append, taste.hear, cursor.take):
                listener(token)
            if asked.grammar.complete:
                return tokens
            if len(tokens) == 1 + N_CHORDS:
                chords = [t.chord_of(planned) for planned in tokens[1:]]
                asked.grammar.welcome(*(welcome(intent, chord, preference, asked.lift) for chord in chords))
            logits = self.decoder.feed(np.array([[token, *conditions(asked.told, cursor, asked.reference)]]))

    def _ask(
        self, intent: MusicIntent, place: Place, quoted: Quotation | None, melody: int | None, rng: Random
    ) -> Asked:
        preference = self.config.prescription.preference
        reference, line = self._reference(place, intent, quoted), self._asked(intent, place)
        variety = vary(intent, place, reference, line, melody, preference, rng)
        grammar = grammar_of(intent, place, preference, variety)
        if quoted and reference:
            grammar.give(reference.melody)
        told = controls_of(intent, place, preference, variety)
        return Asked(told, grammar, reference, place.likeness, variety.lift)

    def _taste(
        self, intent: MusicIntent, likeness: Likeness, quoted: Quotation | None, context: Sequence[Rows]
    ) -> Taste:
        return Taste(
            context,
            chord_leaning(intent, quoted.chord if quoted else None),
            likeness,
            is_calm=intent.target_arousal < CLEAR_BELOW,
            swings=LAYOUTS[intent.metre].swings,
        )

    def _melody_notes(self, intent: MusicIntent, place: Place) -> int | None:
        """None in a bar of the listener's own theme, which says itself how many notes it has."""
        if place.theme_bar is not None:
            return None
        return planned_notes(self.config, intent.bar_index, intent.density, intent.metre, place.close)

    def _reference(self, place: Place, intent: MusicIntent, quoted: Quotation | None) -> Remembered | None:
        """What is taken up again: the listener's theme, or an earlier bar if it is remembered."""
        mode, beats = intent.mode, LAYOUTS[intent.metre].beats
        if quoted:
            return remember(t.encode_notes(quoted.notes, beats))._replace(chords=None)
        theme = self.config.theme
        if theme is not None and theme.metre == intent.metre and place.theme_bar is not None:
            bar = theme.bars[place.theme_bar % len(theme.bars)]
            return remember(t.encode_notes(bar, beats))._replace(chords=None).in_mode(theme.mode, mode)
        known = None if place.refers_to is None else self._written.get(place.refers_to)
        return None if known is None else remember(known.tokens).in_mode(known.mode, mode)


def _as_written(told: c.Controls, decoded: Decoded, intent: MusicIntent) -> c.Controls:
    """What a bar became instead of what was asked: remembering wishes, the model would learn to disregard them."""
    measured = c.describe(decoded.notes, decoded.beats, intent.tempo_bpm, intent.mode)
    return told._replace(
        clarity=measured.clarity,
        density=measured.density,
        register=measured.register,
        leaps=measured.leaps,
        dissonance=measured.dissonance,
        voices=measured.voices,
    )


def _rows(tokens: Sequence[int], told: c.Controls, reference: Remembered | None) -> Rows:
    """What the model reads for the tokens of one bar."""
    cursor = Cursor()
    rows: list[list[int]] = []
    for token in tokens:
        cursor.take(token)
        rows.append([token, *conditions(told, cursor, reference)])
    return np.array(rows)


def _chords_of(decoded: Decoded, intent: MusicIntent) -> list[Chord | None]:
    """The harmony of both halves of the bar at sounding pitch."""
    shift = key_shift(intent.tonic_pc, intent.mode)
    return [chord and chord._replace(root_pc=(chord.root_pc + shift) % 12) for chord in decoded.chords]


def _notes_of(decoded: Decoded, intent: MusicIntent) -> list[Note]:
    """The notes at sounding pitch; only a melody may ring into the next bar, whose harmony is not yet known."""
    shift, bar_ticks = key_shift(intent.tonic_pc, intent.mode), LAYOUTS[intent.metre].ticks
    notes: list[Note] = []
    for note in decoded.notes:
        longest = note.duration_tick if note.voice == "melody" else bar_ticks - note.onset_tick
        notes.append(Note(note.onset_tick, min(note.duration_tick, longest), note.pitch + shift, 0, note.voice))
    return notes
