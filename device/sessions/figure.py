"""session.png: one figure of a session, from what the listener seemed to feel to how well that could be measured.

Colours are those of Okabe and Ito (jfly.uni-koeln.de/color), which colour-blind people can tell apart; whatever matters
is told by form or word as well.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MultipleLocator

from device.messages import TICKS_PER_BEAT, PlayedBar
from device.sealing.door import store_whole
from device.sessions.history import QUALITY_GAP_S, Event, History, Lane, Span
from device.text import printable

BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, INK = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#222222"
)  # fmt: skip
VOICE_COLOURS = {"melody": BLUE, "inner": GREEN, "bass": VERMILION, "pad": PURPLE}
REST_GREY = "#E2E2E2"
SOURCE_COLOURS = (BLUE, GREEN, PURPLE, ORANGE)
EVENT_STYLE = {"fault": (VERMILION, "X"), "command": (BLUE, "^"), "marker": (INK, "|")}
EVENTS_TOLD = 8
CROWDED_SHARE = 0.01
"""Events nearer to each other than this share of the session have their numbers side by side."""
TICKS_MAX = 13
TICK_STEPS_S = (5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400)
PHASES_MAX = 60
"""A session has five; a damaged log may seem to have one for every bar."""
LANES_MAX = 12
NAME_MAX = 24
WORDS_MAX = 74
STYLE = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "legend.framealpha": 0.85,
    "legend.edgecolor": "none",
    "legend.fontsize": 8,
    # What was recorded is shown as it stands: a `$` begins no formula.
    "text.parse_math": False,
}


@contextmanager
def our_style() -> Iterator[None]:
    """Draw by matplotlib's defaults and our style; a `matplotlibrc` in the folder a user stands in has no say."""
    with mpl.rc_context(), warnings.catch_warnings():
        # A name in letters that the font lacks is drawn as boxes.
        warnings.filterwarnings("ignore", "Glyph", UserWarning)
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


def draw(history: History, path: Path) -> None:
    """Draw the session; what is missing in it is said in its place. Raises OSError where it cannot be written."""
    phases = history.phases()[:PHASES_MAX]
    with our_style():
        figure = Figure(figsize=(12.0, 10.5), dpi=130, layout="constrained")
        *panels, words = figure.subplots(6, 1, height_ratios=(3.0, 3.4, 1.2, 1.2, 1.8, 1.0))
        figure.suptitle(_title(history), x=0.01, ha="left", fontsize=12, fontweight="bold")
        drawers = (_draw_feeling, _draw_notes, _draw_tempo, _draw_loudness, _draw_signals)
        for axis, drawer in zip(panels, drawers, strict=True):
            axis.set_xlim(0.0, max(history.duration_s, 1.0))
            _shade_phases(axis, phases)
            drawer(axis, history)
            axis.xaxis.set_major_locator(MultipleLocator(tick_s(history.duration_s)))
            axis.xaxis.set_major_formatter(FuncFormatter(_clock))
            axis.tick_params(labelbottom=axis is panels[-1])
        _name_phases(panels[0], phases)
        panels[-1].set_xlabel("time since the music began (min:s)")
        _tell_events(panels[-1], words, _events(history))
        drawn = io.BytesIO()
        figure.savefig(drawn)
    store_whole(path, drawn.getvalue())


def _title(history: History) -> str:
    lost = sum(source.lost for source in history.sources.values())
    fallbacks = sum(bool(bar.fallback) for bar in history.played)
    parts = [
        _shorten(history.session_id, NAME_MAX),
        _shorten(history.listener, NAME_MAX),
        f"{_clock(history.duration_s)} min, ended {history.ended()}",
        f"{len(history.played)} bars, {fallbacks} by fallback",
        f"{lost} samples lost",
    ]
    return "   ·   ".join(parts)


# -- phases


def _shade_phases(axis: Axes, phases: Sequence[Span]) -> None:
    for index, span in enumerate(phases):
        axis.axvspan(span.begins_s, span.ends_s, color="#F1F1F1" if index % 2 else "#FAFAFA", zorder=-5, lw=0)
        if index:
            axis.axvline(span.begins_s, color="#BBBBBB", lw=0.8, zorder=-4)


def _name_phases(axis: Axes, phases: Sequence[Span]) -> None:
    for span in phases:
        middle = (span.begins_s + span.ends_s) / 2
        axis.annotate(
            span.name, (middle, 1.0), (0, 3), xycoords=("data", "axes fraction"), textcoords="offset points",
            ha="center", va="bottom", fontsize=8.5, color="#555555", annotation_clip=True,
        )  # fmt: skip


# -- panels


def _draw_feeling(axis: Axes, history: History) -> None:
    """Estimate with one standard deviation against the target; hatched where nothing is known."""
    axis.set_ylim(-1.05, 1.05)
    axis.set_ylabel("arousal\n← calm (-1)     load (+1) →")
    axis.axhline(0.0, color="#CCCCCC", lw=0.8, zorder=-3)
    asked = history.asked()
    if asked:
        times = [*(at_s for at_s, _ in asked), history.duration_s]
        targets = [intent.target_arousal for _, intent in asked]
        axis.step(times, [*targets, targets[-1]], where="post", color=VERMILION, lw=2, ls="--", label="target")
    if history.affect:
        times_s = np.array([history.seconds(item.t_ns) for item in history.affect])
        known = np.array([item.known for item in history.affect])
        mean = np.where(known, [item.arousal for item in history.affect], np.nan)
        deviation = np.array([item.arousal_sd for item in history.affect])
        low, high = np.clip(mean - deviation, -1, 1), np.clip(mean + deviation, -1, 1)
        axis.fill_between(times_s, low, high, color=SKY, alpha=0.35, lw=0, label="estimate ± 1 sd")
        axis.plot(times_s, mean, color=BLUE, lw=2, label="estimate")
        axis.fill_between(
            times_s, -1.05, 1.05, where=~known, facecolor="none", edgecolor="#B4B4B4", hatch="///", lw=0, zorder=-2,
            label="not known",
        )  # fmt: skip
        axis.legend(loc="upper right", ncols=4)
        if not known.any():
            _say(axis, _shorten(f"not known: {'; '.join(history.affect[-1].reasons)}"), 0.15)
    else:
        _say(axis, "no estimate was made")


def _draw_notes(axis: Axes, history: History) -> None:
    """All notes as they were played, by voice; bars of the phrasebook are marked."""
    axis.set_ylabel("played notes\n(pitch)")
    axis.yaxis.set_major_formatter(FuncFormatter(lambda pitch, _: f"C{round(pitch) // 12 - 1}"))
    if not history.played:
        _say(axis, "no bar was played")
        axis.set_yticks([])
        return
    pitches = [note.pitch for bar in history.played for note in bar.notes] or [60]
    low, high = min(pitches) // 12 * 12, -(-(max(pitches) + 1) // 12) * 12
    axis.set_ylim(low - 1, high + 1)
    axis.set_yticks(range(low, high + 1, 12))
    fallbacks = [(history.seconds(bar.t_ns), _duration_s(bar)) for bar in history.played if bar.fallback]
    axis.broken_barh(fallbacks, (low - 1, high - low + 2), facecolor=ORANGE, alpha=0.3, lw=0, zorder=-1)
    rests = [(history.seconds(bar.t_ns), _duration_s(bar)) for bar in history.played if bar.silent]
    axis.broken_barh(rests, (low - 1, high - low + 2), facecolor=REST_GREY, lw=0, zorder=-2)
    for voice, colour in VOICE_COLOURS.items():
        lines = [line for bar in history.played for line in _note_lines(history.seconds(bar.t_ns), bar, voice)]
        axis.add_collection(LineCollection(lines, colors=colour, linewidths=2.4 if voice == "melody" else 1.8))
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=colour, lw=3, label=voice) for voice, colour in VOICE_COLOURS.items()
    ]
    if fallbacks:
        handles.append(Patch(color=ORANGE, alpha=0.3, label="fallback (phrasebook)"))
    if rests:
        handles.append(Patch(color=REST_GREY, label="rest"))
    axis.legend(handles=handles, loc="upper right", ncols=6)


def _note_lines(begins_s: float, bar: PlayedBar, voice: str) -> list[list[tuple[float, float]]]:
    tick_s = 60.0 / bar.tempo_bpm / TICKS_PER_BEAT
    return [
        [
            (begins_s + note.onset_tick * tick_s, note.pitch),
            (begins_s + (note.onset_tick + note.duration_tick) * tick_s, note.pitch),
        ]
        for note in bar.notes
        if note.voice == voice
    ]


def _draw_tempo(axis: Axes, history: History) -> None:
    axis.set_ylabel("tempo\n(bpm)")
    _draw_bars(axis, history, [bar.tempo_bpm for bar in history.played], [i.tempo_bpm for _, i in history.asked()])


def _draw_loudness(axis: Axes, history: History) -> None:
    axis.set_ylabel("loudness\n(dB re ceiling)")
    _draw_bars(axis, history, [bar.loudness_db for bar in history.played], [i.loudness_db for _, i in history.asked()])


def _draw_bars(axis: Axes, history: History, played: Sequence[float], asked: Sequence[float]) -> None:
    """A value per bar: as it was played, and behind it as it was asked for."""
    if not played:
        _say(axis, "no bar was played")
        axis.set_yticks([])
        return
    end_s = history.seconds(history.played[-1].t_ns) + _duration_s(history.played[-1])
    heard_s = [*(history.seconds(bar.t_ns) for bar in history.played), end_s]
    asked_s = [at_s for at_s, _ in history.asked()]
    if asked:
        axis.step(
            [*asked_s, end_s], [*asked, asked[-1]], where="post", color=VERMILION, lw=2.5, alpha=0.7, label="asked"
        )
    axis.step(heard_s, [*played, played[-1]], where="post", color=INK, lw=1.5, label="played, as the bar began")
    axis.margins(y=0.25)
    axis.legend(loc="upper right", ncols=2)


def _draw_signals(axis: Axes, history: History) -> None:
    """A lane per kind of features of a source: its quality as height, hatched where the source did not stream."""
    lanes = list(reversed(history.lanes()[:LANES_MAX]))
    axis.set_ylabel("signal quality\n(full height = 1)")
    axis.set_ylim(-0.1, max(1, len(lanes)) + 0.35)
    axis.set_yticks([height + 0.4 for height in range(len(lanes))], [_shorten(lane.name, NAME_MAX) for lane in lanes])
    if not lanes:
        _say(axis, "no sensor was heard")
    for height, lane in enumerate(lanes):
        colour = SOURCE_COLOURS[height % len(SOURCE_COLOURS)]
        axis.axhline(height, color="#CCCCCC", lw=0.6)
        times, quality = _broken(history, lane)
        axis.fill_between(times, height, height + 0.8 * quality, color=colour, alpha=0.65, lw=0, step="post")
        gaps = [(gap.begins_s, gap.ends_s - gap.begins_s) for gap in history.gaps(lane.source)]
        axis.broken_barh(gaps, (height, 0.8), facecolor="none", edgecolor=VERMILION, hatch="xxx", lw=0.8)


def _broken(history: History, lane: Lane) -> tuple[np.ndarray, np.ndarray]:
    """Quality over time, with NaN where frames are missing."""
    frames = sorted(lane.quality)
    times: list[float] = []
    quality: list[float] = []
    for t_ns, value in frames:
        at_s = history.seconds(t_ns)
        if times and at_s - times[-1] > QUALITY_GAP_S:
            times.append(times[-1] + QUALITY_GAP_S / 2)
            quality.append(math.nan)
        times.append(at_s)
        quality.append(value)
    return np.array(times), np.array(quality)


# -- what happened


def _events(history: History) -> list[Event]:
    """What to tell in words: faults, wishes, markers, and sources that went and came back."""
    events = [event for event in history.events() if event.text != "manager: start"]
    for name in history.sources:
        events.extend(
            Event(gap.begins_s, "fault", f"{name}: {gap.name} for {gap.ends_s - gap.begins_s:.0f} s")
            for gap in history.gaps(name)
        )
    return sorted(events)


def _tell_events(axis: Axes, words: Axes, events: Sequence[Event]) -> None:
    """Number the events over the last panel and tell them in words below, in two columns."""
    words.axis("off")
    if not events:
        words.text(0.0, 1.0, "no fault, no wish, no remark", va="top", fontsize=8, color="#777777")
    top, end_s = axis.get_ylim()[1] - 0.12, axis.get_xlim()[1]
    last_s, crowd = -end_s, 0
    for number, event in enumerate(events[:EVENTS_TOLD]):
        colour, mark = EVENT_STYLE[event.kind]
        at_s = min(max(event.at_s, 0.0), end_s)
        crowd = crowd + 1 if at_s - last_s < CROWDED_SHARE * end_s else 0
        last_s = at_s
        place = (5 + 8 * crowd, -3)
        axis.plot(at_s, top, mark, color=colour, ms=6, clip_on=False)
        axis.annotate(str(number + 1), (at_s, top), place, textcoords="offset points", fontsize=7.5, color=colour)
        text = f"{number + 1}  {_clock(event.at_s)}  {event.text}"
        column, row = divmod(number, EVENTS_TOLD // 2)
        words.text(0.5 * column, 1.0 - 0.26 * row, _shorten(text), va="top", fontsize=8, color=colour)
    if len(events) > EVENTS_TOLD:
        words.text(0.0, -0.04, f"and {len(events) - EVENTS_TOLD} more, in summary.json", va="top", fontsize=8)


def _shorten(text: str, length: int = WORDS_MAX) -> str:
    """The text cut to that length and without control characters, which have no form."""
    shown = printable(text[:length])
    return shown if len(text) <= length and len(shown) <= length else f"{shown[: length - 1]}…"


def _say(axis: Axes, text: str, height: float = 0.5) -> None:
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85}
    axis.text(0.5, height, text, transform=axis.transAxes, ha="center", va="center", color="#777777", bbox=box)


def _duration_s(bar: PlayedBar) -> float:
    return bar.beats * 60.0 / bar.tempo_bpm


def tick_s(duration_s: float) -> int:
    return next((step for step in TICK_STEPS_S if duration_s / step < TICKS_MAX), TICK_STEPS_S[-1])


def _clock(seconds: float, _position: int = 0) -> str:
    whole = round(seconds)
    return f"{'-' if whole < 0 else ''}{abs(whole) // 60}:{abs(whole) % 60:02d}"
