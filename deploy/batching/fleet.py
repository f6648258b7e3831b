"""The list of boxes: a row each, and in its columns the keys of a provisioning file (`name`, `box.listener`, ...)."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from device.errors import ConfigError
from device.provisioning.layout import Provision

BYTES_MAX, ROWS_MAX = 2**20, 2000
MADE_HERE = ("fleet.authority", "fleet.certificate", "fleet.key")
"""Keys that no list has: each box gets its own."""
Tables = dict[str, Any]


class Row(NamedTuple):
    """One box."""

    line: int
    name: str
    told: Tables
    """What a provisioning file would say, by table; the fleet's certificate is not there yet."""


def read_fleet(path: Path, common: Tables) -> list[Row]:
    """Reads a list; `common` is what all boxes share, and a row says otherwise.

    Raises:
        ConfigError: it is no such list, two boxes have one name, or a row says what cannot be; with its line.
    """
    try:
        text = path.read_bytes()[: BYTES_MAX + 1].decode("utf-8-sig")
        reader = csv.DictReader(text.splitlines(), strict=True)
        rows = [(reader.line_num, row) for row in reader]
        columns = list(reader.fieldnames or ())
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}.", "Name the list of boxes.") from error
    except (ValueError, csv.Error) as error:
        raise ConfigError(f"{path} cannot be read: {error}.", "Give a list of boxes as CSV in UTF-8.") from error
    if len(text) > BYTES_MAX or not 0 < len(rows) <= ROWS_MAX:
        raise ConfigError(f"{path} has {len(rows)} boxes.", f"Give one to {ROWS_MAX}.")
    _refuse_columns(path, columns)
    return _distinct(path, [_row(path, line, row, common) for line, row in rows])


def provisioning_text(told: Tables) -> str:
    """A provisioning file; strings as JSON has them are strings as TOML has them, but for one sign."""
    head = {key: value for key, value in told.items() if not isinstance(value, dict)}
    tables = {key: value for key, value in told.items() if isinstance(value, dict)}
    lines = _lines(head)
    for name, table in tables.items():
        lines += ["", f"[{name}]", *_lines(table)]
    return "\n".join(lines) + "\n"


def _lines(table: Tables) -> list[str]:
    values = {key: json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f") for key, value in table.items()}
    return [f"{key} = {value}" for key, value in values.items()]


def _refuse_columns(path: Path, columns: list[str]) -> None:
    for column in columns:
        if column in MADE_HERE:
            raise ConfigError(f"{path}:1: `{column}` is made for each box.", "Leave the column out.")
        if columns.count(column) > 1 or not re.fullmatch(r"[a-z_]+(\.[a-z_0-9]+)?", column):
            raise ConfigError(f"{path}:1: the column {column!r} is there twice, or is no key.", "Name it as a key.")


def _row(path: Path, line: int, row: dict[str | None, Any], common: Tables) -> Row:
    told: Tables = {key: dict(value) if isinstance(value, dict) else value for key, value in common.items()}
    if None in row or None in row.values():
        raise ConfigError(f"{path}:{line}: it has more or fewer values than there are columns.", "Mend the row.")
    for column, text in row.items():
        table, _, key = str(column).rpartition(".")
        if text.strip():
            place = told.setdefault(table, {}) if table else told
            place[key] = text.strip()
    said = _understood(path, line, told)
    return Row(line, said["name"], said)


def _understood(path: Path, line: int, told: Tables) -> Tables:
    """The same with numbers as numbers, and only what was said.

    Raises:
        ConfigError: a key is not known or a value cannot be.
    """
    # The certificate is made when the card is written; until then one stands in for it.
    tried = with_identity(told, {"authority": NO_PEM, "certificate": NO_PEM, "key": NO_PEM})
    try:
        provision = msgspec.convert(tried, Provision, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}:{line}: {error}.", "Mend the row, or what all boxes share.") from error
    whole = msgspec.to_builtins(provision)
    said: Tables = {key: whole[key] for key, value in told.items() if not isinstance(value, dict)}
    for table, keys in told.items():
        if isinstance(keys, dict):
            said[table] = {key: whole[table][key] for key in keys}
    return said


NO_PEM = "-----BEGIN NONE-----\nAAAA\n-----END NONE-----\n"


def _distinct(path: Path, rows: list[Row]) -> list[Row]:
    lines: dict[str, int] = {}
    for row in rows:
        if row.name in lines:
            raise ConfigError(
                f"{path}:{row.line}: {row.name} stands in line {lines[row.name]} too.", "Give each box its own name."
            )
        lines[row.name] = row.line
    return rows


def with_identity(told: Tables, identity: Tables) -> Tables:
    """What a box is told, with what was made for it alone."""
    return {**told, "fleet": {**told["fleet"], **identity}} if "fleet" in told else told
