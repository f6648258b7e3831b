"""Writes the tables of the twin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

DIGITS = 4
HEAD = "# Written by the command below `provenance`; what the fields mean stands in the module beside this file.\n"


def write(path: Path, table: msgspec.Struct) -> None:
    """Write a table as TOML, with four digits behind the point."""
    import tomli_w  # noqa: PLC0415 - the fits are tested without it

    path.write_text(f"{HEAD}\n{tomli_w.dumps(_rounded(msgspec.to_builtins(table)))}", "utf-8")


def _rounded(value: Any) -> Any:
    match value:
        case float():
            return round(value, DIGITS)
        case dict():
            return {key: _rounded(item) for key, item in value.items()}
        case list():
            return [_rounded(item) for item in value]
        case _:
            return value
