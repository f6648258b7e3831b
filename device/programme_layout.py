"""What a therapist writes in `[programme]` of prescription.toml: which plan on which days, and when all is quiet.

`box.programme` says what follows from it at a given time. All times are those of a clock on the wall.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from pathlib import Path
from typing import Annotated, Literal

import msgspec

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
TIME_PATTERN = "^([01][0-9]|2[0-3]):[0-5][0-9]$"
HOURS_PATTERN = "^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
TimeOfDay = Annotated[str, msgspec.Meta(pattern=TIME_PATTERN)]
"""`21:30`."""
Hours = Annotated[str, msgspec.Meta(pattern=HOURS_PATTERN)]
"""`21:30-07:00`: from the first time until just before the second, over midnight where that is earlier.

`24:00` is the end of the day, so that `00:00-24:00` is all of it.
"""
ROWS_MAX = 50


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what a programme is made of."""


class DayRow(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be played on some days. The first row that fits the moment counts."""

    on: Annotated[tuple[Day, ...], msgspec.Meta(min_length=1)] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    hours: Hours | None = None
    """None: at any time of the day."""
    plan: str = ""
    """A plan's file, beside the prescription; empty: the prescription's own."""
    minutes: Annotated[float, msgspec.Meta(ge=0.2, le=240.0)] | None = None
    remind: Annotated[tuple[TimeOfDay, ...], msgspec.Meta(max_length=12)] = ()
    """When a soft chime says that it would be a good time."""


class Programme(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without any row every day is free; sessions are then the listener's own choice."""

    listener: Annotated[str, msgspec.Meta(max_length=60)] = ""
    """Who plays on this box; empty: as device.toml says."""
    sessions_a_day: Annotated[int, msgspec.Meta(ge=0, le=24)] = 0
    """At most; 0: as many as are wished."""
    quiet: Annotated[tuple[Hours, ...], msgspec.Meta(max_length=12)] = ()
    """Hours in which no session begins and nobody is reminded. What plays already is played to its end."""
    timezone: str = ""
    """As in `Europe/Berlin`; empty: the box's own."""
    days: Annotated[tuple[DayRow, ...], msgspec.Meta(max_length=ROWS_MAX)] = ()

    def __post_init__(self) -> None:
        if self.timezone:
            zone_of(self.timezone)
        for hours in (*self.quiet, *(row.hours for row in self.days if row.hours)):
            begin, end = hours.split("-")
            if begin == end:
                raise ValueError(f"`{hours}` begins and ends at the same time")


def is_within(hours: Hours, now: dt.time) -> bool:
    """Whether a time of the day lies in hours, which may go over midnight. As text, `24:00` comes after every time."""
    begin, end = hours.split("-")
    here = f"{now:%H:%M}"
    return begin <= here < end if begin < end else here >= begin or here < end


def zone_of(name: str) -> dt.tzinfo:
    """The time zone of that name, or the machine's own.

    Raises:
        ValueError: there is none of that name.
    """
    try:
        return zoneinfo.ZoneInfo(name) if name else machine_zone()
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"there is no time zone `{name}`") from error


def machine_zone() -> dt.tzinfo:
    """The machine's own time zone with its rules for summer, as `/etc/localtime` says; UTC where it says nothing."""
    try:
        with Path("/etc/localtime").open("rb") as file:
            return zoneinfo.ZoneInfo.from_file(file)
    except (OSError, ValueError):
        return dt.UTC
