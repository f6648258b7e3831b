"""The picture of the composer's card: its learning curve, and what it writes in the four corners of the plane."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from device.config import DeviceConfig, Limits, MusicConfig, SessionConfig
from device.control.cues import cues_of, mode_of
from device.control.plan.session_plan import State
from device.messages import TICKS_PER_BEAT, Bar, MusicIntent
from device.music.form import SECTION_BARS, place_of
from device.music.transformer import Transformer
from device.stage import keyed_random

CORNERS = ((0.6, -0.6), (-0.6, -0.6), (0.6, 0.6), (-0.6, 0.6))
N_BARS = 24
SEED = 3
COLOURS = {"melody": "#c0392b", "inner": "#1e8449", "bass": "#1f3a93", "pad": "#e0a030"}
TOLD = {"nothing": "#888888", "controls": "#1f3a93", "everything": "#c0392b"}
"""Held-out losses by what the model was told."""


def draw(folder: Path) -> None:
    """Write card.png into a model folder that has its model, card and curve."""
    figure, axes = plt.subplots(len(CORNERS) + 1, 1, figsize=(12, 15), layout="constrained")
    _draw_curve(axes[0], json.loads((folder / "curve.json").read_text("utf-8")))
    for axis, (valence, arousal) in zip(axes[1:], CORNERS, strict=True):
        _draw_roll(axis, _compose(folder, valence, arousal))
        axis.set_title(f"valence {valence:+.1f}, arousal {arousal:+.1f}", loc="left", fontsize=9)
    axes[-1].set_xlabel("bar")
    figure.savefig(folder / "card.png", dpi=70)
    plt.close(figure)


def _draw_curve(axis: Axes, curve: Sequence[dict[str, float]]) -> None:
    tokens = [row["tokens"] / 1e6 for row in curve]
    for name, colour in TOLD.items():
        axis.plot(tokens, [row[f"per_note_{name}"] for row in curve], color=colour, label=f"unseen songs, told {name}")
    axis.set_xlabel("million tokens")
    axis.set_ylabel("nats per note")
    axis.set_title("Learning curve", loc="left", fontsize=9)
    axis.legend(fontsize=8, frameon=False)
    axis.grid(alpha=0.3)


def _compose(folder: Path, valence: float, arousal: float) -> list[Bar]:
    config = SessionConfig(
        session_id="card",
        seed=SEED,
        run_dir="",
        session_dir="",
        models_dir=str(folder.resolve().parent),
        device=DeviceConfig(music=MusicConfig(model=folder.resolve().name)),
    )
    composer, bars = Transformer(config), list[Bar]()
    for index in range(N_BARS):
        intent = MusicIntent(
            t_ns=0,
            bar_index=index,
            phase="hold",
            phase_left_s=600.0,
            session_left_s=600.0,
            target_valence=valence,
            target_arousal=arousal,
            mode=mode_of(valence, "major"),
            tonic_pc=0,
            generator="transformer",
            reason="the picture of the card",
            **cues_of(State(valence, arousal), Limits())._asdict(),
        )
        bars.append(composer.generate(intent, bars, keyed_random(SEED, "bars", index)))
    return bars


def _draw_roll(axis: Axes, bars: Sequence[Bar]) -> None:
    for bar in bars:
        for note in bar.notes:
            start = bar.bar_index + note.onset_tick / (bar.beats * TICKS_PER_BEAT)
            length = note.duration_tick / (bar.beats * TICKS_PER_BEAT)
            axis.barh(note.pitch, length, left=start, height=0.9, color=COLOURS[note.voice], alpha=0.85)
        axis.axvline(bar.bar_index, color="black", linewidth=0.8 if bar.bar_index % SECTION_BARS == 0 else 0.15)
        if bar.bar_index % SECTION_BARS == 0:
            axis.text(bar.bar_index + 0.05, 92, place_of(SEED, bar.bar_index).section, fontsize=9)
    axis.set_ylabel("MIDI pitch")
    axis.set_ylim(30, 98)
    axis.set_xlim(0, len(bars))
