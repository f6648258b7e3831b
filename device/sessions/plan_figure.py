"""The picture of a session plan: its path over the plane, and over time with its phases and the goal's zone."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MultipleLocator

from device.control.plan.plan_edit import clock
from device.control.plan.session_plan import SessionPlan, State
from device.files.outputs import write_whole
from device.plan_layout import Side
from device.sessions.figure import BLUE, GREEN, INK, VERMILION, our_style, tick_s
from device.text import printable

POINTS = 1200
STARTS = ((State(-0.3, 0.6), VERMILION, "-", "from a tense state"), (State(-0.5, -0.5), BLUE, "--", "from a low one"))
"""Listeners for whom the path is drawn: it begins where they are."""
AXES = ("valence", "arousal")
ENDS = (("unpleasant", "pleasant"), ("calm", "load"))
NAME_MAX = 18


def draw_plan(plan: SessionPlan, name: str, path: Path) -> None:
    """Draw a plan. Raises OSError where it cannot be written."""
    with our_style():
        figure = Figure(figsize=(12.0, 6.4), dpi=130, layout="constrained")
        grid = figure.add_gridspec(2, 2, width_ratios=(1.0, 1.55))
        plane, valence, arousal = (figure.add_subplot(part) for part in (grid[:, 0], grid[0, 1], grid[1, 1]))
        title = f"{printable(name)}   ·   {plan.order} order   ·   {clock(plan.length_s)} min"
        figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
        _draw_plane(plane, plan)
        _draw_time(valence, plan, 0)
        _draw_time(arousal, plan, 1)
        _name_phases(valence, plan)
        valence.tick_params(labelbottom=False)
        arousal.set_xlabel("time since the music began (min:s)")
        drawn = io.BytesIO()
        figure.savefig(drawn, format=path.suffix[1:] or "png")
    write_whole(path, drawn.getvalue())


def _draw_plane(axis: Axes, plan: SessionPlan) -> None:
    """The paths, and the zone in which the goal counts as reached."""
    axis.set_xlim(-1.05, 1.05)
    axis.set_ylim(-1.05, 1.05)
    axis.set_aspect("equal")
    axis.set_xlabel("← unpleasant     valence     pleasant →")
    axis.set_ylabel("← calm     arousal     load →")
    axis.axhline(0.0, color="#CCCCCC", lw=0.8)
    axis.axvline(0.0, color="#CCCCCC", lw=0.8)
    spans = [_zone(plan, index) for index in (0, 1)]
    (left, right), (low, high) = spans
    axis.add_patch(Rectangle((left, low), right - left, high - low, facecolor=GREEN, alpha=0.18, label="goal's zone"))
    axis.plot(*plan.goal, "*", color=GREEN, ms=14, label="goal")
    for start, colour, line, label in STARTS:
        times, path = _course(plan, start)
        path = path[times > _rest_s(plan)]
        axis.plot(path[:, 0], path[:, 1], line, color=colour, lw=1.8, label=label)
        axis.plot(path[:, 0], path[:, 1], ".", color=colour, ms=4)
        axis.plot(*start, "o", mfc="white", mec=colour, ms=8)
    axis.legend(loc="upper left")


def _draw_time(axis: Axes, plan: SessionPlan, index: int) -> None:
    """One axis over time."""
    axis.set_xlim(0.0, plan.length_s)
    axis.set_ylim(-1.05, 1.05)
    axis.set_ylabel(f"{AXES[index]}\n← {ENDS[index][0]}    {ENDS[index][1]} →")
    axis.axhline(0.0, color="#CCCCCC", lw=0.8, zorder=-3)
    for place, stretch in enumerate(plan.stretches):
        colour = "#F1F1F1" if place % 2 else "#FAFAFA"
        axis.axvspan(stretch.begins_s, stretch.ends_s, color=colour, zorder=-5, lw=0)
        if stretch.layout.silent:
            axis.axvspan(stretch.begins_s, stretch.ends_s, fc="none", ec="#9A9A9A", hatch="///", lw=0, zorder=-4)
    axis.axhspan(*_zone(plan, index), color=GREEN, alpha=0.18, lw=0, zorder=-2)
    for start, colour, line, _ in STARTS:
        times, path = _course(plan, start)
        axis.step(times, path[:, index], line, where="post", color=colour, lw=2)
    side = (plan.sides.valence, plan.sides.arousal)[index]
    words = f"goal: {side} {plan.goal[index]:+.2f}, zone ± {plan.zone:g}"
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5}
    axis.text(0.995, 0.02, words, transform=axis.transAxes, ha="right", va="bottom", fontsize=8, color=INK, bbox=box)
    axis.xaxis.set_major_locator(MultipleLocator(tick_s(plan.length_s)))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: clock(seconds)))


def _name_phases(axis: Axes, plan: SessionPlan) -> None:
    for stretch in plan.stretches:
        words = (stretch.layout.name or stretch.layout.kind)[:NAME_MAX] + (" (silent)" if stretch.layout.silent else "")
        place = ((stretch.begins_s + stretch.ends_s) / 2, 1.0)
        axis.annotate(
            printable(words), place, (0, 3), xycoords=("data", "axes fraction"), textcoords="offset points",
            ha="left", va="bottom", rotation=25, fontsize=8, color="#555555",
        )  # fmt: skip


def _rest_s(plan: SessionPlan) -> float:
    """How long nothing leads at first, in seconds."""
    first = plan.stretches[0]
    return first.ends_s if first.layout.kind == "baseline" else -1.0


def _zone(plan: SessionPlan, index: int) -> tuple[float, float]:
    """From where to where a goal counts as reached on one axis."""
    side: Side = (plan.sides.valence, plan.sides.arousal)[index]
    goal = plan.goal[index]
    low = -1.0 if side == "at most" else max(-1.0, goal - plan.zone)
    return low, 1.0 if side == "at least" else min(1.0, goal + plan.zone)


def _course(plan: SessionPlan, start: State) -> tuple[np.ndarray, np.ndarray]:
    """Times in seconds, shape (n,), and setpoints, shape (n, 2)."""
    times = np.linspace(0.0, plan.length_s, POINTS)
    return times, np.array([plan.at(float(at_s), start).setpoint for at_s in times], dtype=float)
