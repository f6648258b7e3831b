"""The picture in a card: how sure it is against how right, what holding back buys, and every person."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from export.affect.crossval import Report
from export.affect.data import LOAD
from export.affect.scores import BINS, joined
from export.affect.settings import TrainingConfig

SURE = np.linspace(0.3, 1.0, 15)
SHOWN = 2
"""Lengths of evidence: the shortest and one longer."""


def draw(path: Path, config: TrainingConfig, reports: Sequence[Report]) -> None:
    """Write the picture of the first montage as PNG."""
    mpl.rcParams["svg.hashsalt"] = "isotone"
    first = [report for report in reports if report.montage == next(iter(config.montages))]
    shown = [first[0], first[len(first) - SHOWN]] if len(first) > 1 else first
    figure = Figure(figsize=(12, 4), layout="constrained", dpi=80)
    figure.suptitle(f"{config.name} {config.version}: {first[0].montage}, people it has not seen", fontsize=10)
    reliability, risk, people = figure.subplots(1, 3)
    _draw_reliability(reliability, shown)
    _draw_risk(risk, shown)
    _draw_people(people, shown)
    figure.savefig(path, metadata={"Software": None})


def _name(report: Report) -> str:
    return f"{report.evidence_s:.0f} s of evidence"


def _draw_reliability(axes: Axes, reports: Sequence[Report]) -> None:
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    for report in reports:
        probability, label, weight = joined(report.people)
        bins = np.minimum((probability * BINS).astype(int), BINS - 1)
        filled = [index for index in range(BINS) if weight[bins == index].sum() > 0]
        said = [np.average(probability[bins == i], weights=weight[bins == i]) for i in filled]
        true = [np.average(label[bins == i] == LOAD, weights=weight[bins == i]) for i in filled]
        size = [400 * weight[bins == i].sum() / weight.sum() for i in filled]
        (line,) = axes.plot(said, true, label=f"{_name(report)}, error {report.calibration_error:.3f}")
        axes.scatter(said, true, size, color=line.get_color(), alpha=0.6)
    axes.set(xlabel="P(load) as told", ylabel="share that was load", xlim=(0, 1), ylim=(0, 1))
    axes.legend(fontsize=8)


def _draw_risk(axes: Axes, reports: Sequence[Report]) -> None:
    for report in reports:
        axes.plot(SURE, [1 - report.selective(share) for share in SURE], label=_name(report))
    axes.set(xlabel="share of windows told, the surest first", ylabel="share of them wrong", ylim=(0, None))
    axes.legend(fontsize=8)


def _draw_people(axes: Axes, reports: Sequence[Report]) -> None:
    order = sorted(reports[0].accuracies(), key=reports[0].accuracies().get)  # type: ignore[arg-type]
    for report in reports:
        scores = report.accuracies()
        axes.scatter([scores.get(name, np.nan) for name in order], range(len(order)), s=18, label=_name(report))
    axes.axvline(0.5, color="grey", linewidth=0.8)
    axes.set_yticks(range(len(order)), order, fontsize=6)
    axes.set(xlabel="balanced accuracy of each person", xlim=(0, 1.03))
    axes.legend(fontsize=8, loc="upper left")
