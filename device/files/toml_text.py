"""Reads TOML that somebody wrote, within declared limits, and finds the line on which a key stands."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from device.errors import ConfigError

BYTES_MAX = 65_536
"""Greatest size in bytes, more than any configuration takes."""
PARTS_MAX = 16
"""Parts of a dotted key; tomllib needs memory by their square."""
STRINGS = re.compile(r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'")
DOTTED = re.compile(r"[\w-]+(?:[ \t]*\.[ \t]*[\w-]+)*")
HEADER = re.compile(r"\s*\[\[?([^\[\]]+)\]")
NUMBER = re.compile(r"(?:\[\d+\])+$")
ANY_KEY = "[...]"
"""Stands for a key of any name."""


def read_text(path: Path, bytes_max: int = BYTES_MAX) -> str:
    """The text of a small file.

    Raises:
        ConfigError: it cannot be read, is larger than `bytes_max`, or is no text.
    """
    try:
        with path.open("rb") as file:
            data = file.read(bytes_max + 1)
        text = data.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path} cannot be read: there is no such file.", "Write it, or name the one you have."
        ) from error
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"{path} cannot be read: {why}.", "Give an existing, readable text file.") from error
    if len(data) > bytes_max:
        raise ConfigError(f"{path} is larger than {bytes_max // 1000} kB.", "Give a smaller one.")
    return text


def parse(text: str, name: str) -> dict[str, Any]:
    """The tables of a TOML text out of the file called `name`.

    Raises:
        ConfigError: it is no TOML, or its keys have more parts than any that we know.
    """
    for found in DOTTED.finditer(STRINGS.sub("s", text)):
        if found[0].count(".") >= PARTS_MAX:
            raise ConfigError(f"{name} has a key of more than {PARTS_MAX} parts.", "Remove it.")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # A number too long, a date that there is not: not all of its refusals are of its own kind.
        raise ConfigError(f"{name} is not valid TOML: {error}.", "Mend that line.") from error


def find_line(text: str, tables: list[str], key: str) -> tuple[int, list[str]]:
    """Line of `key` inside the table (or of the table's header; 0: cannot be told) and the table's name as written.

    `phase[2]` is the third table of the array `[[phase]]`; the entries of a list stand on the list's line.
    """
    current: list[str] = []
    wanted = [*tables, key]
    header_line, found = 0, tables
    counts: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        header = HEADER.match(line)
        name, is_assigned, _ = line.partition("=")
        if header:
            current = _numbered(_parts(header[1]), counts, is_array=line.lstrip().startswith("[["))
        here = current if header else [*current, *_parts(name)] if is_assigned else []
        # The key, or what is within it where it is a table.
        if _matches(here[: len(wanted)], wanted):
            return number, here[: len(tables)]
        # The header of its table, or the inline table that it stands in.
        if here and _matches(here, tables):
            header_line, found = header_line or number, here[: len(tables)]
    return header_line, found


def bare(part: str) -> str:
    """A part of a key without its number."""
    return NUMBER.sub("", part)


def _numbered(parts: list[str], counts: dict[tuple[str, ...], int], *, is_array: bool) -> list[str]:
    """The parts of a header, those that are arrays of tables with the number of the table."""
    numbered: list[str] = []
    for place, part in enumerate(parts, start=1):
        name = (*numbered, part)
        if is_array and place == len(parts):
            counts[name] = counts.get(name, -1) + 1
        numbered.append(f"{part}[{counts[name]}]" if name in counts else part)
    return numbered


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]


def _matches(table: list[str], pattern: list[str]) -> bool:
    """Where both have a number, it is the same."""
    return len(table) == len(pattern) and all(
        want in (ANY_KEY, have, bare(have)) or bare(want) == have for have, want in zip(table, pattern, strict=True)
    )
