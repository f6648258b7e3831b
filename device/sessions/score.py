"""The picture of a piece: its way over the valence-arousal plane, the piano-roll under it, its spectrum.

Colours as in `figure`; keys, chords and sections are written out.
"""

from __future__ import annotations

import itertools
import math
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from device.messages import TICKS_PER_BEAT, MusicIntent, PlayedBar
from device.music.keys import NAMES, key_name
from device.music.metre import HALF, layout_of
from device.music.theory import detect_chord
from device.sessions.figure import BLUE, VERMILION, VOICE_COLOURS, our_style
from device.sessions.interchange import SIGNATURES
from device.sessions.wav import CHANNELS, HEADER

LABELS_MAX = 72
"""Chords are written only where there is room for them."""
SPECTRUM_HZ = 6000.0
WINDOW = 4096
DYNAMIC_DB = 80.0
SILENCE = 1e-14
"""A trace of light, so that silence has a logarithm."""
INCHES_PER_BAR, INCHES_MAX, DOTS_PER_INCH = 0.28, 40.0, 110
COLUMNS_MAX = round(INCHES_MAX * DOTS_PER_INCH)
"""No picture is wider, however long the piece."""
CHUNK_POINTS = 10_000
"""The drawing library cannot hold more of a line at once."""
SIGNS_MAX = 96
"""Sections that are named; of a longer piece only some are."""


class Score(NamedTuple):
    """What is drawn, bar by bar; the three have the same length."""

    title: str
    intents: Sequence[MusicIntent]
    played: Sequence[PlayedBar]
    sections: Sequence[str]
    """A letter for every bar."""

    def starts_s(self) -> list[float]:
        """The times at which the bars begin, and the end of the last one."""
        lengths = (bar.beats * 60.0 / bar.tempo_bpm for bar in self.played)
        return list(itertools.accumulate(lengths, initial=0.0))


def draw_score(score: Score, path: Path, wav: Path | None = None) -> None:
    """Draw the piece into `path`; with the sound in `wav` (which began with it) its spectrogram below."""
    width = min(INCHES_MAX, max(10.0, INCHES_PER_BAR * len(score.played)))
    with our_style(), mpl.rc_context({"agg.path.chunksize": CHUNK_POINTS}):
        figure = Figure(figsize=(width, 9.5 if wav else 6.5), dpi=DOTS_PER_INCH, layout="constrained")
        heights = (1.5, 4.0, 2.4) if wav else (1.5, 4.0)
        panels = figure.subplots(len(heights), 1, height_ratios=heights, sharex=True)
        figure.suptitle(score.title, x=0.01, ha="left", fontsize=12, fontweight="bold")
        _draw_path(panels[0], score)
        _draw_roll(panels[1], score)
        if wav:
            _draw_spectrum(panels[2], wav, score)
        panels[-1].set_xlabel("time (s)")
        panels[-1].set_xlim(0.0, score.starts_s()[-1])
        figure.savefig(path, format=path.suffix[1:].lower() or "png")


def _draw_path(axis: Axes, score: Score) -> None:
    times = score.starts_s()
    for name, colour, style in (("valence", BLUE, "-"), ("arousal", VERMILION, "--")):
        values = [getattr(intent, f"target_{name}") for intent in score.intents]
        axis.step(times, [*values, values[-1]], where="post", color=colour, ls=style, lw=2, label=name)
    tempi = [bar.tempo_bpm for bar in score.played]
    axis.set_ylim(-1.05, 1.05)
    axis.set_ylabel("asked for")
    axis.axhline(0.0, color="#CCCCCC", lw=0.8, zorder=-3)
    axis.set_title(f"{min(tempi):.0f} to {max(tempi):.0f} bpm", loc="left", fontsize=9, fontweight="normal")
    axis.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2)


def _draw_roll(axis: Axes, score: Score) -> None:
    """All notes by voice, chords and keys on top, sections as shades."""
    times = score.starts_s()
    pitches = [note.pitch for bar in score.played for note in bar.notes] or [60]
    low, high = min(pitches) // 12 * 12, -(-(max(pitches) + 1) // 12) * 12
    axis.set_ylim(low - 1, high + 7)
    axis.set_yticks(range(low, high + 1, 12))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda pitch, _: f"C{round(pitch) // 12 - 1}"))
    axis.set_ylabel("notes (pitch)")
    for voice, colour in VOICE_COLOURS.items():
        # One line with gaps: a shape for each note would take a kilobyte a note.
        seconds, heights = _strokes(times, score.played, voice)
        width = 2.6 if voice == "melody" else 1.8
        # What strikes a tone that the pad holds is seen before it.
        order = 2.0 if voice == "pad" else 2.1
        axis.plot(seconds, heights, color=colour, linewidth=width, solid_capstyle="butt", zorder=order)
    handles = [Line2D([], [], color=colour, lw=3, label=voice) for voice, colour in VOICE_COLOURS.items()]
    axis.legend(handles=handles, loc="lower right", ncols=4)
    _label(axis, score, times, high)


def _strokes(times: Sequence[float], played: Sequence[PlayedBar], voice: str) -> tuple[list[float], list[float]]:
    """The notes of a voice as strokes, each with a gap behind it."""
    seconds: list[float] = []
    heights: list[float] = []
    for start_s, bar in zip(times, played, strict=False):
        tick_s = 60.0 / bar.tempo_bpm / TICKS_PER_BEAT
        for note in bar.notes:
            if note.voice == voice:
                begins_s = start_s + note.onset_tick * tick_s
                seconds += (begins_s, begins_s + note.duration_tick * tick_s, math.nan)
                heights += (note.pitch, note.pitch, math.nan)
    return seconds, heights


def _label(axis: Axes, score: Score, times: Sequence[float], high: int) -> None:
    """Sections and keys where they change; bar lines, and the chord of every bar, while there is room."""
    keys = [key_name(intent.tonic_pc, intent.mode) for intent in score.intents]
    here = list(zip(score.sections, keys, strict=True))
    signs = [index for index in range(len(here)) if index % 8 == 0 or here[index] != here[index - 1]]
    every = math.ceil(len(signs) / SIGNS_MAX)
    for number, (index, end) in enumerate(itertools.pairwise([*signs, len(here)])):
        if number % 2 == 0:
            axis.axvspan(times[index], times[end], color="#F3F3F3", lw=0, zorder=-5)
        if number % every == 0:
            sign = f" {here[index][0]}  {here[index][1]}"
            axis.text(times[index], high + 4.5, sign, fontsize=8.5, fontweight="bold", clip_on=True)
            axis.axvline(times[index], color="#999999", lw=0.8, zorder=-2)
    if len(score.played) <= LABELS_MAX:
        for start_s, end_s, bar in zip(times, times[1:], score.played, strict=False):
            for share in range(layout_of(bar).written_bars):
                at_s = start_s + (end_s - start_s) * share / layout_of(bar).written_bars
                axis.axvline(at_s, color="#DDDDDD", lw=0.6, zorder=-4)
            axis.text(start_s, high + 2, f" {chord_of(bar)}", fontsize=7, color="#555555", clip_on=True)


def chord_of(bar: PlayedBar) -> str:
    """The chord of a bar's first half: C, Am, Bdim; empty for silence."""
    weights = [0.0] * 12
    early = [note for note in bar.notes if note.onset_tick < HALF]
    for note in early:
        weights[note.pitch % 12] += note.duration_tick
    bass = min((note.pitch for note in early), default=None)
    chord = detect_chord(weights, None if bass is None else bass % 12)
    if chord is None:
        return ""
    if chord.quality == "dim":
        return f"{NAMES[chord.root_pc]}dim"
    return SIGNATURES["major" if chord.quality == "maj" else "minor"][chord.root_pc]


def _draw_spectrum(axis: Axes, wav: Path, score: Score) -> None:
    with wave.open(str(wav)) as file:
        sfreq_hz, n_frames = file.getframerate(), file.getnframes()
    # Only what is looked at is read: an hour is 700 MB.
    samples = np.memmap(wav, "<i2", mode="r", offset=HEADER.size, shape=(n_frames, CHANNELS))
    lead_s = score.played[0].start_frame / sfreq_hz
    powers = _powers(samples, sfreq_hz)
    high_hz = powers.shape[0] * sfreq_hz / WINDOW
    axis.imshow(
        10.0 * np.log10(powers + SILENCE), cmap="magma", vmin=-DYNAMIC_DB - 40.0, vmax=-40.0, aspect="auto",
        origin="lower", extent=(-lead_s, len(samples) / sfreq_hz - lead_s, 0.0, high_hz),
    )  # fmt: skip
    axis.set_ylim(0.0, min(SPECTRUM_HZ, sfreq_hz / 2))
    axis.set_ylabel("frequency (Hz)")
    axis.grid(visible=False)


def _powers(samples: npt.NDArray[np.int16], sfreq_hz: int) -> npt.NDArray[np.float64]:
    """Power density (full scale squared per hertz) up to `SPECTRUM_HZ`, of shape (frequencies, columns).

    A column is one window of `WINDOW` frames; there are at most as many columns as the picture has.
    """
    window = np.hanning(WINDOW)
    n_rows = math.ceil(min(SPECTRUM_HZ, sfreq_hz / 2) * WINDOW / sfreq_hz)
    n_columns = max(1, min(COLUMNS_MAX, 2 * len(samples) // WINDOW))
    powers = np.zeros((n_rows, n_columns))
    for column, first in enumerate(np.linspace(0, max(0, len(samples) - WINDOW), n_columns, dtype=int)):
        mono = samples[first : first + WINDOW].mean(axis=1) / 32768.0
        spectrum = np.fft.rfft(mono * window[: len(mono)], WINDOW)[:n_rows]
        powers[:, column] = 2.0 * np.abs(spectrum) ** 2 / (sfreq_hz * np.sum(window**2))
    return powers
