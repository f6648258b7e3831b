"""Gathers what one source says right now: its calibration, its mean net output, how much of the last while was usable.

A source may be read by several models, the one that needs most signals first: each keeps its own baseline and evidence
(`ModelEvidence`), and where the first has nothing to say the next one fades in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from device.affect.fusion import Opinion, opinion_of_logit
from device.affect.model_evidence import ModelEvidence
from device.affect.reader import Reader
from device.affect.unrest import RECENT_S, Doubt, speaks_of_unrest, weighed
from device.messages import FeatureFrame, PersonalBaseline


class Evidence(NamedTuple):
    log_odds: float
    """Log-odds of load or stress, calibrated; 0 where nothing is known."""
    weight: float
    """How far that is to be heard, 0 to 1."""
    coverage: float
    """Share of the smoothing time that was usable, 0 to 1."""
    usable: bool
    calibrated: bool
    reasons: tuple[str, ...]

    @property
    def opinion(self) -> Opinion:
        return opinion_of_logit(self.log_odds, self.weight)


class Unrest:
    """How likely one source's rest was none, and what its models say then.

    `cold` needs no rest: it says how the beginning looks by itself, and how the last while does.
    """

    def __init__(self, cold: Reader, wanted_s: float, rest_probability: float) -> None:
        self._then, self._now = (ModelEvidence(cold, 0.0, seconds) for seconds in (wanted_s, RECENT_S))
        self._doubt = Doubt(rest_probability)
        self._heard_ns: int | None = None

    @property
    def probability(self) -> float:
        return self._doubt.probability

    def take(self, frame: FeatureFrame, models: Sequence[ModelEvidence]) -> None:
        """Use a frame that the models have used already."""
        self._now.take(frame)
        speaking = [model for model in models if model.weight(frame.t_ns) > 0]
        if not any(model.baseline.complete or model.baseline.closed for model in models):
            self._then.take(frame)
        if not speaking:
            return
        since_s = (frame.t_ns - self._heard_ns) / 1e9 if self._heard_ns is not None else 0.0
        self._heard_ns = frame.t_ns
        found = speaks_of_unrest(speaking[0].log_odds(), speaking[0].mirrored())
        self._doubt.hear(_heard(self._then), found, since_s)

    def log_odds(self, model: ModelEvidence) -> float:
        """Log-odds of load as the model tells it with and without the rest, by how likely there was none."""
        return weighed(model.log_odds(), _heard(self._now) - model.mirrored(), self.probability)

    def reasons(self) -> list[str]:
        """The doubt in words."""
        return self._doubt.reasons()


def _heard(model: ModelEvidence) -> float:
    """Log-odds of load; 0 where the model has heard nothing usable of late."""
    return model.log_odds() if model.is_heard else 0.0


class SourceEvidence:
    """One kind of features of a source, read by the models of that kind in order of preference.

    With `cold`, a model that needs no rest, it is doubted that the listener rested while rest was taken. `carried` is
    the rest of earlier sessions, `taken` that of this one, where it was taken before.
    """

    def __init__(
        self,
        name: str,
        readers: Sequence[Reader],
        wanted_s: float,
        window_s: float,
        carried: Sequence[PersonalBaseline] = (),
        cold: Reader | None = None,
        rest_probability: float = 1.0,
        taken: Sequence[PersonalBaseline] = (),
    ) -> None:
        self.name = name
        self._unrest = Unrest(cold, wanted_s, rest_probability) if cold and rest_probability < 1 else None
        known, found = ({item.model: item for item in rests if item.source == name} for rests in (carried, taken))
        self.models = [
            ModelEvidence(reader, wanted_s, window_s, known.get(reader.name), found.get(reader.name))
            for reader in readers
        ]

    def take(self, frame: FeatureFrame) -> None:
        for model in self.models:
            model.take(frame)
        if self._unrest:
            self._unrest.take(frame, self.models)

    @property
    def unrest(self) -> float:
        """Probability that the listener was loaded while rest was taken."""
        return self._unrest.probability if self._unrest else 0.0

    def end_rest(self) -> None:
        """What is known of the listener's rest by now has to do."""
        for model in self.models:
            model.baseline.closed = True

    def evidence(self, now_ns: int) -> Evidence:
        """What this source is worth at `now_ns`."""
        if not self.models:
            return Evidence(0.0, 0.0, 0.0, False, False, ("no model reads it without rest at the start",))
        left, log_odds, total = 1.0, 0.0, 0.0
        for model in self.models:
            share = left * model.weight(now_ns)
            if share:
                log_odds += share * (self._unrest.log_odds(model) if self._unrest else model.log_odds())
                total += share
                left -= share
        # A model whose signals a source does not send never calibrates: its excuses are nobody's business.
        best = max(self.models, key=lambda model: (model.weight(now_ns), model.baseline.covered_s))
        mean = log_odds / total if total else 0.0
        doubts = self._unrest.reasons() if self._unrest and total else []
        return Evidence(
            mean,
            total,
            max(model.coverage(now_ns) for model in self.models),
            total > 0,
            any(model.baseline.complete for model in self.models),
            tuple(dict.fromkeys((*best.reasons(now_ns), *self._losses(best, now_ns), *doubts))),
        )

    def _losses(self, best: ModelEvidence, now_ns: int) -> list[str]:
        """Why models that would be heard before `best` have fallen silent."""
        earlier = self.models[: self.models.index(best)]
        return [reason for model in earlier for reason in model.losses(now_ns)]
