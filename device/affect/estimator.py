"""The stage that says once a second how the listener seems to feel, how sure that is, or why it cannot be known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from device.affect.evidence import Evidence, Source
from device.affect.fusion import PRIOR_SD, Estimate, Opinion, fuse, opinion_of_report
from device.affect.reader import Reader
from device.config import SessionConfig
from device.messages import AffectEstimate, Command, FeatureFrame, Message, SensorStatus, Tick


class Estimator:
    """features, self-reports and sensor states -> affect.

    Valence stays at its prior: no EEG or heart-rate model reads it better than chance on people it has not seen.

    Raises:
        ModelError: a model cannot be used.
    """

    reads: tuple[str, ...] = ("features", "commands", "sensor_status")
    writes: tuple[str, ...] = ("affect",)
    tick_hz = 1.0

    def __init__(self, config: SessionConfig) -> None:
        affect, models_dir = config.device.affect, Path(config.models_dir)
        self._readers = {
            "eeg": [Reader(models_dir, name) for name in affect.eeg_models],
            "wrist": [Reader(models_dir, name) for name in affect.wrist_models],
        }
        self._baseline_s, self._window_s = affect.baseline_s, affect.window_s
        self._expected = tuple(config.device.sources)
        self._sources: dict[str, Source] = {}
        self._statuses: dict[str, SensorStatus] = {}
        self._report: Command | None = None

    def step(self, message: Message, now_ns: int) -> Sequence[AffectEstimate]:
        match message:
            case FeatureFrame():
                self._source(message).take(message)
            case SensorStatus():
                self._statuses[message.source] = message
            case Command(kind="self_report"):
                self._report = message
            case Tick():
                return (self._estimate(now_ns),)
            case _:
                pass
        return ()

    def end_rest(self) -> None:
        """Take no more of the signals for rest; with a quarter of what was wanted sources are read, else not at all."""
        for source in self._sources.values():
            source.end_rest()

    def _source(self, frame: FeatureFrame) -> Source:
        if frame.source not in self._sources:
            self._sources[frame.source] = Source(
                frame.source, self._readers[frame.kind], self._baseline_s, self._window_s
            )
        return self._sources[frame.source]

    def _estimate(self, now_ns: int) -> AffectEstimate:
        evidence = {name: source.evidence(now_ns) for name, source in self._sources.items()}
        opinions, report_reasons = self._reported(now_ns)
        known = bool(opinions) or any(item.usable for item in evidence.values())
        opinions.extend(item.opinion for item in evidence.values() if item.usable)
        arousal = fuse(opinions) if known else Estimate(0.0, PRIOR_SD)
        return AffectEstimate(
            t_ns=now_ns,
            known=known,
            valence=0.0,
            valence_sd=PRIOR_SD,
            arousal=arousal.mean,
            arousal_sd=arousal.sd,
            coverage=dict.fromkeys(self._expected, 0.0) | {name: item.coverage for name, item in evidence.items()},
            calibrated=any(item.calibrated for item in evidence.values()),
            reasons=(*report_reasons, *self._reasons(evidence)),
        )

    def _reported(self, now_ns: int) -> tuple[list[Opinion], list[str]]:
        """The listener's own word while it counts, and how old it is."""
        if self._report is None:
            return [], []
        age_s = (now_ns - self._report.t_ns) / 1e9
        opinion = opinion_of_report(self._report.value, age_s)
        if not opinion.precision:
            self._report = None
            return [], []
        return [opinion], [f"the listener said so {age_s:.0f} s ago"]

    def _reasons(self, evidence: dict[str, Evidence]) -> list[str]:
        """Why the estimate is unknown or less sure than it could be, source by source."""
        reasons = [reason for item in evidence.values() for reason in item.reasons]
        for name in dict.fromkeys((*self._expected, *self._statuses)):
            status = self._statuses.get(name)
            if status is not None and status.state != "streaming":
                reasons.append(f"{name}: {status.sentence}")
            elif name not in evidence:
                reasons.append(f"{name}: no features yet")
        return reasons or ([] if evidence else ["no sensor"])
