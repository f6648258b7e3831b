"""Refers back: tells a bar while it is written which notes of an earlier bar's melody come next.

Long form is asked for, not hoped for: the plan says which bar returns and how closely, and every decision of the
composer sees the next melody note of that bar. So a theme returns from any distance, also from a melody the listener
brought, though the composer itself remembers about twenty bars.
"""

from __future__ import annotations

from typing import NamedTuple

from device.messages import Mode
from device.music import tokens as t
from device.music.controls import CONTROL_SIZES, Controls
from device.music.theory import in_other_mode

NO_SLOT = t.N_STEPS + 1
"""The slot when nothing of the melody is still to come."""
CHORD_SLOTS = (NO_SLOT + 1, NO_SLOT + 2)
"""The slots when the first and the second chord are chosen next."""


class Remembered(NamedTuple):
    """What is kept of a bar to be taken up again, as tokens."""

    chords: tuple[int, int] | None
    melody: tuple[tuple[int, int, int], ...]
    """(step, note token, length token), in order."""

    @property
    def pitches(self) -> list[int]:
        """Pitches of the melody."""
        return [t.NOTES[note - t.FIRST_NOTE][1] for _, note, _ in self.melody]

    def in_mode(self, before: Mode, after: Mode) -> Remembered:
        """The same melody on the same degrees of the other home key; its harmony is found anew."""
        return (
            self if before == after else Remembered(None, tuple(_moved(event, before, after) for event in self.melody))
        )


def _moved(event: tuple[int, int, int], before: Mode, after: Mode) -> tuple[int, int, int]:
    step, note, length = event
    pitch = t.fold(in_other_mode(t.NOTES[note - t.FIRST_NOTE][1], before, after), "melody")
    return step, t.TOKEN_OF[f"melody={pitch}"], length


class Hint(NamedTuple):
    """Tokens (None: nothing) that the remembered bar had at the place where the next token is chosen."""

    note: int | None = None
    """A note, or a chord where a chord is chosen."""
    step: int | None = None
    length: int | None = None


class Cursor:
    """Follows the tokens of a bar: where in the bar the next token is chosen."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.step = -1
        """The step that notes begin at now; -1 before the first."""
        self.slot = CHORD_SLOTS[0]
        """The first step whose melody note is still to come; `NO_SLOT` and `CHORD_SLOTS` beside."""

    def take(self, token: int) -> None:
        if token in (t.BAR, t.START):
            self.begin()
        elif t.FIRST_CHORD <= token < t.FIRST_STEP:
            self.slot = CHORD_SLOTS[1] if self.slot == CHORD_SLOTS[0] else 0
        elif t.FIRST_STEP <= token < t.FIRST_NOTE:
            self.step = self.slot = token - t.FIRST_STEP
        elif t.FIRST_NOTE <= token < t.FIRST_LENGTH:
            self.slot = self.step if t.is_melody(token) else self.step + 1
        elif token != t.END:
            self.slot = self.step + 1
        else:
            self.slot = NO_SLOT


def remember(tokens: list[int]) -> Remembered:
    """The chords and the melody of a bar written as tokens."""
    chords = [token for token in tokens if t.FIRST_CHORD <= token < t.FIRST_STEP]
    melody: list[tuple[int, int, int]] = []
    step = 0
    for token, following in zip(tokens, [*tokens[1:], t.END], strict=True):
        if t.FIRST_STEP <= token < t.FIRST_NOTE:
            step = token - t.FIRST_STEP
        elif t.FIRST_NOTE <= token < t.FIRST_LENGTH and t.is_melody(token):
            melody.append((step, token, following))
    return Remembered((chords[0], chords[1]), tuple(melody))


def hint(remembered: Remembered | None, slot: int) -> Hint:
    """The hint that the remembered bar gives from `slot` on."""
    if remembered is None or slot == NO_SLOT:
        return Hint()
    if slot in CHORD_SLOTS:
        return Hint(note=remembered.chords[CHORD_SLOTS.index(slot)] if remembered.chords else None)
    for step, note, length in remembered.melody:
        if step >= slot:
            return Hint(note, t.FIRST_STEP + step, length)
    return Hint(note=t.END)


N_CONDITIONS = len(CONTROL_SIZES) + 1 + len(Hint._fields)
"""Numbers beside every token: the bar's controls, the step, the hint."""
_WIDTHS = [size + 1 for size in CONTROL_SIZES.values()] + [t.N_STEPS + 1] + [len(t.VOCABULARY) + 1] * len(Hint._fields)
OFFSETS = tuple(sum(_WIDTHS[:place]) for place in range(N_CONDITIONS))
"""First row of each condition in the one table of their embeddings; the last row of each is `not told`."""
N_CONDITION_ROWS = sum(_WIDTHS)
UNTOLD = tuple(offset + width - 1 for offset, width in zip(OFFSETS, _WIDTHS, strict=True))


def conditions(controls: Controls, cursor: Cursor, remembered: Remembered | None) -> list[int]:
    """The rows of the condition table that go with a token, after the cursor has taken it; length N_CONDITIONS."""
    step = cursor.step if cursor.step >= 0 else None
    values = (*controls, step, *hint(remembered, cursor.slot))
    pairs = zip(values, OFFSETS, UNTOLD, strict=True)
    return [untold if value is None else offset + value for value, offset, untold in pairs]
