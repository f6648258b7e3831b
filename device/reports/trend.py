"""What several sessions of one listener came to, and how sure that is.

Means and slopes over sessions have 95 % intervals of Student's t; sessions count as independent, which the report says
is a simplification nobody should take for proof.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence

from device.reports import document as d

T975 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
"""97.5 % quantile of Student's t for 1 to 30 degrees of freedom; beyond them the normal's is widened by 1 + 1.5 / n."""
MEASURES: dict[str, Callable[[d.Outcome], float | None]] = {
    "distance": lambda outcome: outcome.distance,
    "told_change": lambda outcome: outcome.told_change,
    "dose_percent": lambda outcome: outcome.dose_percent,
}


def trend_of(sessions: Sequence[d.SessionReport]) -> d.Trend | None:
    """The trend, by the time the sessions began; None for a single session."""
    if len(sessions) < 2:
        return None
    outcomes = tuple(map(_outcome, sorted(sessions, key=lambda session: (session.began_utc, session.session_id))))
    found = (interval_of(name, [measure(outcome) for outcome in outcomes]) for name, measure in MEASURES.items())
    return d.Trend(outcomes=outcomes, intervals=tuple(interval for interval in found if interval))


def _outcome(session: d.SessionReport) -> d.Outcome:
    return d.Outcome(
        session_id=session.session_id, began_utc=session.began_utc, minutes=round(session.lasted_s / 60, 1),
        distance=None if session.distance is None else round(session.distance, 3),
        told_change=session.scale.arousal_change, dose_percent=session.sound.dose_after_percent,
    )  # fmt: skip


def interval_of(measure: str, values: Sequence[float | None]) -> d.Interval | None:
    """Mean and slope over the sessions in which the measure is known; None where it is in none."""
    known = [(float(place), value) for place, value in enumerate(values) if value is not None]
    if not known:
        return None
    numbers = [value for _, value in known]
    n, mean = len(known), statistics.fmean(numbers)
    half = quantile(n - 1) * statistics.stdev(numbers) / math.sqrt(n) if n > 1 else None
    slope, beside = _slope(known)
    return d.Interval(
        measure=measure, sessions=n, mean=round(mean, 4),
        mean_low=_sum(mean, half, -1), mean_high=_sum(mean, half, 1),
        slope=_sum(slope, 0.0, 1), slope_low=_sum(slope, beside, -1), slope_high=_sum(slope, beside, 1),
    )  # fmt: skip


def quantile(freedom: int) -> float:
    """97.5 % of Student's t."""
    return T975[freedom - 1] if freedom <= len(T975) else 1.96 * (1.0 + 1.5 / freedom)


def _slope(points: Sequence[tuple[float, float]]) -> tuple[float | None, float | None]:
    """The least squares' change from one session to the next, and half of its interval."""
    n = len(points)
    if n < 3:
        return None, None
    places, values = zip(*points, strict=True)
    line = statistics.linear_regression(places, values)
    squares = sum((value - line.intercept - line.slope * place) ** 2 for place, value in points)
    spread = sum((place - statistics.fmean(places)) ** 2 for place in places)
    return line.slope, quantile(n - 2) * math.sqrt(squares / (n - 2) / spread)


def _sum(value: float | None, half: float | None, sign: int) -> float | None:
    return None if value is None or half is None else round(value + sign * half, 4)
