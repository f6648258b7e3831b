"""Cells of tables: numbers as they are, and text that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet computes (OWASP, CSV injection); an apostrophe before it says: text."""


def comma_separated(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A table as RFC 4180 has it, in UTF-8; what is not known is an empty cell."""
    return _table(header, rows, ",", "")


def tab_separated(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A table as BIDS has it: tabs between cells, and `n/a` for what is not known."""
    return _table(header, rows, "\t", "n/a")


def number(value: float, digits: int = 6) -> str:
    """A number written plainly; `nan` becomes nothing."""
    return f"{value:.{digits}f}" if math.isfinite(value) else ""


def _table(header: Sequence[str], rows: Iterable[Sequence[Any]], between: str, missing: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=between, lineterminator="\n")
    writer.writerow([_cell(name, missing) for name in header])
    writer.writerows([_cell(value, missing) for value in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _cell(value: Any, missing: str) -> str:
    if value is None or value == "":
        return missing
    if not isinstance(value, str):
        return missing if isinstance(value, float) and not math.isfinite(value) else str(value)
    text = " ".join(value.split())
    try:
        float(text)
    except ValueError:
        return f"'{text}" if value.startswith(FORMULA) else text
    return text
