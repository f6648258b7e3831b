"""The state of a running session as its messages tell it: what every view draws from."""

from __future__ import annotations

from collections import deque
from typing import Any

from device import messages as m
from device.runtime.bus import Received
from device.streams import STREAMS

EVENTS_KEPT = 50
BLINDED = "a trial runs; what kind of block this is stands in the log"


class Board:
    """Takes every message of a session (`see`) and keeps the newest of each."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.began_ns = 0
        self.affect: m.AffectEstimate | None = None
        self.intent: m.MusicIntent | None = None
        self.decision: m.Decision | None = None
        self.is_blinded = False
        """Whether a block of a trial plays, of which nobody may know the kind."""
        self.played: m.PlayedBar | None = None
        self.audio: m.AudioReport | None = None
        self.features: dict[tuple[str, m.FeatureKind], m.FeatureFrame] = {}
        """The newest frame by source and kind."""
        self.sources: dict[str, m.SensorStatus] = {}
        self.samples: dict[tuple[str, m.SignalKind], tuple[int, int]] = {}
        """Samples got and samples lost, by source and kind."""
        self.health: dict[str, m.Health] = {}
        self.events: deque[tuple[int, str]] = deque(maxlen=EVENTS_KEPT)
        self._news: deque[tuple[int, str]] = deque(maxlen=EVENTS_KEPT)
        self.fallbacks = 0
        self.bars = 0

    def see(self, received: Received) -> None:
        message = received.message
        match message:
            case m.AffectEstimate():
                self.affect = message
            case m.MusicIntent():
                self.intent = message
            case m.Decision():
                self.decision = message
                self.is_blinded = message.trial_block >= 0
            case m.Bar() if (
                message.reason and not message.silent and self.intent and message.generator != self.intent.generator
            ):
                self.note(message.t_ns, f"bar {message.bar_index} by {message.generator}: {message.reason}")
            case m.PlayedBar():
                self._see_played(message)
            case m.AudioReport():
                self.audio = message
            case m.FeatureFrame():
                self.features[message.source, message.kind] = message
            case m.SampleChunk():
                self._see_samples(message)
            case m.SensorStatus():
                self._see_status(message)
            case m.CommandAnswer() if message.answer != "taken" or message.sentence:
                self.note(message.t_ns, f"{message.answer}: {message.sentence}")
            case m.Health():
                self.health[message.process] = message
            case m.Fault():
                self.note(message.t_ns, f"{message.sentence} {message.action}".strip())
            case _:
                pass

    def _see_played(self, played: m.PlayedBar) -> None:
        self.began_ns = self.began_ns or played.t_ns
        self.played = played
        self.bars += 1
        if played.fallback:
            self.fallbacks += 1
            self.note(played.t_ns, f"bar {played.bar_index}: {played.fallback}")

    def _see_samples(self, chunk: m.SampleChunk) -> None:
        got, lost = self.samples.get((chunk.source, chunk.kind), (0, 0))
        n = len(chunk.data) // (4 * max(1, len(chunk.ch_names)))
        self.samples[chunk.source, chunk.kind] = (got + n, lost + chunk.n_lost)

    def lost_of(self, source: str) -> int:
        """Samples lost of all signals of a source."""
        return sum(lost for (name, _), (_, lost) in self.samples.items() if name == source)

    def _see_status(self, status: m.SensorStatus) -> None:
        previous = self.sources.get(status.source)
        self.sources[status.source] = status
        if previous is None or previous.state != status.state:
            self.note(status.t_ns, f"{status.source}: {status.sentence}")

    def note(self, t_ns: int, text: str) -> None:
        event = (t_ns or self.now_ns, text)
        self.events.append(event)
        self._news.append(event)

    def take_news(self) -> list[tuple[int, str]]:
        """Events since the last call, as (t_ns, text)."""
        news = list(self._news)
        self._news.clear()
        return news

    @property
    def why(self) -> str:
        """The reason of what sounds, as it may be told now."""
        return BLINDED if self.is_blinded else self.intent.reason if self.intent else ""

    @property
    def decided_by(self) -> str | None:
        """Who decided, as it may be told now."""
        return None if self.is_blinded or self.decision is None else self.decision.decided_by

    def target(self, axis: str) -> float | None:
        """Where `arousal` or `valence` is led to, as it may be told now: only a policy leads beside the plan."""
        return None if self.is_blinded or self.intent is None else getattr(self.intent, f"target_{axis}")

    def is_fresh(self, stream: str, message: m.Message | None) -> bool:
        """Whether the newest message of a stream is younger than TABLE 1 allows."""
        return message is not None and self.now_ns - message.t_ns < STREAMS[stream].max_age_s * 1e9

    def elapsed_s(self) -> float:
        return max(0.0, (self.now_ns - self.began_ns) / 1e9) if self.began_ns else 0.0

    def as_dict(self) -> dict[str, Any]:
        """The board for programs: one flat line of JSON a second."""
        affect, intent, played, audio = self.affect, self.intent, self.played, self.audio
        decision = self.decision
        pending = decision.pending if decision else None
        return {
            "elapsed_s": round(self.elapsed_s(), 1),
            "phase": intent.phase if intent else None,
            "session_left_s": round(intent.session_left_s, 1) if intent else None,
            "known": affect.known if affect else False,
            "arousal": round(affect.arousal, 3) if affect else None,
            "arousal_sd": round(affect.arousal_sd, 3) if affect else None,
            "valence": round(affect.valence, 3) if affect else None,
            "valence_sd": round(affect.valence_sd, 3) if affect else None,
            "affect_reasons": list(affect.reasons) if affect else [],
            "target_arousal": self.target("arousal"),
            "bar": played.bar_index if played else None,
            "generator": played.generator if played else None,
            "tempo_bpm": round(played.tempo_bpm, 1) if played else None,
            "why": self.why if intent else None,
            "rests": played.silent if played else None,
            "decided_by": self.decided_by,
            "held": list(decision.context.locks) if decision else [],
            "by_hand": decision.by_hand if decision else False,
            "approve_first": decision.approve_first if decision else False,
            "pending": {"id": pending.id, "words": pending.words} if pending else None,
            "sources": {name: status.state for name, status in self.sources.items()},
            "samples_lost": {name: self.lost_of(name) for name in dict.fromkeys(name for name, _ in self.samples)},
            "underruns": audio.underruns if audio else 0,
            "late_bars": audio.late_bars if audio else 0,
            "fallback_bars": self.fallbacks,
        }
