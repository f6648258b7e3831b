"""The listener's own words: the newest outranks every sensor for some minutes, earlier ones leave a slow prior.

No model reads valence from people it has not met better than chance, so what the listener said of it is all there is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from device.affect.fusion import SILENCE, Opinion, View, opinion_of
from device.messages import PersonalBaseline, SelfReport

REPORT_SD = 0.25
REPORT_FADES_S = 120.0
REPORT_ENDS = 0.02
"""Share at which a report is forgotten."""
CONTEXT_SD = 0.6
"""Deviation of how a listener finds it now from what was said of the last while."""
CONTEXT_FADES_S = 1200.0
CONTEXT_HEARD = 0.1
"""Precision from which the context is worth a sentence."""

SOURCE, MODEL, CELL = "words", "context", "valence"
"""Names under which the context is carried to later sessions; its weight counts reports."""
TOLD_NS = 60_000_000_000
"""The context is told again after this time, while there is any."""
TOLD_MIN = 0.05


class Word:
    """The newest report on one axis."""

    def __init__(self) -> None:
        self._value, self._t_ns = 0.0, -1

    def take(self, value: float, t_ns: int) -> None:
        self._value, self._t_ns = value, t_ns

    def age_s(self, now_ns: int) -> float:
        return max(0.0, (now_ns - self._t_ns) / 1e9)

    def weight(self, now_ns: int) -> float:
        """1 when it is said, fading over minutes to nothing."""
        left = math.exp(-self.age_s(now_ns) / REPORT_FADES_S) if self._t_ns >= 0 else 0.0
        return max(0.0, (left - REPORT_ENDS) / (1 - REPORT_ENDS))

    def opinion(self, now_ns: int) -> Opinion:
        return opinion_of(self._value, REPORT_SD, self.weight(now_ns))


class ReportContext:
    """Mean and spread of the reports on one axis, slowly forgotten."""

    def __init__(self) -> None:
        self._weight = self._sum = self._sum_squares = 0.0
        self._t_ns: int | None = None

    def recall(self, mean: float, sd: float, weight: float) -> None:
        """Begin with what earlier sessions left."""
        self._weight, self._sum, self._sum_squares = weight, weight * mean, weight * (sd * sd + mean * mean)

    def spread(self) -> tuple[float, float]:
        """Mean and standard deviation of the reports."""
        mean = self._sum / self._weight
        return mean, math.sqrt(max(0.0, self._sum_squares / self._weight - mean * mean))

    def weight(self, now_ns: int) -> float:
        """How many reports it is still worth."""
        return self._weight * self._keep(now_ns)

    def take(self, value: float, t_ns: int) -> None:
        keep = self._keep(t_ns)
        self._weight = keep * self._weight + 1
        self._sum = keep * self._sum + value
        self._sum_squares = keep * self._sum_squares + value * value
        self._t_ns = max(t_ns, self._t_ns or 0)

    def _keep(self, now_ns: int) -> float:
        """What was carried begins to fade with the first moment it is asked for."""
        if self._t_ns is None:
            self._t_ns = now_ns
        return math.exp(-max(0, now_ns - self._t_ns) / 1e9 / CONTEXT_FADES_S)

    def opinion(self, now_ns: int, share: float) -> Opinion:
        """What earlier reports lead to expect, heard by `share`."""
        if not self._weight:
            return SILENCE
        mean, scatter = self.spread()
        return opinion_of(mean, min(1.0, math.hypot(CONTEXT_SD, scatter)), share * min(1.0, self.weight(now_ns)))


def read_report(report: SelfReport) -> SelfReport | None:
    """A self-report within the axes; None where it is no number, whoever sent it."""
    if not math.isfinite(report.value) or (report.valence is not None and not math.isfinite(report.valence)):
        return None
    valence = None if report.valence is None else max(-1.0, min(1.0, report.valence))
    return msgspec.structs.replace(report, value=max(-1.0, min(1.0, report.value)), valence=valence)


class Words:
    """All the listener said in this session, and what is left of earlier ones."""

    def __init__(self, carried: Sequence[PersonalBaseline] = ()) -> None:
        self._arousal, self._valence, self._context = Word(), Word(), ReportContext()
        self._told_ns: int | None = None
        for item in carried:
            if (item.source, item.model, item.names) == (SOURCE, MODEL, (CELL,)):
                self._context.recall(item.mean[0], item.sd[0], item.weight_s[0])

    def take(self, report: SelfReport) -> None:
        """Take a report as `read_report` gives it; one that names no valence leaves the last one's standing."""
        self._arousal.take(report.value, report.t_ns)
        if report.valence is not None:
            self._valence.take(report.valence, report.t_ns)
            self._context.take(report.valence, report.t_ns)

    def views(self, now_ns: int) -> list[View]:
        """What is left of them; the context speaks up as the newest word on valence fades."""
        said = View(self._valence.opinion(now_ns), self._arousal.opinion(now_ns))
        context = View(valence=self._context.opinion(now_ns, 1 - self._valence.weight(now_ns)))
        return [view for view in (said, context) if view != View()]

    def reasons(self, now_ns: int) -> list[str]:
        """What of the estimate is the listener's own word, and how old that is."""
        if self.is_heard(now_ns):
            return [f"the listener said so {self._arousal.age_s(now_ns):.0f} s ago"]
        if self._context.opinion(now_ns, 1.0).precision > CONTEXT_HEARD:
            return ["valence is what the listener said earlier"]
        return []

    def tell(self, now_ns: int) -> list[PersonalBaseline]:
        """What a later session should know of the context, once a minute while there is any."""
        weight = self._context.weight(now_ns)
        if weight < TOLD_MIN or (self._told_ns is not None and now_ns - self._told_ns < TOLD_NS):
            return []
        self._told_ns = now_ns
        mean, sd = self._context.spread()
        return [
            PersonalBaseline(
                t_ns=now_ns, source=SOURCE, model=MODEL, names=(CELL,), mean=(mean,), sd=(sd,), weight_s=(weight,)
            )
        ]

    def is_heard(self, now_ns: int) -> bool:
        """Whether a word on arousal still counts."""
        return self._arousal.weight(now_ns) > 0
