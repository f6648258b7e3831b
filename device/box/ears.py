"""Turns what a running session says into the few events that the box's machine knows."""

from __future__ import annotations

from collections.abc import Mapping

from device.box.fitting import Fitting
from device.box.machine import Event
from device.box.sensor_news import SensorNews
from device.config import SourceConfig
from device.messages import (
    AudioReport,
    Command,
    CommandAnswer,
    DirectStop,
    Exposure,
    Fault,
    FeatureFrame,
    HoldPhase,
    Message,
    MusicIntent,
    ResumePhase,
    SensorStatus,
    SkipPhase,
    Spoken,
    Stop,
    Tick,
)
from device.runtime.bus import Received

STREAMS = ("audio_report", "commands", "answers", "stops", "intents", "spoken", "sensor_status", "features",
           "exposure", "faults")  # fmt: skip
WRITERS = ("manager", "audio", "loop", "sensors")
SOON_S, LONG_S = 60.0, 180.0
"""A session that was longer than `LONG_S` says a minute before its end that it ends."""
SOFTER_DB, HALF_PERCENT = -3.0, 50.0
"""A sound that is softer by so much, after half of the week's dose, is told of."""
WAITS = "The session waits for it, ten minutes in all at most."
AT_THE_LIMIT = {"louder": "volume-highest", "softer": "volume-lowest"}


class Ears:
    """One session, from its first word to its end."""

    def __init__(self, sources: Mapping[str, SourceConfig], now_ns: int) -> None:
        self._fitting: Fitting | None = Fitting(sources, now_ns)
        self._fitted: list[Event] = []
        """The end of the fitting, where that came before the first sound."""
        self._sensors = SensorNews(sources)
        self.was_stopped = False
        """Whether a person ended it."""
        self.is_held_by_therapist = False
        """Whether a therapist lets the plan stand still: what the box held it for is over, and it stays."""
        self.is_sounding = self.has_used_dose = False
        self._wishes: dict[str, str] = {}
        self._unheard: str | None = None
        """Why nobody hears the music; None: it is heard."""
        self._was_long = self._is_soon = self._is_softer = False

    @property
    def is_fitting(self) -> bool:
        return self._fitting is not None

    def know(self, devices: Mapping[str, str]) -> None:
        """The listener wore these before."""
        if self._fitting:
            self._fitting.known_devices = devices

    def hear(self, received: Received, now_ns: int) -> list[Event]:
        """The events that a message means."""
        if received.stream == "features" and not self.is_fitting:
            return []
        message = received.message
        match message:
            case AudioReport():
                return self._hear_audio(message)
            case DirectStop() | Stop(author="patient" | "therapist"):
                self.was_stopped = True
            case HoldPhase(author="therapist"):
                self.is_held_by_therapist = True
            case ResumePhase() | SkipPhase():
                self.is_held_by_therapist = False
            case Command(author="patient"):
                self._wishes[message.id] = message.kind
            case CommandAnswer(answer="refused"):
                return self._hear_refusal(message)
            case MusicIntent():
                return self._hear_time(message)
            case Exposure():
                return self._hear_dose(message)
            case Fault(code="dose-reached"):
                self.has_used_dose = True
            case Fault(code="card-lost" | "headphones-out"):
                return self._lose_sound(message.sentence)
            case SensorStatus():
                news = self._sensors.hear(message, now_ns)
                told = [Event("news", news, message.sentence)] if news and not self.is_fitting else []
                return told + self._fit(message, now_ns)
            case FeatureFrame() | Spoken():
                return self._fit(message, now_ns)
        return []

    def wait(self, now_ns: int) -> list[Event]:
        """What time alone brings."""
        if self.is_fitting:
            return self._fit(Tick(t_ns=now_ns), now_ns)
        return [Event("news", name) for name in self._sensors.wait(now_ns)]

    def _hear_audio(self, report: AudioReport) -> list[Event]:
        events = []
        if not self.is_sounding and report.state == "playing":
            self.is_sounding = True
            events += [Event("sounding"), *self._fitted]
        if report.sink == "none":
            return events + self._lose_sound("There is no sound card.")
        if self._unheard:
            self._unheard = None
            events.append(Event("heard"))
        return events

    def _lose_sound(self, why: str) -> list[Event]:
        """Nobody hears the music from now on; told once."""
        if self._unheard:
            return []
        self._unheard = f"{why} {WAITS}"
        return [Event("unheard", sentence=self._unheard)]

    def _hear_refusal(self, answer: CommandAnswer) -> list[Event]:
        """A wish for louder that is refused is one for more than is allowed."""
        prompt = AT_THE_LIMIT.get(self._wishes.pop(answer.id, ""), "")
        return [Event("news", prompt, answer.sentence)] if prompt else []

    def _hear_time(self, intent: MusicIntent) -> list[Event]:
        self._was_long |= intent.session_left_s > LONG_S
        if self._was_long and not self._is_soon and intent.session_left_s <= SOON_S:
            self._is_soon = True
            return [Event("news", "session-ends-soon")]
        return []

    def _hear_dose(self, exposure: Exposure) -> list[Event]:
        is_softer = exposure.limit_db <= SOFTER_DB and exposure.dose_percent >= HALF_PERCENT
        if self._is_softer or not is_softer:
            return []
        self._is_softer = True
        return [Event("news", "sound-limited", "The sound is softer for the ears' sake.")]

    def _fit(self, message: Message, now_ns: int) -> list[Event]:
        if self._fitting is None:
            return []
        progress = self._fitting.step(message, now_ns)
        if not progress.is_done:
            return [Event("news", progress.say, progress.sentence)] if progress.say else []
        self._fitting = None
        fitted = [Event("fitted", progress.say, progress.sentence if progress.say else "")]
        if self.is_sounding:
            return fitted
        self._fitted = fitted
        return []
