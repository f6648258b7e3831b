"""Options that several commands share, and what their values may be beyond click's own types."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import click
from click.types import StringParamType

from device.config import DeviceConfig, load
from device.text import is_text


class Bounded(click.FloatRange):
    """A number in a range; `nan` is none, which click's own range lets pass."""

    name = what = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        return number if math.isfinite(number) else self.fail(f"{value} is no {self.what}.", param, ctx)


class Seconds(Bounded):
    """A length of time."""

    name, what = "seconds", "length of time"


class Words(StringParamType):
    """A name that can be written down: the command line may hold bytes that are no characters."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        words = str(super().convert(value, param, ctx))
        return words if is_text(words) else self.fail(f"{words} is no text.", param, ctx)


def names(words: str) -> tuple[str, ...]:
    """`Fp1,Fp2` as a tuple. Raises BadParameter where a name is empty or given twice."""
    found = tuple(name.strip() for name in words.split(","))
    if "" in found or len({name.upper() for name in found}) < len(found):
        raise click.BadParameter("Give names with commas between them, each once.")
    return found


def sources(words: str) -> tuple[str, ...]:
    """`eeg`, `wrist` or both. Raises BadParameter for any other."""
    found = names(words)
    if not set(found) <= {"eeg", "wrist"}:
        raise click.BadParameter("Give eeg, wrist or eeg,wrist.")
    return found


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
device_option = click.option(
    "--device",
    "device_path",
    type=click.Path(path_type=Path),
    help="device.toml (run: default /etc/isotone/device.toml).",
)
DEVICE_TOML = Path("/etc/isotone/device.toml")


def device_of(path: Path | None) -> DeviceConfig:
    """The given device.toml, else the box's own, else nothing but defaults."""
    if path is None and os.access(DEVICE_TOML, os.R_OK):
        path = DEVICE_TOML
    return load(path, DeviceConfig) if path else DeviceConfig()
