"""Turns an intent into what the composer is asked: the classes it is told, and what decoding enforces in any case.

Controls are wishes the model learned to follow. What must not fail is held by the grammar: the harmony stays in the
key and closes where the plan says, bass and pads keep to it, the melody stays near its register, and there are as many
notes as asked for.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from device.config import Preference
from device.messages import TICKS_PER_BEAT, Metre, Mode, MusicIntent
from device.music import controls as c
from device.music import tokens as t
from device.music.accompaniment import share_out
from device.music.breath import arc_db
from device.music.decoder import Logits
from device.music.form import Place
from device.music.grammar import Grammar, Mask
from device.music.metre import LAYOUTS
from device.music.phrasing import Line
from device.music.pivots import pivot_of
from device.music.reference import Remembered
from device.music.theory import (
    CHORDS,
    HOME,
    SCALES,
    VOICES,
    Chord,
    base_velocity,
    degree_triad,
    key_shift,
    notes_per_beat,
)
from device.stage import Random

MELODY_REACH = 9
"""Semitones the melody may lie from the register asked for."""
BELOW_MELODY = {"inner": 1, "bass": 12, "pad": 5}
"""Semitones each other voice stays below that register."""
AROUND_MELODY = {"inner": -7, "bass": 12, "pad": 3}
"""These semitones in a full texture, whose inner voice may play around the melody."""
SLOW_IS_UNPLEASANT, LIVELY_IS_PLEASANT = 0.4, 0.2
"""Lean that is added at an arousal of -1, and taken away at 1, where there is none: tempo has its share in valence
(Eerola, Friberg and Bresin 2013). Lively harmony that is darkened more has no major chords left to lose."""
VARIED_FROM = -0.25
"""Arousal from which the steps of melodies differ from bar to bar as they do in people's songs; below it they are
small."""
CALM_LEAPS = (1, 1, 1, 2)
"""Classes of leaps of calm music, as often as they stand here: it moves in steps, but does not stand still."""
CALM_MOVES, LIVELY_MOVES = 0.3, 0.35
"""How often the harmony of a calm texture moves in mid-bar at the arousal of -1 and from 0 on."""
PEOPLE_LEAPS = (0.18, 0.30, 0.29, 0.23)
"""How often a bar of the training songs is of each class of leaps, with little regard to its tempo and density."""
PEOPLE_DENSITY, DENSITY_REACH = 0.19, 0.4
"""Deviation of the notes in a bar of theirs from the eight bars around it, as a share, and the most of it taken."""
FULLER = 0.3
"""Share of a section's arc (`breath`) that a full texture has in the number of its notes: left alone, it thinned out
where it was to swell, and two thirds of the arc were heard."""
LOWEST_NOTES = 9
"""Lowest notes of a voice that it always keeps, in semitones: they hold some tone of every chord."""
CLEAR_BELOW = 0.0
"""Arousal below which nothing sounds that is foreign to the key; from there on the model may wander, as people do."""
DIATONIC = {"major": (0, 1, 2, 3, 4, 5), "minor": (0, 2, 3, 4, 5, 6)}
"""Degrees the harmony of calm music may use: all but the diminished one."""
HALF_CLOSE = {"major": (4, 3, 1), "minor": (4, 3, 6)}
LEANING, LEANING_BEND = 1.7, 1.5
"""Maximum chord bias in nats and its exponent. The bias is added to major chords and taken from minor ones, or the
other way round; few nats already leave little else."""
BORROWED = 0.2
"""Share of its whole lean by which a mode leans to the other one at a valence of 0."""
HOLDING = 4.0
"""Nats by which the chord that holds a given melody is preferred: a known tune is known by its harmony, too."""
FULL_FROM = 0.5
"""Density (0 to 1) from which the texture is full; below it is calm. Thinned songs lack the thirds of their chords."""
ENTRY_STEPS: dict[Metre, int] = {"4/4": 3, "3/4": 0, "6/8": 0}
"""The last step at which a melody enters that is not late: half a beat, and where beats are in three or of three the
first, as people's do in six bars of seven. In 4/4 that cost 0.04 of the R2 of valence (by cues, 50 pieces)."""

OFF_BEAT = 1.5
LILT: Logits = np.zeros(len(t.VOCABULARY), np.float32)
"""Nats by which notes between the beats are preferred where those swing: people sing 58 % of theirs there, and the
model, which is told only that beats are four, goes on in quarters."""
LILT[t.FIRST_STEP : t.FIRST_NOTE] = OFF_BEAT * (np.array(t.STEP_TICKS) % TICKS_PER_BEAT > 0)


class Variety(NamedTuple):
    """What is asked of one bar and differs from bar to bar under one intent."""

    colour: int
    """Class of the harmony's brightness: one of the two nearest to the lean, so that on average it is met."""
    leaps: int
    """Class of the melody's steps."""
    notes: float
    """Notes that the composer writes; what dresses a calm texture is not among them."""
    melody: int | None
    """Of these at most, the melody's; None: as many as it takes."""
    moves: bool
    """Whether the harmony of a calm texture moves in mid-bar."""
    lift: float
    """Semitones by which the melody lies above the register asked for."""
    is_late: bool
    """Whether the melody may enter late."""


def vary(
    intent: MusicIntent,
    place: Place,
    reference: Remembered | None,
    line: Line,
    melody: int | None,
    preference: Preference,
    rng: Random,
) -> Variety:
    """A variety drawn as the bars of people's songs have it: asked for the mean every time, music moves too evenly."""
    colour = math.floor(wished_colour(intent) + rng.random())
    leaps = _leaps(intent, place, reference, rng)
    moves = rng.random() < CALM_MOVES + (LIVELY_MOVES - CALM_MOVES) * min(1.0, 1.0 + intent.target_arousal)
    if texture_of(intent, preference) == "calm":
        counts = share_out(intent.density, intent.metre, preference, melody)
        inner = counts.inner if "inner" in voices_of(intent, preference) else 0
        written = counts.melody + inner + counts.bass + counts.pad
        return Variety(colour, leaps, written, counts.melody, moves, line.lift, line.is_late)
    swell = 10.0 ** (FULLER * arc_db(intent.bar_index, 0.5) / 10.0) - 1.0
    more = min(DENSITY_REACH, max(-DENSITY_REACH, swell + rng.gauss(0.0, PEOPLE_DENSITY)))
    notes = (1.0 + more) * notes_per_beat(intent.density) * LAYOUTS[intent.metre].beats
    return Variety(colour, leaps, notes, melody, moves, line.lift, line.is_late)


def _leaps(intent: MusicIntent, place: Place, reference: Remembered | None, rng: Random) -> int:
    drawn = rng.choices(range(len(PEOPLE_LEAPS)), PEOPLE_LEAPS)[0]
    if intent.target_arousal < VARIED_FROM:
        return rng.choice(CALM_LEAPS)
    if place.likeness == "close" and reference and (step := c.mean_step(reference.pitches)) is not None:
        return bisect.bisect(c.LEAP_EDGES, step)
    return drawn


def controls_of(intent: MusicIntent, place: Place, preference: Preference, variety: Variety) -> c.Controls:
    """The classes an intent asks for at a place of the form, as the listener likes them."""
    register = intent.register_midi + variety.lift - key_shift(intent.tonic_pc, intent.mode)
    texture, voices = texture_of(intent, preference), voices_of(intent, preference)
    if variety.melody == 0:
        voices = voices - {"melody"} or voices
    beats = LAYOUTS[intent.metre].beats
    return c.Controls(
        meter=c.BEATS.index(beats),
        mode=c.MODES.index(intent.mode),
        clarity=clarity_of(intent, place),
        colour=variety.colour,
        rhythm=int(variety.moves) if texture == "calm" else None,
        tempo=bisect.bisect(c.TEMPO_EDGES_BPM, intent.tempo_bpm),
        density=bisect.bisect(c.DENSITY_EDGES, variety.notes / beats),
        register=bisect.bisect(c.REGISTER_EDGES_MIDI, register),
        loudness=bisect.bisect(c.LOUDNESS_EDGES, base_velocity(intent.loudness_db)),
        leaps=variety.leaps,
        dissonance=0 if intent.target_valence > 0.0 or intent.target_arousal < 0.0 else 1,
        # With all four a bar may well do without one.
        voices=c.voice_bits(voices) if voices != set(VOICES) else None,
        style=style_of(preference),
        texture=c.TEXTURES.index(texture),
        close=c.CLOSES.index(place.close),
        place=place.bar % 4,
        likeness=c.LIKENESS.index(place.likeness),
    )


def clarity_of(intent: MusicIntent, place: Place) -> int:
    """Calm music and opening sections keep to the key; what lies between may wander, as it does in songs."""
    clearest = len(c.CLARITY_EDGES)
    return clearest if intent.target_arousal < CLEAR_BELOW or place.section == "A" else clearest - 1


def lean_of(intent: MusicIntent) -> float:
    """How much the harmony leans to bright (1) or dark (-1) chords.

    The mode makes the large step of valence, so towards the middle each mode borrows from the other. Cues add up, and
    tempo and density make lively music sound more pleasant already, and slow music less: harmony makes up for it as far
    as it has room to, so that the ends of valence are its own ends at any tempo.
    """
    depth = (1.0 + BORROWED) * min(1.0, abs(intent.target_valence)) - BORROWED
    lean = depth if intent.mode == "major" else -depth
    share = LIVELY_IS_PLEASANT if intent.target_arousal > 0.0 else SLOW_IS_UNPLEASANT
    made_up = -share * min(1.0, max(-1.0, intent.target_arousal))
    return lean + made_up * (1.0 - abs(lean))


def wished_colour(intent: MusicIntent) -> float:
    """The place of `lean_of` among the classes of brightness, 0 to the last one."""
    middle = len(c.COLOUR_EDGES) / 2
    return middle + middle * lean_of(intent)


def chord_leaning(intent: MusicIntent, held: Chord | None = None) -> Logits:
    """What is added to the logits of chords, so that the harmony keeps its lean; `held` is what a known tune wants."""
    added = np.zeros(len(t.VOCABULARY), np.float32)
    lean = lean_of(intent)
    nats = math.copysign(LEANING * abs(lean) ** LEANING_BEND, lean)
    for chord in CHORDS:
        added[t.chord_token(chord)] = {"maj": nats, "min": -nats}.get(chord.quality, 0.0) + HOLDING * (chord == held)
    return added


def style_of(preference: Preference) -> int | None:
    """The style that is wished, or the only one that is not forbidden."""
    left = [style for style in c.STYLES if style not in preference.never_styles]
    wished = left[0] if len(left) == 1 else preference.style
    return None if wished == "any" else c.STYLES.index(wished)


def texture_of(intent: MusicIntent, preference: Preference) -> str:
    """One of `controls.TEXTURES`: the one that is liked, else by how many notes are asked for."""
    by_density = "full" if intent.density >= FULL_FROM else "calm"
    return by_density if preference.texture == "auto" else preference.texture


def voices_of(intent: MusicIntent, preference: Preference) -> set[str]:
    """The voices that the composer writes: the inner one of a calm texture is laid under it afterwards."""
    rests = "inner" if texture_of(intent, preference) == "calm" else ""
    return {voice for voice in preference.voices if voice != rests} or set(preference.voices)


def grammar_of(intent: MusicIntent, place: Place, preference: Preference, variety: Variety) -> Grammar:
    """A grammar narrowed to the notes wanted in the bar, the key, the cadences and the voices asked for."""
    wanted, melody, layout = variety.notes, variety.melody, LAYOUTS[intent.metre]
    most_of = dict.fromkeys(set(VOICES) - voices_of(intent, preference), 0)
    if melody is not None and voices_of(intent, preference) - {"melody"}:
        most_of = {"melody": melody} | most_of
    if texture_of(intent, preference) != "calm":
        fewest, most = round(0.7 * wanted), max(4, round(1.4 * wanted))
        return Grammar(
            layout.beats,
            chords=_harmony(intent, place),
            fewest=fewest,
            most=most,
            most_of=most_of,
            swings=layout.swings,
        )
    counts = share_out(intent.density, intent.metre, preference)
    most_of = {"pad": counts.pad, "bass": counts.bass} | most_of
    return Grammar(
        layout.beats,
        chords=_harmony(intent, place),
        fewest=round(wanted),
        most=max(2, round(wanted)),
        most_of=most_of,
        # A calm texture stands on a chord: its third tells whether it is bright or dark.
        opening=counts.pad,
        enter=t.N_STEPS if variety.is_late else ENTRY_STEPS[intent.metre],
        swings=layout.swings,
    )


def _harmony(intent: MusicIntent, place: Place) -> tuple[list[int], list[int]]:
    """Chord tokens for both halves of the bar."""
    free = _chord_tokens(intent.mode, DIATONIC[intent.mode])
    if intent.target_arousal >= CLEAR_BELOW:
        free = [t.chord_token(chord) for chord in CHORDS]
    tonic, dominant = _chord_tokens(intent.mode, (0,)), _chord_tokens(intent.mode, (4,))
    if intent.session_left_s < 2 * LAYOUTS[intent.metre].beats * 60.0 / intent.tempo_bpm:
        return free, dominant
    if pivot := pivot_of(intent):
        shift = key_shift(intent.tonic_pc, intent.mode)
        home = pivot._replace(root_pc=(pivot.root_pc - shift) % 12)
        return (tonic if place.close == "full" else free), [t.chord_token(home)]
    if place.close == "full":
        return free, tonic
    return free, _chord_tokens(intent.mode, HALF_CLOSE[intent.mode]) if place.close == "half" else free


def _chord_tokens(mode: Mode, degrees: Sequence[int]) -> list[int]:
    return [t.chord_token(degree_triad(HOME[mode], mode, degree)) for degree in degrees]


def welcome(intent: MusicIntent, chord: Chord | None, preference: Preference, lift: float = 0.0) -> Mask:
    """Which notes may begin under a chord: for bass and pads its tones, for the others the scale, near the register.

    The melody's lies `lift` semitones above the one asked for.
    """
    home = HOME[intent.mode]
    tones = set(chord.pitch_classes) if chord else {home}
    scale = {(home + step) % 12 for step in SCALES[intent.mode]}
    # A chord tone from outside takes the place of its neighbours in the scale: both at once is a wrong note.
    foreign = tones - scale
    scale = {pc for pc in scale if not {(pc - 1) % 12, (pc + 1) % 12} & foreign or pc in tones} | tones
    register = intent.register_midi - key_shift(intent.tonic_pc, intent.mode)
    # What wanders off does not rub against the chord from a semitone above it.
    harsh = {(pc + 1) % 12 for pc in tones} - scale
    line = scale if intent.target_arousal < CLEAR_BELOW else set(range(12)) - harsh
    allowed = {"melody": line, "inner": line}
    below = AROUND_MELODY if texture_of(intent, preference) == "full" else BELOW_MELODY
    return np.array(
        [
            pitch % 12 in allowed.get(voice, tones)
            # Every voice keeps its lowest notes, whatever the register.
            and (
                abs(pitch - register - lift) <= MELODY_REACH
                if voice == "melody"
                else pitch <= max(register - below[voice], t.RANGES[voice][0] + LOWEST_NOTES)
            )
            for voice, pitch in t.NOTES
        ]
    )
