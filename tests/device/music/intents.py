"""Intents and bars for the tests of composing."""

from __future__ import annotations

from typing import Any

import msgspec

from device.config import SessionConfig
from device.messages import Bar, MusicIntent, PlayedBar
from device.music.generator import Generator
from device.stage import keyed_random

INTENT = MusicIntent(
    t_ns=0,
    bar_index=0,
    phase="hold",
    phase_left_s=300.0,
    session_left_s=600.0,
    target_valence=0.4,
    target_arousal=-0.5,
    tempo_bpm=66.0,
    density=0.3,
    register_midi=69.0,
    loudness_db=-10.0,
    brightness=0.4,
    articulation=0.95,
    mode="major",
    tonic_pc=2,
    generator="phrasebook",
    reason="test",
)


def intent(bar_index: int = 0, **changes: Any) -> MusicIntent:
    return msgspec.structs.replace(INTENT, bar_index=bar_index, **changes)


def write(generator: Generator, config: SessionConfig, count: int, **changes: Any) -> list[Bar]:
    """`count` bars after one another, each with its own keyed chance."""
    bars: list[Bar] = []
    for index in range(count):
        rng = keyed_random(config.seed, "bars", index)
        bars.append(generator.generate(intent(index, **changes), bars, rng))
    return bars


def played(bar: Bar, **changes: Any) -> PlayedBar:
    message = PlayedBar(
        t_ns=bar.t_ns,
        bar_index=bar.bar_index,
        start_frame=0,
        n_frames=1000,
        beats=bar.beats,
        tempo_bpm=bar.tempo_bpm,
        tempo_from_bpm=bar.tempo_bpm,
        tempo_to_bpm=bar.tempo_bpm,
        loudness_db=-10.0,
        brightness=0.4,
        programs=bar.programs,
        notes=bar.notes,
        generator=bar.generator,
    )
    return msgspec.structs.replace(message, **changes)


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def notes_per_bar(bars: list[Bar]) -> float:
    return mean([len(bar.notes) for bar in bars])


def mean_pitch(bars: list[Bar], voice: str = "melody") -> float:
    return mean([note.pitch for bar in bars for note in bar.notes if note.voice == voice])
