"""Charts of a report as SVG, made from its numbers: the same for page and paper.

Colours are those of Okabe and Ito, which colour-blind people can tell apart; form says the same as colour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from xml.sax.saxutils import escape

from device.reports import document as d
from device.reports.words import WORDS, Phrases

WIDTH, LEFT, RIGHT = 720.0, 74.0, 8.0
BLUE, SKY, VERMILION, GREEN, INK, GREY, PALE = (
    "#0072B2", "#CFE8F7", "#C2500A", "#00795A", "#222222", "#8A8A8A", "#F4F2EE"
)  # fmt: skip
FONT = "Libertinus Serif, Georgia, serif"
STEPS_MIN = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 360.0, 1440.0)
TICKS_MAX = 9


class Chart:
    """One panel over time or over sessions: what is drawn is gathered in `parts`."""

    def __init__(self, end: float, low: float, high: float, height: float, top: float = 8.0) -> None:
        self.end, self.low, self.high = max(end, 1e-6), low, high if high > low else low + 1.0
        self.height, self.top = height, top
        self.parts: list[str] = []

    def x(self, at: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * min(max(at / self.end, 0.0), 1.0)

    def y(self, value: float) -> float:
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.top + (self.height - self.top) * (1.0 - share)

    def line(self, points: Sequence[tuple[float, float]], colour: str, width: float = 1.8, dash: str = "") -> None:
        path = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
        style = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}" '
            f'stroke-linejoin="round"{style}/>'
        )

    def band(self, points: Sequence[tuple[float, float, float]], colour: str) -> None:
        """An area from the second to the third value of each point."""
        edge = [(x, high) for x, _, high in points] + [(x, low) for x, low, _ in reversed(points)]
        path = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in edge)
        self.parts.append(f'<polygon points="{path}" fill="{colour}"/>')

    def mark(self, x: float, y: float, colour: str, size: float = 4.5) -> None:
        """A diamond."""
        across, down = self.x(x), self.y(y)
        corners = ((0, -size), (size, 0), (0, size), (-size, 0))
        path = " ".join(f"{across + dx:.1f},{down + dy:.1f}" for dx, dy in corners)
        self.parts.append(f'<polygon points="{path}" fill="{colour}" stroke="white" stroke-width="0.8"/>')

    def text(
        self, x: float, y: float, words: str, anchor: str = "start", colour: str = GREY, size: float = 11.0
    ) -> None:
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-family="{FONT}" font-size="{size}" '
            f'fill="{colour}">{escape(words)}</text>'
        )

    def rule(self, value: float, words: str) -> None:
        y = self.y(value)
        self.parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#D8D4CC" stroke-width="0.7"/>')
        self.text(LEFT - 6, y + 3.6, words, "end")

    def shade(self, begin: float, end: float, colour: str) -> None:
        left, right = self.x(begin), self.x(end)
        self.parts.append(
            f'<rect x="{left:.1f}" y="{self.top:.1f}" width="{max(0.0, right - left):.1f}" '
            f'height="{self.height - self.top:.1f}" fill="{colour}"/>'
        )

    def svg(self, below: float = 0.0) -> str:
        height = self.height + below
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {height:.0f}" width="100%" '
            f'role="img">{"".join(self.parts)}</svg>'
        )


def feeling(session: d.SessionReport, words: Phrases, axis: str) -> str:
    """Target, estimate with its deviation, and what was said of one axis, over the phases."""
    tall = axis == "arousal"
    chart = Chart(session.lasted_s, -1.0, 1.0, 236.0 if tall else 116.0, 20.0 if tall else 10.0)
    _phases(chart, session, words if tall else None)
    names = ("calm", "tense") if tall else ("unpleasant", "pleasant")
    for value, label in ((-1.0, words(names[0])), (0.0, "0"), (1.0, words(names[1]))):
        chart.rule(value, label)
    for run in _runs(session.course, axis):
        chart.band([(at_s, max(-1.0, mean - sd), min(1.0, mean + sd)) for at_s, mean, sd in run], SKY)
    targets = [(point.at_s, getattr(point, f"target_{axis}")) for point in session.course]
    stairs = [(at_s, value) for at_s, value in targets if value is not None]
    if stairs:
        chart.line(stairs, VERMILION, 1.6, "5 3")
    for run in _runs(session.course, axis):
        chart.line([(at_s, mean) for at_s, mean, _ in run], BLUE)
    for told in session.told:
        value = getattr(told, axis)
        if value is not None:
            chart.mark(told.at_s, value, GREEN)
    if tall:
        return chart.svg(6.0)
    _minutes(chart, session.lasted_s)
    return chart.svg(18.0)


def played(session: d.SessionReport, words: Phrases, what: str) -> str:
    """Tempo or loudness as it was played."""
    values = [(bar.at_s, getattr(bar, "tempo_bpm" if what == "tempo" else "loudness_db")) for bar in session.played]
    numbers = [value for _, value in values] or [0.0, 1.0]
    low, high = min(numbers), max(numbers)
    margin = max(1.0, 0.08 * (high - low))
    chart = Chart(session.lasted_s, low - margin, high + margin, 62.0, 4.0)
    _phases(chart, session, None)
    for value in {low, high}:
        chart.rule(value, words.number(value, 0))
    for begin_s, end_s in _rests(session.played):
        chart.shade(begin_s, end_s, "#DAD5CA")
    if values:
        chart.line(values, INK, 1.3)
    if what == "loudness":
        _minutes(chart, session.lasted_s)
        return chart.svg(18.0)
    return chart.svg(6.0)


def _rests(bars: Sequence[d.Bar]) -> Iterator[tuple[float, float]]:
    """Spans in which bar after bar was silent."""
    for rests, group in groupby(pairwise(bars), key=lambda pair: pair[0].rests):
        if rests:
            spans = list(group)
            yield spans[0][0].at_s, spans[-1][1].at_s


def trend(report: d.Trend, words: Phrases, measure: str) -> str:
    """A measure of each session, and the mean of all with its interval."""
    values = [(float(place), getattr(outcome, measure)) for place, outcome in enumerate(report.outcomes, start=1)]
    known = [(place, value) for place, value in values if value is not None]
    interval = next((item for item in report.intervals if item.measure == measure), None)
    bounds = [value for _, value in known]
    if interval and interval.mean_low is not None and interval.mean_high is not None:
        bounds += [interval.mean_low, interval.mean_high]
    low, high = min([*bounds, 0.0]), max([*bounds, 0.0])
    chart = Chart(len(values) + 1.0, low - 0.05 * (high - low), high + 0.05 * (high - low), 110.0, 6.0)
    if interval and interval.mean_low is not None and interval.mean_high is not None:
        chart.band(
            [(0.0, interval.mean_low, interval.mean_high), (len(values) + 1.0, interval.mean_low, interval.mean_high)],
            SKY,
        )
    for value in {low, 0.0, high}:
        chart.rule(value, words.number(value, 2))
    if interval:
        chart.line([(0.0, interval.mean), (len(values) + 1.0, interval.mean)], BLUE, 1.2, "5 3")
    chart.line(known, GREY, 0.8)
    for place, value in known:
        chart.mark(place, value, BLUE)
    for place, _ in values[:: max(1, len(values) // 12)]:
        chart.text(chart.x(place), 124.0, f"{place:.0f}", "middle")
    return chart.svg(18.0)


def _phases(chart: Chart, session: d.SessionReport, words: Phrases | None) -> None:
    """Phases in two shades; their names above where there is room."""
    chart.shade(0.0, session.lasted_s, "#FBFAF7")
    for index, span in enumerate(session.phases):
        if index % 2 == 0:
            chart.shade(span.begins_s, span.ends_s, PALE)
        room = chart.x(span.ends_s) - chart.x(span.begins_s)
        name = words(span.name) if words and span.name in WORDS else span.name
        if words and room > 5.2 * len(name):
            chart.text(chart.x((span.begins_s + span.ends_s) / 2), 13.0, name, "middle", "#555555", 11.5)


def _minutes(chart: Chart, end_s: float) -> None:
    step = next((step for step in STEPS_MIN if end_s / 60 / step <= TICKS_MAX), STEPS_MIN[-1])
    for index in range(TICKS_MAX + 1):
        minutes = index * step
        if minutes * 60 <= end_s:
            chart.text(chart.x(minutes * 60), chart.height + 14.0, f"{minutes:g}", "middle")


def _runs(course: Sequence[d.Point], axis: str) -> Iterator[list[tuple[float, float, float]]]:
    """Spans of (time, estimate, deviation) in which something was known."""
    run: list[tuple[float, float, float]] = []
    for point in course:
        mean, sd = getattr(point, axis), getattr(point, f"{axis}_sd")
        if mean is None:
            if run:
                yield run
            run = []
        else:
            run.append((point.at_s, mean, sd or 0.0))
    if run:
        yield run
