"""How much of a training melody the composer repeats: the longest run of (interval, rhythm) it shares with any song."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from device.config import DeviceConfig, MusicConfig, SessionConfig
from device.messages import TICKS_PER_BEAT, Bar, MusicIntent
from device.music import tokens as t
from device.music.transformer import Transformer
from device.stage import keyed_random

PIECE_BARS = 32
LONGEST = 48
CALM = MusicIntent(
    t_ns=0,
    bar_index=0,
    phase="hold",
    phase_left_s=600.0,
    session_left_s=600.0,
    target_valence=0.4,
    target_arousal=-0.5,
    tempo_bpm=66.0,
    density=0.3,
    register_midi=69.0,
    loudness_db=-10.0,
    brightness=0.4,
    articulation=1.0,
    mode="major",
    tonic_pc=0,
    generator="transformer",
    reason="the setting at which copying is looked for",
)
Event = tuple[int, int]
"""Semitones and ticks from one melody note to the next."""


def melodies(tokens: Sequence[int], songs: Iterable[int]) -> list[list[Event]]:
    """The melody of every song of the corpus, as steps from note to note."""
    bounds = [*songs, len(tokens)]
    return [_steps(_tune(tokens[start:stop])) for start, stop in itertools.pairwise(bounds)]


def _tune(tokens: Sequence[int]) -> list[tuple[int, int]]:
    """(tick, pitch) of the melody notes."""
    tune, start, onset, beats = [], 0, 0, 0
    for token in tokens:
        if token < len(t.BEATS):
            start, beats = start + beats * TICKS_PER_BEAT, t.BEATS[token]
        elif t.FIRST_STEP <= token < t.FIRST_NOTE:
            onset = t.STEP_TICKS[token - t.FIRST_STEP]
        elif t.FIRST_NOTE <= token < t.FIRST_LENGTH and t.NOTES[token - t.FIRST_NOTE][0] == "melody":
            tune.append((start + onset, t.NOTES[token - t.FIRST_NOTE][1]))
    return tune


def _steps(tune: Sequence[tuple[int, int]]) -> list[Event]:
    return [(b[1] - a[1], b[0] - a[0]) for a, b in itertools.pairwise(tune)]


def longest_shared_run(piece: Sequence[Event], corpus: Sequence[Sequence[Event]]) -> int:
    """Events of the longest run of `piece` that stands in some melody of `corpus`, at most LONGEST."""
    low, high = 0, min(LONGEST, len(piece))
    while low < high:
        length = (low + high + 1) // 2
        known = {tuple(song[start : start + length]) for song in corpus for start in range(len(song) - length + 1)}
        shares = any(tuple(piece[start : start + length]) in known for start in range(len(piece) - length + 1))
        low, high = (length, high) if shares else (low, length - 1)
    return low


def pieces(model: Path, count: int) -> list[list[Event]]:
    """Melodies the model writes from nothing at a calm setting, each with its own seed."""
    config = SessionConfig(
        session_id="copying",
        run_dir="",
        session_dir="",
        models_dir=str(model.parent),
        device=DeviceConfig(music=MusicConfig(model=model.name)),
    )
    written: list[list[Event]] = []
    for seed in range(count):
        generator, bars = Transformer(config), list[Bar]()
        for index in range(PIECE_BARS):
            asked = msgspec.structs.replace(CALM, bar_index=index)
            bars.append(generator.generate(asked, bars, keyed_random(seed, "bars", index)))
        notes = [(bar.bar_index, note) for bar in bars for note in bar.notes if note.voice == "melody"]
        bar_ticks = bars[0].beats * TICKS_PER_BEAT
        written.append(_steps([(index * bar_ticks + note.onset_tick, note.pitch) for index, note in notes]))
    return written


def measure(model: Path, data: Path, count: int = 16) -> dict[str, float]:
    """The longest shared run of `count` pieces with the training songs; for scale, that of held-out songs."""
    with np.load(data) as arrays:
        # Each song stands there in three textures with one melody.
        train = melodies(arrays["train"].tolist(), arrays["train_songs"].tolist())[::3]
        unseen = melodies(arrays["held_out"].tolist(), arrays["held_out_songs"].tolist())[::3]
    runs = [longest_shared_run(piece, train) for piece in pieces(model, count)]
    human = [longest_shared_run(song[: 4 * PIECE_BARS], train) for song in unseen[:: max(1, len(unseen) // count)]]
    return {
        "longest_shared_run": max(runs),
        "median_shared_run": float(np.median(runs)),
        "median_shared_run_of_unseen_songs": float(np.median(human)),
    }
