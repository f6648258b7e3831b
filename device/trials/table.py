"""Reads a table of blocks that somebody wrote down: CSV as spreadsheets and statisticians write it.

Columns are session, block, condition and outcome, in any order and beside others. Commas, semicolons or tabs part
them; where it is not the comma, an outcome may have a decimal comma.
"""

from __future__ import annotations

import csv
import difflib
import io
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, get_args

from device.errors import RecordingError
from device.text import printable
from device.trial_layout import Condition

CONDITIONS: tuple[Condition, ...] = get_args(Condition)
COLUMNS = ("session", "block", "condition", "outcome")
PERSON = ("listener", "participant", "person", "patient", "subject")
"""Columns that tell whose block it is, where there is one."""
DELIMITERS = (",", ";", "\t", "|")
BYTES_MAX = 4_000_000
ROWS_MAX = 10_000
NAME_MAX = 100
SHOWN_MAX = 40
OUTCOME_MAX = 1e12
NUMBER = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]{1,3})?")
LIKE = 0.8
"""A condition that is so like one of ours, and is none, is mistyped."""


class Block(NamedTuple):
    """One block of a session. Where several rows have the same block, it is a set whose order was left to chance."""

    session: str
    block: str
    condition: str
    """In small letters."""
    outcome: float


def read_blocks(path: Path) -> list[Block]:
    """The blocks in a CSV file, in its order.

    Raises:
        RecordingError: it cannot be read, is too large, lacks a column, or a row makes no sense: with its line.
    """
    return blocks_in(_text(path), printable(str(path)))


def blocks_in(text: str, name: str) -> list[Block]:
    """The blocks in the text of the file called `name`. Raises RecordingError as `read_blocks`."""
    rows = _rows(text, name)
    head, places = _columns(next(rows, (0, []))[1], name)
    blocks: list[Block] = []
    people: dict[str, None] = {}
    for line, row in rows:
        if len(blocks) == ROWS_MAX:
            raise RecordingError(f"{name} has more than {ROWS_MAX} rows.", "Give one listener's blocks.")
        if len(row) != len(head):
            raise RecordingError(
                f"{name}:{line} has {len(row)} values, and the header {len(head)}.",
                "Mend that line; decimal commas need semicolons between the columns.",
            )
        blocks.append(_block(*(row[place] for place in places), where=f"{name}:{line}"))
        people |= {row[place].strip(): None for place, column in enumerate(head) if column in PERSON}
    if len(people) > 1:
        some = " and ".join(map(_shown, list(people)[:2]))
        raise RecordingError(f"{name} has blocks of {len(people)} listeners: {some}.", "Give a file for each.")
    if not blocks:
        raise RecordingError(f"{name} has a header and no rows.", "Give a row for each block.")
    return blocks


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise RecordingError(f"{printable(str(path))} cannot be read: {why}.", "Give a CSV file.") from error
    if len(data) > BYTES_MAX:
        raise RecordingError(f"{printable(str(path))} is larger than {BYTES_MAX // 10**6} MB.", "Give a smaller table.")
    for encoding in ("utf-8-sig", "cp1252"):  # what spreadsheets write
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RecordingError(f"{printable(str(path))} is no text.", "Save the table as CSV (UTF-8).")


def _rows(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty, with their lines."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), skipinitialspace=True)
    try:
        for row in reader:
            if any(map(str.strip, row)):
                yield reader.line_num, row
    except csv.Error as error:
        raise RecordingError(f"{name}:{reader.line_num} is no CSV: {error}.", "Mend that line.") from error


def _delimiter(text: str) -> str:
    """What parts most of our columns in the first line that is not empty."""
    first = text.lstrip()[:10_000].partition("\n")[0].lower()
    return max(DELIMITERS, key=lambda mark: len({cell.strip(' "\r') for cell in first.split(mark)} & set(COLUMNS)))


def _columns(row: Sequence[str], name: str) -> tuple[list[str], list[int]]:
    """The header in small letters, and the place of each of our columns in it."""
    head = [cell.strip().lower() for cell in row]
    missing = [column for column in COLUMNS if column not in head]
    if missing:
        found = ", ".join(map(_shown, head[: len(COLUMNS)])) or "nothing"
        raise RecordingError(
            f"{name} has no column {' and no '.join(missing)}: its first line has {found}.",
            f"Name the columns {', '.join(COLUMNS)}.",
        )
    twice = next((column for column in COLUMNS if head.count(column) > 1), "")
    if twice:
        raise RecordingError(f"{name} has the column {twice} twice.", "Remove one.")
    return head, [head.index(column) for column in COLUMNS]


def _block(session: str, block: str, condition: str, outcome: str, *, where: str) -> Block:
    names = {"session": session.strip(), "block": block.strip(), "condition": condition.strip().casefold()}
    for column, value in names.items():
        if not 0 < len(value) <= NAME_MAX:
            raise RecordingError(f"{where}: the {column} is {'empty' if not value else 'too long'}.", "Mend that line.")
    condition = names["condition"]
    near = difflib.get_close_matches(condition, CONDITIONS, 1, LIKE)
    if near and near[0] != condition:
        raise RecordingError(f"{where}: there is no condition {_shown(condition)}.", f"Do you mean {near[0]}?")
    value = outcome.strip()
    number = float(value.replace(",", ".")) if NUMBER.fullmatch(value) else math.nan
    if not abs(number) <= OUTCOME_MAX:
        what = f"is {_shown(value)}, which is no number" if value else "is empty"
        raise RecordingError(f"{where}: the outcome {what}.", "Mend it, or leave that row out.")
    return Block(names["session"], names["block"], condition, number)


def _shown(text: str) -> str:
    short = text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…"
    return f"`{printable(short)}`"
