"""The generator `transformer`: the trained composer, steered by controls, held by the grammar and a little theory.

Controls are wishes the model learned to follow; what must not fail is decoded so: the harmony stays in the key and
closes every eighth bar, bass and pads keep to it, the melody stays near its register, and the last bar is the
phrasebook's closing chord.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from device.config import SessionConfig
from device.errors import ModelError
from device.messages import Bar, Mode, MusicIntent, Note
from device.models import ModelFolder
from device.music import tokens as t
from device.music.decoder import Decoder, Logits
from device.music.grammar import N_CHORDS, Decoded, Grammar, Mask, decode_bar
from device.music.phrasebook import Phrasebook
from device.music.playing import BAR_TICKS, BEATS, make_bar, play
from device.music.theory import SCALES, Chord, base_velocity, degree_triad, key_shift, notes_per_beat
from device.stage import Random

HOME: dict[Mode, int] = {"major": 0, "minor": 9}
TEMPERATURE = 0.95
CHORD_TEMPERATURE = 0.8
TOP_P = 0.93
MELODY_REACH = 9
"""Semitones the melody may lie from the register asked for."""
BELOW_MELODY = {"inner": 1, "bass": 12, "pad": 5}
"""Semitones each other voice stays below that register."""
FATIGUE = 0.7
"""Taken from the logit of the last melody note, or half bar of one chord, for every time it was just heard."""
FATIGUE_TOKENS = 2 * t.MAX_BAR_TOKENS
"""How far back repetition is counted."""
PHRASE_BARS = 8
DIATONIC = {"major": (0, 1, 2, 3, 4, 5), "minor": (0, 2, 3, 4, 5, 6)}
"""Degrees the harmony may use: all but the diminished one."""
HALF_CLOSE = {"major": (4, 3, 1), "minor": (4, 3, 6)}
REMEMBERED_BARS = 128
CHORD_TOKENS = range(t.FIRST_CHORD + 1, t.FIRST_STEP)
MELODY_TOKENS = range(t.FIRST_NOTE, t.FIRST_NOTE + sum(voice == "melody" for voice, _ in t.NOTES))
"""The melody's notes are the first of the note tokens."""


class Transformer:
    def __init__(self, config: SessionConfig) -> None:
        self.config = config
        folder = ModelFolder(Path(config.models_dir), config.device.music.model)
        if folder.card.settings.get("vocabulary_crc") != t.VOCABULARY_CRC:
            raise ModelError(
                f"Model {folder.card.name} {folder.card.version} speaks another vocabulary than this program.",
                "Use the model that came with this version.",
            )
        self.decoder = Decoder(folder.path("model.onnx"), folder.card.settings)
        self._written: dict[int, tuple[tuple[Note, ...], list[int]]] = {}
        self._first_bar = 0
        self._phrasebook = Phrasebook(config)
        self.tokens_written = 0
        """Tokens sampled so far."""

    def generate(self, intent: MusicIntent, history: Sequence[Bar], rng: Random) -> Bar:
        """Sample one bar after `history`: about 40 steps of the model, plus what it has not heard of the history."""
        if intent.final:
            return self._close(intent, history, rng)
        tokens = self._sample(intent, self._context(history), rng)
        self.tokens_written += len(tokens) - t.N_CONTROLS
        decoded = decode_bar(tokens)
        played = play(_written(decoded, intent), intent, self.config.prescription.limits, rng)
        self._written[intent.bar_index] = (played, tokens)
        self._written.pop(intent.bar_index - REMEMBERED_BARS, None)
        return make_bar(intent, played, self.config, "transformer")

    def _close(self, intent: MusicIntent, history: Sequence[Bar], rng: Random) -> Bar:
        bar = self._phrasebook.generate(intent, history, rng)
        return msgspec.structs.replace(bar, generator="transformer", reason="the closing chord is the phrasebook's")

    def _context(self, history: Sequence[Bar]) -> list[int]:
        """The last bars as tokens. When they no longer fit, half is dropped at once, so that the cache lasts."""
        if not history or history[-1].bar_index < self._first_bar:
            self._first_bar = 0
        bars = {bar.bar_index: self._tokens_of(bar) for bar in history if bar.bar_index >= self._first_bar}
        room = self.decoder.context - t.MAX_BAR_TOKENS
        if sum(map(len, bars.values())) > room:
            while sum(map(len, bars.values())) > room // 2:
                del bars[min(bars)]
            self._first_bar = min(bars)
        return [token for tokens in bars.values() for token in tokens]

    def _tokens_of(self, bar: Bar) -> list[int]:
        notes, tokens = self._written.get(bar.bar_index, ((), []))
        return tokens if tokens and notes == bar.notes else t.encode_bar(bar)

    def _sample(self, intent: MusicIntent, context: list[int], rng: Random) -> list[int]:
        tokens = t.control_tokens(controls_of(intent))
        grammar = _grammar(intent, tokens)
        logits = self.decoder.go_on_from([*context, *tokens])
        while not grammar.complete:
            token = _choose(logits, grammar.mask(), [*context, *tokens], len(tokens) - t.N_CONTROLS, rng.random())
            grammar.take(token)
            tokens.append(token)
            if len(tokens) == t.N_CONTROLS + N_CHORDS:
                first, second = (t.chord_of(planned) for planned in tokens[-N_CHORDS:])
                grammar.welcome = (welcome(intent, first), welcome(intent, second))
            if not grammar.complete:
                logits = self.decoder.feed([token])
        return tokens


def _choose(logits: Logits, mask: Mask, heard: list[int], place: int, chance: float) -> int:
    """The token at `place` after the controls: the chords of the bar come first and less freely."""
    if place != 1:
        # A chord may well last the whole bar, so only its return in the next bar is tiring.
        tire(logits, heard[-FATIGUE_TOKENS:], CHORD_TOKENS if place == 0 else MELODY_TOKENS)
    return draw(logits, mask, CHORD_TEMPERATURE if place < N_CHORDS else TEMPERATURE, chance)


def controls_of(intent: MusicIntent) -> t.Controls:
    """The classes an intent asks for; valence and arousal are those its own cues stand for."""
    density = notes_per_beat(intent.density)
    register = intent.register_midi - key_shift(intent.tonic_pc, intent.mode)
    velocity = base_velocity(intent.loudness_db)
    valence, arousal = t.affect_of(intent.mode, intent.tempo_bpm, density, register, velocity)
    return t.Controls(
        t.BEATS.index(BEATS),
        t.MODES.index(intent.mode),
        bisect.bisect(t.TEMPO_EDGES_BPM, intent.tempo_bpm),
        bisect.bisect(t.DENSITY_EDGES, density),
        bisect.bisect(t.REGISTER_EDGES_MIDI, register),
        bisect.bisect(t.LOUDNESS_EDGES, velocity),
        bisect.bisect(t.AFFECT_EDGES, valence),
        bisect.bisect(t.AFFECT_EDGES, arousal),
    )


def _grammar(intent: MusicIntent, controls: Sequence[int]) -> Grammar:
    wanted = notes_per_beat(intent.density) * BEATS
    most_of = {
        "melody": max(2, round(0.4 * wanted)),
        "pad": 2 if wanted < 6 else 3 if wanted < 9 else 6,
        "bass": 1 if wanted < 6 else 3,
    }
    fewest, most = max(2, round(0.6 * wanted)), max(4, round(1.25 * wanted))
    return Grammar(controls, chords=_harmony(intent), fewest=fewest, most=most, most_of=most_of)


def _harmony(intent: MusicIntent) -> tuple[list[int], list[int]]:
    """Chord tokens for both halves of the bar: a phrase closes halfway in its fourth bar and fully in its eighth."""
    place = intent.bar_index % PHRASE_BARS
    ending = intent.session_left_s < 2 * BEATS * 60.0 / intent.tempo_bpm
    free = _chord_tokens(intent.mode, DIATONIC[intent.mode])
    tonic, dominant = _chord_tokens(intent.mode, (0,)), _chord_tokens(intent.mode, (4,))
    if ending:
        return free, dominant
    if place == PHRASE_BARS - 1:
        return free, tonic
    return free, _chord_tokens(intent.mode, HALF_CLOSE[intent.mode]) if place == PHRASE_BARS // 2 - 1 else free


def _chord_tokens(mode: Mode, degrees: Sequence[int]) -> list[int]:
    return [t.chord_token(degree_triad(HOME[mode], mode, degree)) for degree in degrees]


def welcome(intent: MusicIntent, chord: Chord | None) -> Mask:
    """Which notes may begin under a chord: for bass and pads its tones, for the others the scale, near the register."""
    home = HOME[intent.mode]
    tones = set(chord.pitch_classes) if chord else {home}
    raised = {(home + 11) % 12} & tones
    scale = {(home + step) % 12 for step in SCALES[intent.mode]} - {(pc - 1) % 12 for pc in raised} | raised
    register = intent.register_midi - key_shift(intent.tonic_pc, intent.mode)
    allowed = {"melody": scale, "inner": scale}
    return np.array(
        [
            pitch % 12 in allowed.get(voice, tones)
            and (abs(pitch - register) <= MELODY_REACH if voice == "melody" else _lies_below(pitch, voice, register))
            for voice, pitch in t.NOTES
        ]
    )


def _lies_below(pitch: int, voice: str, register: float) -> bool:
    """Whether a voice leaves the melody its place; every voice keeps its lowest octave, whatever the register."""
    return pitch <= max(register - BELOW_MELODY[voice], t.RANGES[voice][0] + 12)


def tire(logits: Logits, heard: Sequence[int], kind: range) -> None:
    """Make the token of a kind that was just repeated less likely, in place: repetition is what grates first."""
    same = [token for token in heard if token in kind]
    for token in itertools.takewhile(lambda token: token == same[-1], reversed(same)):
        logits[token] -= FATIGUE


def draw(logits: Logits, mask: Mask, temperature: float, chance: float) -> int:
    """One token by nucleus sampling among those the mask allows; `chance` is uniform in 0 to 1."""
    allowed = np.flatnonzero(mask)
    scaled = logits[allowed].astype(np.float64) / temperature
    weights = np.exp(scaled - np.max(scaled))
    order = np.argsort(-weights, kind="stable")
    heaped = np.cumsum(weights[order]) / weights.sum()
    kept = min(int(np.searchsorted(heaped, TOP_P)) + 1, len(heaped))
    place = int(np.searchsorted(heaped[:kept], chance * heaped[kept - 1], side="right"))
    return int(allowed[order[min(place, kept - 1)]])


def _written(decoded: Decoded, intent: MusicIntent) -> list[Note]:
    """The notes at sounding pitch; only a melody may ring into the next bar, whose harmony is not yet known."""
    shift = key_shift(intent.tonic_pc, intent.mode)
    notes: list[Note] = []
    for note in decoded.notes:
        longest = note.duration_tick if note.voice == "melody" else BAR_TICKS - note.onset_tick
        notes.append(Note(note.onset_tick, min(note.duration_tick, longest), note.pitch + shift, 0, note.voice))
    return notes
