"""A way over the valence-arousal plane that somebody wrote down: points at bars or seconds, straight lines between.

It comes as CSV with a header `time_s,valence,arousal` (or `bar,...`), or as TOML with a `[[point]]` for each.
"""

from __future__ import annotations

import bisect
import csv
import io
import itertools
from collections.abc import Sequence
from typing import Annotated

import msgspec

from device.config import Axis, Config
from device.control.plan.session_plan import State
from device.errors import ConfigError
from device.files.toml_text import parse

POINTS_MAX = 10_000
BYTES_MAX = 1_000_000
Moment = Annotated[float, msgspec.Meta(ge=0.0, le=86_400.0)]


class Point(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A point to be at, and when: either in seconds of music or in bars."""

    valence: Axis
    arousal: Axis
    time_s: Moment | None = None
    bar: Moment | None = None

    def __post_init__(self) -> None:
        if (self.time_s is None) == (self.bar is None):
            raise ValueError("a point has either time_s or bar")

    @property
    def at(self) -> float:
        return self.bar if self.bar is not None else self.time_s or 0.0


class Journey:
    """Points in order; before the first and after the last it stands still."""

    def __init__(self, points: Sequence[Point]) -> None:
        self.points = tuple(points)
        self.in_bars = self.points[0].bar is not None

    def at(self, bar_index: int, time_s: float) -> State:
        """The point to be at when this bar begins, `time_s` after the music did."""
        here = bar_index if self.in_bars else time_s
        after = bisect.bisect_right(self.points, here, key=lambda point: point.at)
        if after in (0, len(self.points)):
            point = self.points[min(after, len(self.points) - 1)]
            return State(point.valence, point.arousal)
        one, two = self.points[after - 1 : after + 1]
        share = (here - one.at) / (two.at - one.at)
        return State(
            one.valence + share * (two.valence - one.valence), one.arousal + share * (two.arousal - one.arousal)
        )

    def is_over(self, bar_index: int, time_s: float) -> bool:
        """Whether its last point lies before this bar."""
        return (bar_index if self.in_bars else time_s) >= self.points[-1].at


def journey_of(text: str, name: str) -> Journey:
    """Read a journey out of the text of a file called `name`; TOML where that ends so, else CSV.

    Raises:
        ConfigError: no such table, a value out of range, points not in order, bars and seconds mixed.
    """
    try:
        points = _from_toml(text, name) if name.lower().endswith(".toml") else _from_csv(text)
    except (ValueError, csv.Error) as error:
        raise ConfigError(
            f"{name} is no journey: {error}.", "Give columns time_s (or bar), valence and arousal, both -1 to 1."
        ) from error
    if not 1 <= len(points) <= POINTS_MAX:
        raise ConfigError(f"{name} has {len(points)} points.", f"Give 1 to {POINTS_MAX}.")
    if len({point.bar is None for point in points}) > 1:
        raise ConfigError(f"{name} counts both in bars and in seconds.", "Use one of them.")
    for before, after in itertools.pairwise(points):
        if after.at <= before.at:
            raise ConfigError(f"{name}: the point at {after.at:g} comes after the one at {before.at:g}.", "Sort them.")
    return Journey(points)


def _from_toml(text: str, name: str) -> list[Point]:
    return msgspec.convert(parse(text, name).get("point", []), list[Point])


def _from_csv(text: str) -> list[Point]:
    rows = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    points: list[Point] = []
    for row in rows:
        if len(points) > POINTS_MAX:
            break
        try:
            points.append(msgspec.convert(row, Point, strict=False))
        except (ValueError, TypeError) as error:
            raise ValueError(f"line {rows.line_num}: {error}") from error
    return points
