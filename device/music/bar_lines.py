"""Finds where the bars of a file begin, and makes bars of a metre of ours of them.

Two bars of two quarters make one of 4/4, a bar of eight makes two; two of 6/8 make one of ours, which has four beats
(`music.metre`). A short bar before whole ones is an upbeat and stands at the end of its own. A single odd bar gives its
first beats, so that the lines behind it stay where they are. Where bars are of five or seven, the line runs on over
units that know nothing of them, and its rhythm stays as it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from device.messages import TICKS_PER_BEAT, Metre
from device.music.metre import LAYOUTS

BAR_TICKS = 4 * TICKS_PER_BEAT
BARS_MAX = 2000
SHORTEST_BEAT = 64
"""A meter that counts shorter notes is a wrong byte."""
NEVER = 2**60
EIGHTHS = 8
"""Denominator from which a numerator that three divides counts groups of three."""
ODD_BARS = 3
"""This many bars in a row that do not fit are another meter; fewer are an exception."""


class Unit(NamedTuple):
    """What of a file fills a bar of ours."""

    metre: Metre
    ticks: int
    """Its length in the file."""
    swings: bool
    """Whether the file counts dotted quarters."""
    parts: tuple[int, ...]
    """Lengths of bars of which several fill it."""

    @property
    def bar_ticks(self) -> int:
        """The length of our bar: a dotted quarter becomes a beat."""
        return LAYOUTS[self.metre].ticks


COMMON = Unit("4/4", 4 * TICKS_PER_BEAT, swings=False, parts=(TICKS_PER_BEAT, 2 * TICKS_PER_BEAT))
TRIPLE = Unit("3/4", 3 * TICKS_PER_BEAT, swings=False, parts=())
SWINGING = Unit("6/8", 6 * TICKS_PER_BEAT, swings=True, parts=(36, 72))
NINE = Unit("3/4", 108, swings=True, parts=())
UNITS = (COMMON, TRIPLE, SWINGING, NINE)


class Meter(NamedTuple):
    """A time signature from a tick of our grid on."""

    tick: int
    numerator: int
    denominator: int

    @property
    def bar_ticks(self) -> int:
        return max(1, BAR_TICKS * self.numerator // self.denominator)

    @property
    def swings(self) -> bool:
        """Whether its beats are of three parts."""
        return self.numerator % 3 == 0 and self.denominator >= EIGHTHS

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"


class Measure(NamedTuple):
    """A bar of the file."""

    tick: int
    length: int
    meter: Meter

    def fits(self, unit: Unit) -> bool:
        """Whether bars like this one fill units."""
        fills = self.length in unit.parts or self.length % unit.ticks == 0
        return fills and self.meter.swings == unit.swings


class Slice(NamedTuple):
    """A bar of the file, or a part of it, on its place in a unit."""

    tick: int
    length: int
    bar: int
    offset: int


class Stretch(NamedTuple):
    """Bars of a file that follow one another in units, and what of them does not fit."""

    unit: Unit
    measures: tuple[Measure, ...]
    slices: tuple[Slice, ...]
    odd: tuple[Measure, ...]
    upbeat_ticks: int
    """Length of a short bar at its head."""


def measures_of(meters: Sequence[Meter], end_tick: int) -> list[Measure]:
    """All bars up to a tick; 4/4 where nothing is said. A bar ends where the meter is set anew."""
    usable = [meter for meter in sorted(meters) if meter.numerator and 1 <= meter.denominator <= SHORTEST_BEAT]
    last_of_tick = {meter.tick: meter for meter in usable}
    if 0 not in last_of_tick:
        last_of_tick = {0: Meter(0, 4, 4), **last_of_tick}
    measures: list[Measure] = []
    for meter, following in itertools.pairwise([*last_of_tick.values(), Meter(NEVER, 4, 4)]):
        for tick in range(meter.tick, min(following.tick, end_tick), meter.bar_ticks):
            measures.append(Measure(tick, min(meter.bar_ticks, following.tick - tick), meter))
            if len(measures) > BARS_MAX:
                return measures
    return measures


def stretches(measures: Sequence[Measure], unit: Unit = COMMON) -> tuple[list[Stretch], list[list[Measure]]]:
    """The runs of bars that fill units, and those between that cannot."""
    groups = [(fits, list(group)) for fits, group in itertools.groupby(measures, lambda m: m.fits(unit))]
    runs: list[list[Measure]] = [[]]
    other: list[list[Measure]] = []
    for fits, group in groups:
        if fits or len(group) < ODD_BARS:
            runs[-1] += group
        else:
            other.append(group)
            runs.append([])
    return [_arrange(run, unit) for run in runs if any(measure.fits(unit) for measure in run)], other


def flowing(measures: Sequence[Measure], begins: int) -> Stretch:
    """Units over the bar lines, where bars fill none: from the bar that holds the tick `begins` on, without a gap."""
    run = tuple(measure for measure in measures if measure.tick + measure.length > begins)
    unit = SWINGING if run[0].meter.swings else COMMON
    starts = range(run[0].tick, run[-1].tick + run[-1].length, unit.ticks)
    return Stretch(unit, run, tuple(Slice(tick, unit.ticks, bar, 0) for bar, tick in enumerate(starts)), (), 0)


def _arrange(run: Sequence[Measure], unit: Unit) -> Stretch:
    slices: list[Slice] = []
    upbeat_ticks = 0
    for bar, group in enumerate(_grouped(run, unit.ticks)):
        filled = sum(measure.length for measure in group)
        first_of_more = bar == 0 and len(run) > len(group)
        is_upbeat = filled < unit.ticks and (first_of_more or filled < unit.ticks // 2)
        upbeat_ticks = filled if is_upbeat and bar == 0 else upbeat_ticks
        offset = unit.ticks - filled if is_upbeat else 0
        for measure in group:
            length = min(measure.length, unit.ticks - offset)
            slices.append(Slice(measure.tick, length, bar, offset))
            offset += length
    odd = tuple(measure for measure in run if measure.length > unit.ticks and measure.length % unit.ticks)
    return Stretch(unit, tuple(run), tuple(slices), odd, upbeat_ticks)


def _grouped(run: Sequence[Measure], unit: int) -> Iterator[list[Measure]]:
    """Bars that share a unit: equal ones, and two that fill it together."""
    group: list[Measure] = []
    filled = 0
    for measure in itertools.chain.from_iterable(_cut(each, unit) for each in run):
        fits = filled + measure.length <= unit
        is_alike = bool(group) and all(other.length == measure.length for other in group)
        if group and not (fits and (is_alike or filled + measure.length == unit)):
            yield group
            group, filled = [], 0
        group.append(measure)
        filled += measure.length
        if filled >= unit:
            yield group
            group, filled = [], 0
    if group:
        yield group


def _cut(measure: Measure, unit: int) -> Iterator[Measure]:
    """The units in a long bar: two in one of eight quarters, and as much of an odd one as fills one."""
    whole = measure.length // unit if measure.length % unit == 0 else 1
    for number in range(whole):
        yield Measure(measure.tick + number * unit, min(measure.length, unit), measure.meter)
