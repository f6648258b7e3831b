"""What the listener says outranks every model: control holds to it while it is fresh, also when no estimate comes.

The estimator hears the same words and learns from them; this works without it.
"""

from __future__ import annotations

import math

import numpy as np

from device.control.policies.view import Feeling
from device.control.real import unit
from device.messages import SelfReport

FRESH_S = 45.0
"""A self-report stands alone for so long."""
FADES_S = 105.0
"""Then it gives way within this time."""
SAID_SD = 0.15
"""How far a listener may be from what they just said (ours)."""


class OwnWords:
    """The newest self-report and its age."""

    def __init__(self) -> None:
        self._said: SelfReport | None = None
        self._age_s = 0.0

    @property
    def weight(self) -> float:
        """1 while it is fresh, 0 when it counts no more."""
        left = 1.0 - (self._age_s - FRESH_S) / FADES_S
        return min(1.0, max(0.0, left)) if self._said else 0.0

    @property
    def arousal(self) -> float:
        """What was said of arousal; NaN: nothing that still counts."""
        return float(unit(self._said.value)) if self._said and self.weight > 0 else math.nan

    @property
    def valence(self) -> float | None:
        """What was said of valence, if anything that still counts."""
        said = self._said.valence if self._said and self.weight > 0 else None
        return None if said is None else float(unit(said))

    @property
    def said(self) -> tuple[float | None, float] | None:
        """Valence and arousal that still count."""
        return (self.valence, self.arousal) if self.weight > 0 else None

    def take(self, report: SelfReport) -> bool:
        """Hold to a report from now on; False where it is no number."""
        if not math.isfinite(report.value) or not math.isfinite(report.valence or 0.0):
            return False
        self._said, self._age_s = report, 0.0
        return True

    def pass_time(self, seconds: float) -> None:
        self._age_s += seconds

    def over(self, feeling: Feeling) -> Feeling:
        """The feeling to act on, given what the models say: what was said, then more and more what they say."""
        weight = self.weight
        if not weight:
            return feeling
        arousal, arousal_sd = _blend(self.arousal, weight, feeling.known, feeling.arousal, feeling.arousal_sd)
        if (said := self.valence) is None:
            return feeling._replace(known=True, arousal=arousal, arousal_sd=arousal_sd)
        valence, valence_sd = _blend(said, weight, feeling.known, feeling.valence, feeling.valence_sd)
        return Feeling(True, arousal, arousal_sd, valence, valence_sd)

    def words(self) -> str:
        """`the listener said arousal +0.40 20 s ago`."""
        return f"the listener said arousal {self.arousal:+.2f} {self._age_s:.0f} s ago" if self.weight else ""


def _blend(said: float, weight: float, known: bool, read: float, read_sd: float) -> tuple[float, float]:
    """Mean and deviation between what was said and what is read; where nothing is read it only becomes less sure."""
    mean = weight * said + (1.0 - weight) * (read if known else said)
    return mean, float(np.sqrt(weight * SAID_SD**2 + (1.0 - weight) * read_sd**2))
