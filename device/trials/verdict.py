"""Puts into one sentence whether adaptive music helped this listener: yes, no, it harmed, or not known yet.

An N-of-1 trial in blocks: Kravitz and Duan (eds.), Design and Implementation of N-of-1 Trials, AHRQ 2014. An effect
worth finding is a Cohen's d of 0.4, in standard deviations of one block beside its session (music on stress: 0.38 and
0.55, de Witte 2020).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from statistics import fmean
from typing import Literal, NamedTuple

import numpy as np

from device.errors import RecordingError
from device.trials.design import Arrangement, arrange
from device.trials.randomisation import Contrast, contrast
from device.trials.table import Block

Better = Literal["higher", "lower"]
TREATED = "adaptive"
INTERIM_ALPHA, FINAL_ALPHA = 0.001, 0.045
"""Before the planned number of sessions only overwhelming evidence counts, and then a little less than 0.05: so that
who looks after each session is not fooled in more than 5 % (Haybittle 1971, Peto 1976)."""
SMALLEST_D = 0.4
POWER_Z2 = (2.004654 + 0.841621) ** 2
"""For a power of 0.8 at a two-sided 4.5 %."""
GUENTHER = 0.96
"""Information that estimating the standard deviation costs (Guenther 1981: half a squared quantile of pairs)."""
SESSIONS_MAX = 9_999
MOSTLY = 0.5
"""An effect of which less than this share is left beside other music is mostly one of music against silence."""


class Verdict(NamedTuple):
    """The answer; numbers that cannot be told are NaN."""

    effect: bool
    """Whether there is one, for better or worse."""
    estimate: float
    """Adaptive minus other blocks of the same session, in units of the outcome."""
    low: float
    high: float
    p: float
    sentence: str
    sessions_needed: int
    """Further sessions that it takes until an effect of 0.4 standard deviations would show; 0: there are enough."""
    alpha: float
    """The interval is of level 1 - alpha, and there is an effect where p is below it."""
    d: float
    """The estimate in standard deviations of a block."""
    sessions: int
    blocks: dict[str, int]
    """By condition."""
    against: dict[str, float]
    """The same estimate against each other condition alone; too little is known of each to test them apart."""


def judge(blocks: Sequence[Block], *, better: Better = "higher", planned: int = 0) -> Verdict:
    """Compare adaptive blocks with all others.

    `planned` is the number of sessions that was agreed before the first; 0: what is here is all there will be.

    Raises:
        RecordingError: a block is there twice, or conditions are not to be compared.
    """
    arranged = arrange(blocks, TREATED)
    n_sessions = len({row.session for row in blocks})
    alpha = INTERIM_ALPHA if n_sessions < planned else FINAL_ALPHA
    found = _scaled(arranged, alpha)
    if not found.information:
        raise RecordingError(
            f"No block or session has {TREATED} beside another condition.", "Play both in each session."
        )
    is_plain = len(arranged.outcome) == len(blocks) and len(set(arranged.design.stratum)) == n_sessions
    sd = found.sd if is_plain else _sd_of_block(blocks, found)
    needed = 0 if found.p < alpha else _needed(found, sd, n_sessions, planned)
    if arranged.is_confounded:  # those that are there count for nothing
        needed = min(SESSIONS_MAX, needed + n_sessions)
    names = sorted({row.condition for row in blocks} - {TREATED})
    verdict = Verdict(
        effect=found.p < alpha,
        estimate=found.estimate,
        low=found.low,
        high=found.high,
        p=found.p,
        sentence="",
        sessions_needed=needed,
        alpha=alpha,
        d=found.estimate / sd if sd > 0 else math.nan,
        sessions=n_sessions,
        blocks={name: sum(row.condition == name for row in blocks) for name in (TREATED, *names)},
        against={name: _against(blocks, {name}) for name in names},
    )
    if arranged.is_confounded:
        return verdict._replace(sentence=_not_known(blocks, verdict))
    words = [_sentence(blocks, verdict, better), _beside_music(blocks, verdict), arranged.note]
    return verdict._replace(sentence=" ".join(filter(None, words)))


def _scaled(arranged: Arrangement, alpha: float) -> Contrast:
    """The contrast, reckoned in a unit in which nothing overflows or vanishes; no test where time alone may tell."""
    middle = float(np.median(arranged.outcome))
    scale = float(np.max(np.abs(arranged.outcome - middle))) or 1.0
    found = contrast(arranged.design, (arranged.outcome - middle) / scale, alpha)
    told = found._replace(
        estimate=found.estimate * scale,
        error=found.error * scale,
        sd=found.sd * scale,
        low=found.low * scale,
        high=found.high * scale,
    )
    return told._replace(p=1.0, low=math.nan, high=math.nan) if arranged.is_confounded else told


def _sd_of_block(blocks: Sequence[Block], found: Contrast) -> float:
    """Standard deviation of single blocks of one condition in one session; of the test's units where there is one."""
    cells: dict[tuple[str, str], list[float]] = {}
    for row in blocks:
        cells.setdefault((row.session, row.condition), []).append(row.outcome)
    freedom = sum(len(cell) - 1 for cell in cells.values())
    if freedom < len(cells):
        return found.sd
    return math.sqrt(sum(len(cell) * float(np.var(cell)) for cell in cells.values()) / freedom)


def _needed(found: Contrast, sd: float, n_sessions: int, planned: int) -> int:
    """Sessions beyond those there are, of the same make, for a power of 0.8 at the smallest effect worth finding."""
    spread = found.sd / sd if sd > 0 and math.isfinite(found.sd) else 1.0
    information = (POWER_Z2 / SMALLEST_D**2) * spread**2 + GUENTHER
    total = max(planned, math.ceil(n_sessions * information / found.information))
    return min(SESSIONS_MAX, max(0, total - n_sessions))


def _against(blocks: Sequence[Block], others: Collection[str]) -> float:
    """Adaptive minus some other conditions, weighted as in the contrast; NaN where no session has both."""
    sessions: dict[str, tuple[list[float], list[float]]] = {}
    for row in blocks:
        if row.condition == TREATED or row.condition in others:
            sessions.setdefault(row.session, ([], []))[row.condition == TREATED].append(row.outcome)
    both = [
        (fmean(treated) - fmean(rest), len(treated), len(rest))
        for rest, treated in sessions.values()
        if treated and rest
    ]
    weights = [n * m / (n + m) for _, n, m in both]
    return fmean((difference for difference, _, _ in both), weights) if both else math.nan


# -- in words


def _beside_music(blocks: Sequence[Block], verdict: Verdict) -> str:
    """Says so where what was found is an effect of music rather than of its listening."""
    music = set(verdict.against) - {"silence"}
    if not verdict.effect or "silence" not in verdict.against or not music:
        return ""
    beside = _against(blocks, music)
    if beside / verdict.estimate >= MOSTLY:
        return ""
    return (
        f"Beside other music it is only {_number(beside)}: that there is music may be what counts, not that it listens."
    )


def _sentence(blocks: Sequence[Block], verdict: Verdict, better: Better) -> str:
    n = f"{verdict.sessions} session{'s' if verdict.sessions > 1 else ''}"
    if verdict.effect:
        is_help = (verdict.estimate > 0) == (better == "higher")
        what = "adaptive music helps this listener" if is_help else "adaptive music makes it worse for this listener"
        return f"After {n}: {what}; {_difference(blocks, verdict)}."
    if not verdict.sessions_needed:
        return f"After {n}: no effect found; {_difference(blocks, verdict)}."
    more = verdict.sessions_needed
    count = f"more than {SESSIONS_MAX}" if more >= SESSIONS_MAX else str(more)
    return (
        f"After {n}: no effect found, but not enough sessions yet: {count} more of this kind would show "
        f"an effect of {SMALLEST_D:g} standard deviations; {_difference(blocks, verdict)}."
    )


def _not_known(blocks: Sequence[Block], verdict: Verdict) -> str:
    """Where the order is the same in every session: what was found may have come with time alone."""
    return (
        f"After {verdict.sessions} sessions it is not known: adaptive blocks come at the same place in every session, "
        "so what comes with time alone cannot be told from an effect. Deal the order by chance: "
        f"{verdict.sessions_needed} such sessions would show an effect of {SMALLEST_D:g} standard deviations; "
        f"{_difference(blocks, verdict)}."
    )


def _difference(blocks: Sequence[Block], verdict: Verdict) -> str:
    if len({row.outcome for row in blocks}) == 1:
        return f"the outcome of every block is {_number(blocks[0].outcome)}, so it cannot tell them apart"
    side = "higher" if verdict.estimate >= 0 else "lower"
    text = f"adaptive blocks are {_number(abs(verdict.estimate))} {side} than the others of the same session"
    if math.isfinite(verdict.low):
        level = f"{100 * (1 - verdict.alpha):.4g} % interval"
        text += f" ({level} {_number(verdict.low)} to {_number(verdict.high)}, p = {_number(verdict.p, 2)})"
    return text


def _number(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}g}"
