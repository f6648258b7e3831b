"""The grammar of a bar: which token may follow, so that whatever is sampled is valid and exactly one bar long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from device.messages import TICKS_PER_BEAT, Note
from device.music import tokens as t
from device.music.controls import BEATS
from device.music.theory import VOICES, Chord

Mask = npt.NDArray[np.bool_]
N_CHORDS = 2
ACCOMPANYING = 4
"""Notes that other voices may have at least beside a given melody."""
PACE_STEPS = 9
"""One and a half beats: the longest pause before a note of a bar that has too few yet."""
_VOICE_OF = np.array([VOICES.index(voice) for voice, _ in t.NOTES])
_MELODY = VOICES.index("melody")
_MOST_AT_ONCE = np.array([t.MOST_AT_ONCE[voice] for voice in VOICES])
_BROKEN_AT_ONCE = np.array([1 if voice == "inner" else t.MOST_AT_ONCE[voice] for voice in VOICES])
"""Where beats swing the inner voice breaks its chords: struck together, its notes would fill few of the eighths."""
_CHORD_AT = (np.array(t.STEP_TICKS) >= t.CHORD_TICKS).astype(int)
_EVERY_NOTE: Mask = np.ones(len(t.NOTES), bool)
_IS_MELODY: Mask = np.array([voice == "melody" for voice, _ in t.NOTES])
_IS_PAD: Mask = np.array([voice == "pad" for voice, _ in t.NOTES])
_LENGTH_TICKS = np.array(t.LENGTHS)
_EVERY_STEP: Mask = np.ones(t.N_STEPS, bool)
_THIRDS: Mask = np.array(t.STEP_TICKS) % t.THIRD_TICKS == 0
_EVERY_LENGTH: Mask = np.ones(len(t.LENGTHS), bool)
_THIRD_LENGTHS: Mask = _LENGTH_TICKS % t.THIRD_TICKS == 0


class InvalidBarError(ValueError):
    """Tokens that are not a bar."""


class Decoded(NamedTuple):
    beats: int
    chords: tuple[Chord | None, ...]
    notes: tuple[Note, ...]
    """The notes in C major or A minor, with velocity 0: playing has yet to shape them."""


class Grammar:
    """Walks through one bar after its `bar` token; `mask()` tells what may come next, `take()` goes there.

    Beyond validity a caller may narrow the bar: `chords` (two sets of chord tokens), `fewest` (as far as it goes) and
    `most` notes, `most_of` each voice, `opening` notes of the pad that begin the bar as a chord, the last step at which
    the melody may `enter`, whether its beats `swing` in thirds, `welcome()`, and the whole melody by `give()`.
    """

    def __init__(
        self,
        beats: int,
        *,
        chords: Sequence[Iterable[int]] = (),
        fewest: int = 0,
        most: int = t.MAX_BAR_TOKENS,
        most_of: Mapping[str, int] | None = None,
        opening: int = 0,
        enter: int = t.N_STEPS,
        swings: bool = False,
    ) -> None:
        if beats not in BEATS:
            raise InvalidBarError(f"A bar of {beats} beats cannot be written, only of 3 or 4.")
        self.beats = beats
        self.complete = False
        self._chords = [frozenset(allowed) for allowed in chords]
        self._fewest, self._most = fewest, most
        self._n_steps = t.n_steps(self.beats)
        self._room = t.MAX_BAR_TOKENS - 1
        self._n_chords = self._n_notes = 0
        self._step = self._note = -1
        self._at_once = np.zeros(len(VOICES), int)
        self._opening, self._enter = opening, enter
        self._steps, self._lengths = (_THIRDS, _THIRD_LENGTHS) if swings else (_EVERY_STEP, _EVERY_LENGTH)
        self._stride = 2 if swings else 1
        """Steps from one at which notes may begin to the next."""
        self._most_at_once = _BROKEN_AT_ONCE if swings else _MOST_AT_ONCE
        self._left = np.array([(most_of or {}).get(voice, t.MAX_BAR_TOKENS) for voice in VOICES])
        self._due: dict[int, tuple[int, int]] = {}
        """Tokens of the note and length at each step of a given melody that is still to come."""
        self._length: int | None = None
        """The length that the note before must have."""
        self._sung = False
        self._last = "bar"
        self.welcome(_EVERY_NOTE, _EVERY_NOTE)

    def welcome(self, first: Mask, second: Mask) -> None:
        """Let only these note tokens begin from now on under the first and second chord, each shape (len(NOTES),)."""
        self._welcome = first, second
        self._open_notes()

    def give(self, melody: Iterable[tuple[int, int, int]]) -> None:
        """Let the melody be exactly these (step, note token, length token); only the other voices are free."""
        self._due = {step: (note, length) for step, note, length in melody}
        self._most = max(self._most, len(self._due) + ACCOMPANYING)
        self._left[VOICES.index("melody")] = 0
        self._open_notes()

    def _open_notes(self) -> None:
        """Notes that are welcome under each chord and whose voice has any left; steps that have such notes."""
        left: Mask = (self._left > 0)[_VOICE_OF]
        self._open = tuple(welcome & left for welcome in self._welcome)
        self._open_steps: Mask = np.array([notes.any() for notes in self._open])[_CHORD_AT] & self._steps
        self._mask: Mask | None = None

    def mask(self) -> Mask:
        """Which tokens may come next, shape (len(VOCABULARY),); never empty until the bar is complete."""
        if self._mask is None:
            self._mask = self._find_mask()
            self._mask.flags.writeable = False
        return self._mask

    def _find_mask(self) -> Mask:
        mask = np.zeros(len(t.VOCABULARY), bool)
        if self.complete:
            return mask
        if self._n_chords < N_CHORDS:
            allowed = list(self._chords[self._n_chords]) if self._chords else slice(t.FIRST_CHORD, t.FIRST_STEP)
            mask[allowed] = True
        elif self._last == "note":
            longest = self.beats * TICKS_PER_BEAT + t.RING_TICKS - t.STEP_TICKS[self._step]
            mask[t.FIRST_LENGTH : t.END] = (longest >= _LENGTH_TICKS) & self._lengths
            if self._length is not None:
                mask[:] = np.arange(len(mask)) == self._length
        elif self._last == "step":
            self._mask_notes(mask)
        else:
            self._mask_next(mask)
        return mask

    def _mask_notes(self, mask: Mask) -> None:
        if self._step in self._due:
            mask[self._due[self._step][0]] = True
            return
        free = self._open[_CHORD_AT[self._step]].copy()
        free[: self._note + 1] = False
        free &= (self._at_once < self._most_at_once)[_VOICE_OF]
        if self._step >= self._enter and self._awaits_melody() and (free & _IS_MELODY).any():
            free &= _IS_MELODY
        if self._step == 0 and self._opening:
            # The other notes of the opening chord have to fit in above.
            pads = np.flatnonzero(free & _IS_PAD)
            free[pads[max(1, len(pads) - self._opening + 1) :]] = False
        mask[t.FIRST_NOTE : t.FIRST_LENGTH] = free

    def _mask_next(self, mask: Mask) -> None:
        if self._mask_opening(mask):
            return
        notes_left, room = self._most - self._n_notes - len(self._due), self._room - 3 * len(self._due)
        behind = self._n_notes < self._fewest and self._step < self._n_steps - len(t.BEAT_STEPS)
        if self._last == "length" and notes_left > 0 and room >= 3:
            self._mask_notes(mask)
        due = min(self._due, default=self._n_steps)
        if notes_left > 0 and room >= 4:
            # Notes that are still due come at a walking pace, not crowded at the end of the bar.
            last = min(due, self._step + PACE_STEPS + 1) if behind else due
            if self._awaits_melody():
                last = min(last, max(self._step + 1 + self._stride, self._enter + 1))
            mask[t.FIRST_STEP + self._step + 1 : t.FIRST_STEP + last] = self._open_steps[self._step + 1 : last]
        if self._due:
            mask[t.FIRST_STEP + due] = True
        mask[t.END] = not self._due and not (behind and mask.any())

    def _awaits_melody(self) -> bool:
        """Whether the melody has yet to begin and is to begin early."""
        return self._enter < self._n_steps and not self._sung and self._left[_MELODY] > 0

    def _mask_opening(self, mask: Mask) -> bool:
        """Let nothing but the chord that begins the bar follow until it is complete; returns whether that is so."""
        full = self._n_notes >= self._most
        if not self._opening or full or self._step > 0 or not (self._open[0] & _IS_PAD).any():
            return False
        if self._last == "chord":
            mask[t.FIRST_STEP] = True
        else:
            self._mask_notes(mask)
        return bool(mask.any())

    def take(self, token: int) -> None:
        """Go on by one token.

        Raises:
            InvalidBarError: the token may not stand here.
        """
        if not (0 <= token < len(t.VOCABULARY) and self.mask()[token]):
            raise InvalidBarError(f"Token {token} may not follow {self._last}.")
        self._mask = None
        self._room -= 1
        if token == t.END:
            self.complete = True
        elif token >= t.FIRST_LENGTH:
            self._last = "length"
        elif token >= t.FIRST_NOTE:
            self._take_note(token - t.FIRST_NOTE)
        elif token >= t.FIRST_STEP:
            self._step, self._note, self._last = token - t.FIRST_STEP, -1, "step"
            self._at_once[:] = 0
        else:
            self._n_chords, self._last = self._n_chords + 1, "chord"

    def _take_note(self, note: int) -> None:
        self._note, self._last = note, "note"
        _, self._length = self._due.pop(self._step, (None, None))
        self._sung |= _VOICE_OF[note] == _MELODY
        self._n_notes += 1
        self._at_once[_VOICE_OF[note]] += 1
        self._left[_VOICE_OF[note]] -= 1
        if not self._left[_VOICE_OF[note]]:
            self._open_notes()
        self._opening -= bool(self._step == 0 and self._opening and _IS_PAD[note])


def decode_bar(tokens: Sequence[int], beats: int = 4) -> Decoded:
    """The bar that tokens stand for.

    Raises:
        InvalidBarError: not exactly one bar by the grammar.
    """
    if not tokens or tokens[0] != t.BAR:
        raise InvalidBarError("A bar begins with its `bar` token.")
    grammar = Grammar(beats)
    for token in tokens[1:]:
        grammar.take(token)
    if not grammar.complete:
        raise InvalidBarError("The bar has no end.")
    notes: list[Note] = []
    onset = 0
    for index, token in enumerate(tokens):
        if t.FIRST_STEP <= token < t.FIRST_NOTE:
            onset = t.STEP_TICKS[token - t.FIRST_STEP]
        elif t.FIRST_NOTE <= token < t.FIRST_LENGTH:
            voice, pitch = t.NOTES[token - t.FIRST_NOTE]
            notes.append(Note(onset, t.LENGTHS[tokens[index + 1] - t.FIRST_LENGTH], pitch, 0, voice))
    plan = tokens[1 : 1 + N_CHORDS]
    return Decoded(grammar.beats, tuple(t.chord_of(token) for token in plan), tuple(notes))
