"""A session in fast motion: audio asks for bars, an estimator reports, and the controller answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from device.config import AffectConfig, ControlConfig, DeviceConfig, Prescription, SessionConfig
from device.control.controller import Controller
from device.messages import (
    AffectEstimate,
    AnyCommand,
    Command,
    Decision,
    Message,
    MusicIntent,
    PlayedBar,
    Transport,
)
from device.music.metre import LAYOUTS

SECOND_NS = 1_000_000_000
LEAD_NS = 4 * SECOND_NS
"""A bar is asked for so long before it sounds."""


def config_of(minutes: float = 5.0, seed: int = 1, **prescription: object) -> SessionConfig:
    return SessionConfig(
        session_id="test",
        seed=seed,
        minutes=minutes,
        run_dir="",
        session_dir="",
        models_dir="",
        device=DeviceConfig(affect=AffectConfig(baseline_s=30.0), control=ControlConfig(policy="hand")),
        prescription=msgspec.convert(prescription, Prescription),
    )


def estimate(t_ns: int, arousal: float = 0.0, sd: float = 0.3, *, known: bool = True, reasons: tuple[str, ...] = ()):
    return AffectEstimate(
        t_ns=t_ns,
        known=known,
        valence=0.0,
        valence_sd=1.0,
        arousal=arousal,
        arousal_sd=sd,
        coverage={},
        calibrated=known,
        reasons=reasons,
    )


def transport(bar_index: int, starts_ns: int) -> Transport:
    return Transport(
        t_ns=starts_ns - LEAD_NS, bar_index=bar_index, start_frame=0, starts_ns=starts_ns, deadline_ns=starts_ns
    )


def command(kind: str, t_ns: int = 0, author: str = "patient", wish_id: str = "") -> Command:
    return msgspec.convert({"t_ns": t_ns, "kind": kind, "author": author, "id": wish_id, "value": 0.0}, AnyCommand)


def bar_s(intent: MusicIntent) -> float:
    """Seconds of the bar that is asked for."""
    return LAYOUTS[intent.metre].beats * 60 / intent.tempo_bpm


def played(intent: MusicIntent, tempo_bpm: float | None = None) -> PlayedBar:
    return PlayedBar(
        t_ns=intent.t_ns,
        bar_index=intent.bar_index,
        start_frame=0,
        n_frames=1,
        beats=LAYOUTS[intent.metre].beats,
        metre=intent.metre,
        tempo_bpm=tempo_bpm or intent.tempo_bpm,
        tempo_from_bpm=tempo_bpm or intent.tempo_bpm,
        tempo_to_bpm=tempo_bpm or intent.tempo_bpm,
        loudness_db=-9.0,
        brightness=0.5,
        programs={},
        notes=(),
        generator=intent.generator,
    )


def answer(controller: Controller, message: Message, now_ns: int) -> MusicIntent:
    """The one intent that follows from a message, after the decision behind it."""
    decision, intent = controller.step(message, now_ns)
    assert isinstance(decision, Decision)
    assert isinstance(intent, MusicIntent)
    assert (decision.bar_index, decision.revision, decision.reason) == (
        intent.bar_index, intent.revision, intent.reason,
    )  # fmt: skip
    return intent


def play(
    controller: Controller,
    arousal_at: Callable[[float], float | AffectEstimate | None] = lambda _: None,
    bars: int = 1000,
) -> Iterator[MusicIntent]:
    """The intents of a session up to its final bar; `arousal_at` gets the seconds since its beginning."""
    starts_ns = began_ns = 100 * SECOND_NS
    for bar_index in range(bars):
        now_ns = starts_ns - LEAD_NS
        feeling = arousal_at((starts_ns - began_ns) / 1e9)
        if isinstance(feeling, AffectEstimate):
            controller.step(msgspec.structs.replace(feeling, t_ns=now_ns), now_ns)
        elif feeling is not None:
            controller.step(estimate(now_ns, feeling), now_ns)
        intent = answer(controller, transport(bar_index, starts_ns), now_ns)
        yield intent
        if intent.final:
            return
        controller.step(played(intent), now_ns)
        starts_ns += round(bar_s(intent) * 1e9)
