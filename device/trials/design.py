"""Sees from a table of blocks what was left to chance in it, which is what the test may shuffle.

Four shapes are told apart, by the labels alone and never by the outcomes:

- rows that share a block are a set, and the conditions were dealt within it;
- else they were dealt over the blocks of a session;
- where each condition has one piece of a session, of several blocks in a row, the piece is what was dealt: blocks of
  one piece are alike, and would be counted too often;
- where each session has one condition, whole sessions were dealt.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

import numpy as np

from device.errors import RecordingError
from device.text import printable
from device.trials.randomisation import Design, Floats, is_confounded
from device.trials.table import Block

CONDITIONS_MAX = 20
FIXED_MIN = 4
ALWAYS = "The order is the same in every session: what comes with time alone cannot be told from an effect."
SETS_SHARE = 0.25
"""Where more of the blocks than this have several rows, they are sets; some of a set may be lost. Else it is a slip."""
NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")


class Arrangement(NamedTuple):
    """Units of the test and their outcomes, of shape (units,)."""

    design: Design
    outcome: Floats
    note: str = ""
    """What the reader should know of it, in words."""
    is_confounded: bool = False
    """Whether adaptive blocks come first in every session, or last, so that time alone may be what is found."""


def arrange(blocks: Sequence[Block], treated: str) -> Arrangement:
    """Arrange the blocks for a contrast of the condition `treated` with all others.

    Raises:
        RecordingError: a block is there twice, or conditions are not to be compared.
    """
    _refuse_one_sided(blocks, treated)
    rows = sorted(blocks, key=_order(blocks))
    if _are_sets(rows):
        return _as_arrangement(rows, treated, lambda row: (row.session, row.block), placed=False)
    if all(len({row.condition == treated for row in session}) == 1 for session in _sessions(rows)):
        whole = [_mean(session) for session in _sessions(rows)]
        note = "Each session has one condition, so it is sessions that are compared, and it takes many."
        return _as_arrangement(whole, treated, lambda _: None, placed=False)._replace(note=note)
    pieces = [_mean(list(group)) for _, group in itertools.groupby(rows, key=lambda row: (row.session, row.condition))]
    if len(pieces) < len(rows) and max(Counter((row.session, row.condition) for row in pieces).values()) == 1:
        note = "Each condition is one piece of a session, so its blocks count together."
        found = _as_arrangement(pieces, treated, lambda row: row.session, placed=False)
        return found._replace(note=note, is_confounded=_comes_with_time(pieces, treated))
    found = _as_arrangement(rows, treated, lambda row: row.session, placed=True)
    is_fixed = len({tuple(row.condition for row in session) for session in _sessions(rows)}) == 1
    note = ALWAYS if is_fixed and len(_sessions(rows)) >= FIXED_MIN else ""
    return found._replace(note=note, is_confounded=_comes_with_time(rows, treated))


def _comes_with_time(rows: Sequence[Block], treated: str) -> bool:
    """Whether the place in a session tells the condition, in more sessions than chance would easily have it."""
    placed = _as_arrangement(rows, treated, lambda row: row.session, placed=True)
    return len(_sessions(rows)) >= FIXED_MIN and is_confounded(placed.design)


def _refuse_one_sided(blocks: Sequence[Block], treated: str) -> None:
    conditions = list(dict.fromkeys(row.condition for row in blocks))
    shown = ", ".join(printable(name) for name in conditions[:6])
    if treated not in conditions:
        raise RecordingError(f"No block is {treated}; there are {shown}.", "Name the condition on trial `adaptive`.")
    if len(conditions) > CONDITIONS_MAX:
        raise RecordingError(f"There are {len(conditions)} conditions: {shown}, ...", "Name each by one word.")
    if len(conditions) == 1:
        raise RecordingError(
            f"All blocks are {treated}, so there is nothing to compare with.", "Add yoked, static or silence."
        )


def _are_sets(rows: Sequence[Block]) -> bool:
    """Whether blocks are sets of several conditions. Raises RecordingError where one is there twice."""
    alike = Counter((row.session, row.block) for row in rows)
    are_sets = sum(n > 1 for n in alike.values()) > SETS_SHARE * len(alike)
    same = Counter((row.session, row.block, row.condition if are_sets else "") for row in rows)
    (session, block, condition), n = same.most_common(1)[0]
    if n > 1:
        what = f"is {condition}" if condition else "is there"
        raise RecordingError(
            f"Block {printable(block)} of session {printable(session)} {what} {n} times.", "Give each block once."
        )
    return are_sets


def _sessions(rows: Sequence[Block]) -> list[list[Block]]:
    return [list(group) for _, group in itertools.groupby(rows, key=lambda row: row.session)]


def _mean(rows: Sequence[Block]) -> Block:
    return rows[0]._replace(outcome=float(np.mean([row.outcome for row in rows])))


def _as_arrangement(
    rows: Sequence[Block], treated: str, stratum: Callable[[Block], Hashable], *, placed: bool
) -> Arrangement:
    numbers: dict[Hashable, int] = {}
    strata = np.array([numbers.setdefault(stratum(row), len(numbers)) for row in rows], np.int64)
    labels = np.array([row.condition == treated for row in rows], np.bool_)
    places = _numbers([row.block for row in rows]) if placed else None
    place = None if places is None else np.array(places, np.float64)
    return Arrangement(Design(strata, labels, place), np.array([row.outcome for row in rows], np.float64))


def _order(rows: Sequence[Block]) -> Callable[[Block], tuple[Hashable, ...]]:
    """Sorts by session and block: numbers as numbers, where all are; the rest makes the order of the file no matter."""
    by_number = [
        {name: (number, name) for name, number in zip(names, _numbers(names) or [0.0] * len(names), strict=True)}
        for names in ([row.session for row in rows], [row.block for row in rows])
    ]
    return lambda row: (by_number[0][row.session], by_number[1][row.block], row.condition, row.outcome)


def _numbers(names: Sequence[str]) -> list[float] | None:
    """The names as numbers; None where one is none."""
    return [float(name) for name in names] if all(map(NUMBER.fullmatch, names)) else None
