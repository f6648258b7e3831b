"""The stage that says once a second how the listener seems to feel, how sure that is, or why it cannot be known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from device.affect.evidence import Evidence, SourceEvidence
from device.affect.fusion import FADE_S, STEP_MAX_PER_S, Estimate, Glide, Presence, View, fuse, opinion_of_logit
from device.affect.reader import open_readers
from device.affect.taps import Tap, Taps
from device.affect.words import Words, read_report
from device.config import SessionConfig
from device.dsp.features import Devices
from device.messages import (
    AffectEstimate,
    CommandAnswer,
    FeatureFrame,
    FeatureKind,
    Message,
    PersonalBaseline,
    RestTaken,
    SelfReport,
    SensorStatus,
    Tick,
)
from device.modalities import name_signals

PROCESS = "loop"
"""Its row of TABLE 2, in whose name it answers."""
REMIND_NS = 60_000_000_000
"""A baseline is told again after this time, so that the last minutes of any log hold it, even of a torn one."""


class Estimator:
    """features, self-reports and sensor states -> affect, and the listener's own rest for sessions to come.

    Valence is what the listener says of it. No EEG or heart-rate model reads it better than chance on people it has not
    seen; only where this listener's own words show that a source foretells them is it read.

    Raises:
        ModelError: a model cannot be used.
    """

    reads: tuple[str, ...] = ("features", "commands", "sensor_status", "rest_taken")
    writes: tuple[str, ...] = ("affect", "baselines", "answers")
    tick_hz = 1.0

    def __init__(self, config: SessionConfig) -> None:
        affect, models_dir = config.device.affect, Path(config.models_dir)
        self._readers = {
            kind: open_readers(models_dir, names, is_rested=affect.baseline_s > 0)
            for kind, names in (("eeg", affect.eeg_models), ("wrist", affect.wrist_models))
        }
        # Only EEG turns round where rest was none; a wristband that took stress for rest goes on to be read as well.
        doubted = affect.eeg_models if affect.baseline_s > 0 and affect.rest_probability < 1 else ()
        self._cold = next(iter(open_readers(models_dir, doubted, is_rested=False)), None)
        self._affect, self._carried = affect, config.baselines
        self._taken: tuple[PersonalBaseline, ...] = ()
        """The listener's rest as an earlier loop of this session found it."""
        self._expected = tuple(config.device.sources)
        self._heard: dict[tuple[str, FeatureKind], Heard] = {}
        self._statuses: dict[str, SensorStatus] = {}
        self._devices = Devices()
        self._words, self._is_new_word = Words(config.baselines), False
        # Evidence that must not outlast its window comes and goes at once.
        self._fade_s, step_per_s = (0.0, math.inf) if affect.window_s else (FADE_S, STEP_MAX_PER_S)
        self._glide = Glide(step_per_s)
        self._ticked_ns: int | None = None

    def step(self, message: Message, now_ns: int) -> Sequence[AffectEstimate | PersonalBaseline | CommandAnswer]:
        match message:
            case FeatureFrame():
                return self._heard_of(message).take(message)
            case SensorStatus():
                self._see(message)
            case RestTaken():
                self._resume(message)
            case SelfReport():
                return self._learn(message, now_ns)
            case Tick():
                return (self._estimate(now_ns), *self._words.tell(now_ns))
            case _:
                pass
        return ()

    def _see(self, status: SensorStatus) -> None:
        """Another device is read from its own rest on: the one before may have been on another person."""
        self._statuses[status.source] = status
        if self._devices.is_exchanged(status):
            self._heard = {key: heard for key, heard in self._heard.items() if key[0] != status.source}
            self._taken = tuple(rest for rest in self._taken if rest.source != status.source)

    def _resume(self, message: RestTaken) -> None:
        """Go on with the rest that was taken before: a source that was heard for a moment begins anew with it."""
        self._taken = message.baselines
        sources = {rest.source for rest in self._taken}
        self._heard = {key: heard for key, heard in self._heard.items() if key[0] not in sources}
        self._words = Words((*self._carried, *self._taken))

    def _learn(self, command: SelfReport, now_ns: int) -> Sequence[CommandAnswer]:
        report = read_report(command)
        if report is None:
            return command.answered(now_ns, PROCESS, "refused", "What was reported is no number.")
        self._words.take(report)
        self._is_new_word = True
        for heard in self._heard.values():
            heard.learn(report, now_ns)
        return command.answered(now_ns, PROCESS, "taken")

    def end_rest(self) -> None:
        """Take no more of the signals for rest; with a quarter of what was wanted sources are read, else not at all."""
        for heard in self._heard.values():
            heard.source.end_rest()

    def _heard_of(self, frame: FeatureFrame) -> Heard:
        key = frame.source, frame.kind
        if key not in self._heard:
            affect, readers, cold = self._affect, self._readers[frame.kind], self._cold if frame.kind == "eeg" else None
            known = self._carried, cold, affect.rest_probability, self._taken
            source = SourceEvidence(frame.source, readers, affect.baseline_s, affect.window_s, *known)
            self._heard[key] = Heard(source, self._fade_s)
        return self._heard[key]

    def _estimate(self, now_ns: int) -> AffectEstimate:
        since_s = (now_ns - self._ticked_ns) / 1e9 if self._ticked_ns is not None else 1 / self.tick_hz
        self._ticked_ns = now_ns
        evidence = {key: heard.listen(now_ns, since_s) for key, heard in self._heard.items()}
        views = [heard.view() for heard in self._heard.values() if heard.presence.weight > 0]
        is_told = bool(views) or self._words.is_heard(now_ns)
        found = fuse([*views, *self._words.views(now_ns)]) if is_told else Estimate()
        told = self._glide.jump(found) if self._is_new_word else self._glide.follow(found, since_s)
        self._is_new_word = False
        return AffectEstimate(
            t_ns=now_ns,
            known=is_told or told != Estimate(),
            **told._asdict(),
            coverage=self._coverage(evidence),
            calibrated=any(item.calibrated for item in evidence.values()),
            reasons=(*(self._words.reasons(now_ns) if is_told else ()), *self._reasons(evidence)),
        )

    def _coverage(self, evidence: Mapping[tuple[str, FeatureKind], Evidence]) -> dict[str, float]:
        """Coverage of each signal that is heard, and 0 for a source of which none is."""
        names = name_signals(evidence)
        coverage: dict[str, float] = {}
        for source in dict.fromkeys((*self._expected, *(source for source, _ in evidence))):
            told = {names[key]: item.coverage for key, item in evidence.items() if key[0] == source}
            coverage |= told or {source: 0.0}
        return coverage

    def _reasons(self, evidence: Mapping[tuple[str, FeatureKind], Evidence]) -> list[str]:
        """Why the estimate is unknown or less sure than it could be, signal by signal."""
        names, sources = name_signals(evidence), {source for source, _ in evidence}
        reasons = [f"{names[key]}: {reason}" for key, item in evidence.items() for reason in item.reasons]
        reasons += [f"{names[key]}: {lesson}" for key, heard in self._heard.items() for lesson in heard.lessons()]
        for name in dict.fromkeys((*self._expected, *self._statuses)):
            status = self._statuses.get(name)
            if status is not None and status.state != "streaming":
                reasons.append(f"{name}: {status.sentence}")
            elif name not in sources:
                reasons.append(f"{name}: no features yet")
        return reasons or ([] if evidence else ["no sensor"])


class Heard:
    """One kind of signal of a source, how far it is heard, and what the listener's own words teach about it."""

    def __init__(self, source: SourceEvidence, fade_s: float) -> None:
        self.source = source
        self.presence = Presence(fade_s)
        self._arousal, self._valence = Taps(is_aligned=True), Taps(is_aligned=False)
        self._told_ns: dict[str, int] = {}

    def take(self, frame: FeatureFrame) -> list[PersonalBaseline]:
        """Use a frame; returns the listener's rest where it is new or was last told a while ago."""
        self.source.take(frame)
        due = [
            model
            for model in self.source.models
            if frame.t_ns - self._told_ns.get(model.reader.name, frame.t_ns - REMIND_NS) >= REMIND_NS
        ]
        told = [item for model in due if (item := model.personal_baseline(self.source.name, self.source.unrest))]
        self._told_ns |= {item.model: item.t_ns for item in told}
        return told

    def learn(self, report: SelfReport, now_ns: int) -> None:
        """Keep what was reported beside what the source reads just now, if it reads anything."""
        evidence = self.source.evidence(now_ns)
        if not evidence.usable:
            return
        self._arousal.take(Tap(report.t_ns, evidence.log_odds, report.value))
        if report.valence is not None:
            self._valence.take(Tap(report.t_ns, evidence.log_odds, report.valence))

    def listen(self, now_ns: int, since_s: float) -> Evidence:
        evidence = self.source.evidence(now_ns)
        self.presence.hear(evidence.log_odds, evidence.weight, since_s)
        return evidence

    def view(self) -> View:
        """Its word on arousal as the listener would put it, and on valence if the listener's words bear that out."""
        log_odds, weight = np.array(self.presence.log_odds), self.presence.weight
        arousal = opinion_of_logit(float(self._arousal.map.apply(log_odds)), weight)
        if self._valence.verdict != "mends":
            return View(arousal=arousal)
        return View(opinion_of_logit(float(self._valence.map.apply(log_odds)), weight), arousal)

    def lessons(self) -> list[str]:
        """What the listener's own words changed, or why they could not."""
        lessons = []
        if self._arousal.verdict == "disagrees":
            lessons.append("the listener's own words and the sensors do not agree: not used")
        elif self._arousal.verdict == "mends":
            lessons.append(f"read as {len(self._arousal)} of the listener's own words teach")
        if self._valence.verdict == "mends":
            lessons.append(
                f"valence is read too: it foretold held-out ones of the listener's {len(self._valence)} words"
            )
        return lessons
