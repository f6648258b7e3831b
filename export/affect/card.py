"""The model card: card.toml for the box, card.md for people."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from export.affect.crossval import CrossValidation, Report
from export.affect.data import region_lists
from export.affect.fit import Fitted
from export.affect.parity import GOLDEN, TOLERANCE, Measured, is_gain
from export.affect.settings import TrainingConfig

LICENCE = "Apache-2.0"


Pair = tuple[Measured, Measured]
"""What was measured for fp32 and for int8 of one file."""


def write_toml(
    folder: Path, config: TrainingConfig, fitted: Fitted, temperature: float, measured: Sequence[Pair]
) -> None:
    """card.toml as `device.models.Card` reads it, with `device.affect.reader.Settings` under [settings]."""
    files = {name: _sha256(folder / name) for name in ("model.onnx", "model.tflite", GOLDEN)}
    settings = {
        "kind": config.kind,
        "file": config.run_file,
        "features": list(config.features),
        "regions": region_lists(config),
        "population_mean": fitted.mean.tolist(),
        "population_sd": fitted.sd.tolist(),
        "mean_weight_s": config.mean_weight_s,
        "sd_weight_s": config.sd_weight_s,
        "clip": config.clip,
        "temperature": temperature,
        "smoothing_s": config.smoothing_s,
        "trained_ch_names": list(config.ch_names),
        "precision": {fp32.file: _chosen(fp32, int8).precision for fp32, int8 in measured},
        "tolerance": {fp32.file: TOLERANCE[_chosen(fp32, int8).precision] for fp32, int8 in measured},
    }
    head = {
        "name": config.name,
        "version": config.version,
        "purpose": config.purpose,
        "licence": LICENCE,
        "data": config.data_credit,
    }
    (folder / "card.toml").write_text(_toml(head | {"files": files, "settings": settings}), "utf-8")


def _chosen(fp32: Measured, int8: Measured) -> Measured:
    return int8 if is_gain(int8, fp32) else fp32


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _toml(table: dict[str, Any], prefix: str = "") -> str:
    """TOML of plain values and nested tables; strings, numbers and lists are written alike in JSON."""
    plain = [f"{json.dumps(key)} = {json.dumps(value)}" for key, value in table.items() if not isinstance(value, dict)]
    lines = "\n".join(line.replace('"', "", 2) for line in plain) + "\n"
    for key, value in table.items():
        if isinstance(value, dict):
            bare = all(name.replace("_", "").isalnum() for name in value)
            body = _toml(value, f"{prefix}{key}.") if bare else _quoted(value)
            lines += f"\n[{prefix}{key}]\n{body}"
    return lines


def _quoted(table: dict[str, Any]) -> str:
    """Keys that are file names."""
    return "".join(f"{json.dumps(key)} = {json.dumps(value)}\n" for key, value in table.items())


def write_markdown(folder: Path, config: TrainingConfig, found: CrossValidation, measured: Sequence[Pair]) -> None:
    """card.md: data, protocol, scores of every person, files, limits."""
    parts = [
        f"# {config.name} {config.version}\n\n{config.purpose}\n",
        f"Licence {LICENCE}. Data: {config.data_credit}\n",
        _protocol(config, found),
        _summary(found),
        _people(found.reports[0]),
        _files(measured),
        "## What it cannot do\n\n" + "\n".join(f"- {sentence}" for sentence in config.limits) + "\n",
    ]
    (folder / "card.md").write_text("\n".join(parts), "utf-8")


def _protocol(config: TrainingConfig, found: CrossValidation) -> str:
    settling = f" The first {config.settling_s:.0f} s, when the sensor was just put on, are left out."
    return f"""## Protocol

Features are those of the box (`device.dsp`): {", ".join(config.features)}.
Each is held against the person's own rest at the start (its length is in the table; only windows after it are scored)
and pooled over the channels of each region ({", ".join(config.regions)}).{settling if config.settling_s else ""}

{config.folds}-fold cross-validation, split by person: baseline population, weights and temperature come from the people
in training alone (the temperature from {config.inner_folds} inner folds). No early stopping. Nobody's score comes from
a net that has seen them. Every person and both classes weigh the same. The shipped weights are then fitted to
everybody, the shipped temperature ({found.temperature:.3f}) to the people left out.
"""


def _summary(found: CrossValidation) -> str:
    rows = "\n".join(
        f"| {report.title} | {_mean(report, 'window')} | {_mean(report, 'long')} | {_mean(report, 'estimate')} | "
        f"{report.calibration_error:.3f} |"
        for report in found.reports
    )
    peers = "\n".join(f"| {name} | {score:.3f} | | | |" for name, score in found.peers.items())
    return f"""## Scores

Balanced accuracy, mean over people (worst person): of single windows, of the mean of 30 s, and of the smoothed estimate
that the box gives; and the expected calibration error of the latter. Below them, simpler readings of the same windows.

| | window | 30 s | estimate | calibration error |
|---|---|---|---|---|
{rows}
{peers}
"""


def _mean(report: Report, field: str) -> str:
    values = np.array([getattr(person, field) for person in report.people])
    return f"{np.nanmean(values):.3f} ({np.nanmin(values):.2f})"


def _people(report: Report) -> str:
    rows = "\n".join(
        f"| {person.name} | {_score(person.window)} | {_score(person.long)} | {_score(person.estimate)} |"
        for person in report.people
    )
    return f"## Every person ({report.title})\n\n| person | window | 30 s | estimate |\n|---|---|---|---|\n{rows}\n"


def _score(value: float) -> str:
    return "too short" if np.isnan(value) else f"{value:.2f}"


def _files(measured: Sequence[Pair]) -> str:
    rows = "\n".join(
        f"| {item.file} {item.precision} | {item.backend} | {item.max_error:.2g} | {TOLERANCE[item.precision]:g} | "
        f"{item.agreement:.1%} | {item.p50_us:.1f} | {item.kilobytes:.1f} | {'ships' * (item is _chosen(*pair))} |"
        for pair in measured
        for item in pair
    )
    return f"""## Files

Against torch on `golden.npz`, one thread of the machine that trained. int8 ships only where it is at least a tenth
faster than fp32 and decides alike; it is calibrated on real windows, beyond which the golden inputs reach.

| file | by | largest error of the logit | tolerance | equal decisions | us a call | kB | |
|---|---|---|---|---|---|---|---|
{rows}
"""
