"""The model card: card.toml for the box, card.md for people."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import tomli_w

from device.affect.novelty import Normal
from device.affect.reader import MontageCalibration, Settings
from export.affect.crossval import CrossValidation, Fold, Report, montage_calibrations
from export.affect.data import site_lists
from export.affect.fit import Fitted
from export.affect.leaks import CHECKS, Finding
from export.affect.parity import GOLDEN, TOLERANCE, Pair, chosen
from export.affect.scores import SELECTED, interval
from export.affect.settings import TrainingConfig

LICENCE = "Apache-2.0"
FOLD_FILE = "model.onnx"


def write_toml(
    folder: Path,
    config: TrainingConfig,
    fitted: Fitted,
    calibration: list[MontageCalibration],
    normal: Normal | None,
    measured: Sequence[Pair],
) -> None:
    """card.toml as `device.files.models.Card` reads it, with `device.affect.reader.Settings` under [settings]."""
    extra = {
        "precision": {chosen(pair).file: chosen(pair).precision for pair in measured},
        "tolerance": {chosen(pair).file: TOLERANCE[chosen(pair).precision] for pair in measured},
    }
    files = [*(chosen(pair).file for pair in measured), GOLDEN]
    settings = _settings(config, config.run_file, fitted, calibration, normal)
    _write(folder, config, files, settings | extra, {})


def write_fold_toml(folder: Path, config: TrainingConfig, fold: Fold, normal: Normal | None) -> None:
    """The card of a net of the cross-validation, with the names of those it has not seen."""
    settings = _settings(config, FOLD_FILE, fold.fitted, montage_calibrations(fold.calibration, config), normal)
    _write(folder, config, [FOLD_FILE], settings, {"unseen": [person.name for person in fold.unseen]})


def _settings(
    config: TrainingConfig,
    file: str,
    fitted: Fitted,
    calibration: list[MontageCalibration],
    normal: Normal | None,
) -> dict[str, Any]:
    settings = Settings(
        kind=config.kind,
        file=file,
        needs=list(config.needs),
        quality_min=config.quality_min,
        needs_rest=config.baseline_s > 0,
        features=list(config.features),
        sites=site_lists(config),
        changes=list(config.changes),
        population_mean=fitted.mean.tolist(),
        population_sd=fitted.sd.tolist(),
        mean_weight_s=config.mean_weight_s,
        sd_weight_s=config.sd_weight_s,
        clip=config.clip,
        smoothing_s=config.smoothing_s,
        calibration=calibration,
        normal=normal,
    )
    table: dict[str, Any] = msgspec.to_builtins(settings)
    return {key: value for key, value in table.items() if value is not None}


def _write(
    folder: Path, config: TrainingConfig, files: Sequence[str], settings: dict[str, Any], extra: dict[str, Any]
) -> None:
    head = {
        "name": config.name,
        "version": config.version,
        "purpose": config.purpose,
        "licence": LICENCE,
        "data": config.data_credit,
        **extra,
        "files": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in files},
        "settings": settings,
    }
    (folder / "card.toml").write_text(tomli_w.dumps(head), "utf-8")


def write_markdown(
    folder: Path,
    config: TrainingConfig,
    found: CrossValidation,
    measured: Sequence[Pair],
    peers: dict[str, float],
    findings: Sequence[Finding],
) -> None:
    """card.md: data, protocol, scores of every person, files, limits."""
    parts = [
        f"# {config.name} {config.version}\n\n{config.purpose}\n",
        f"Licence {LICENCE}. Data: {config.data_credit}\n",
        "![How sure it is against how right, what holding back buys, and every person](card.png)\n",
        _protocol(config),
        _summary(config, found, peers),
        _people(config, found.reports),
        _leaks(findings),
        _files(measured),
        "## What it cannot do\n\n" + "\n".join(f"- {sentence}" for sentence in config.limits) + "\n",
    ]
    (folder / "card.md").write_text("\n".join(parts), "utf-8")


def _protocol(config: TrainingConfig) -> str:
    settling = f" The first {config.settling_s:.0f} s, when the sensor was just put on, are left out."
    rest = (
        f"Each is held against the person's own first {config.baseline_s:.0f} s of rest; what comes after is scored."
        if config.baseline_s
        else "Each is held against the people in training: nothing of the person is known."
    )
    net = f"kernel net of {config.centres} centres" if config.centres else "linear net"
    features = ", ".join(config.features or config.sites)
    return f"""## Protocol

Protocol `{config.protocol}`. Features are those of the box (`device.dsp`): {features}.
{rest}{settling if config.settling_s else ""} Channels are pooled by site; a {net} reads them.

{config.folds}-fold cross-validation, split by person: population, weights and calibration come from the people in
training alone (the calibration from {config.inner_folds} inner folds). No early stopping. Nobody's score comes from a
net that has seen them. Every person and both classes weigh the same. The shipped weights are then fitted to everybody,
the shipped calibration to the people left out. `folds/` holds the nets of the cross-validation;
`isotone bench affect --data DIR` repeats these numbers with them, through the box's own code.
"""


def _summary(config: TrainingConfig, found: CrossValidation, peers: dict[str, float]) -> str:
    rows = "\n".join(_row(report, config.seed) for report in found.reports)
    others = "\n".join(
        f"| {name} | {found.reports[0].evidence_s:.0f} | {score:.3f} | | | | |" for name, score in peers.items()
    )
    return f"""## Scores

Balanced accuracy: mean over people, its 95 % interval (bootstrap over people), the worst person; of all windows
together, and of the surest {SELECTED:.0%} of them; expected calibration error of P(load) in ten bins. Below them,
simpler readings of the same windows.

| channels | evidence, s | accuracy | 95 % | worst | all -> surest {SELECTED:.0%} | calibration error |
|---|---|---|---|---|---|---|
{rows}
{others}
"""


def _row(report: Report, seed: int) -> str:
    values = np.array(list(report.accuracies().values()))
    low, high = interval(values, seed)
    chances = f"{report.selective(1.0):.3f} -> {report.selective(SELECTED):.3f}"
    return (
        f"| {report.montage} | {report.evidence_s:.0f} | {report.accuracy:.3f} | {low:.2f}-{high:.2f} | "
        f"{np.nanmin(values):.2f} | {chances} | {report.calibration_error:.3f} |"
    )


def _people(config: TrainingConfig, reports: Sequence[Report]) -> str:
    """Every person at one window and at the longest evidence that most have, for the first montage."""
    first = [report for report in reports if report.montage == next(iter(config.montages))]
    columns = [report.accuracies() for report in first]
    names = sorted(columns[0])
    head = " | ".join(f"{report.evidence_s:.0f} s" for report in first)
    rows = "\n".join(f"| {name} | {' | '.join(_score(column.get(name)) for column in columns)} |" for name in names)
    return f"""## Every person ({first[0].montage})

| person | {head} |
|---|{"---|" * len(first)}
{rows}
"""


def _score(value: float | None) -> str:
    return "too short" if value is None or np.isnan(value) else f"{value:.2f}"


def _leaks(findings: Sequence[Finding]) -> str:
    """A run with a leak writes no card, so only warnings stand here."""
    warned = "\n".join(f"- {finding.sentence}" for finding in findings)
    return f"""## Leak check

{len(CHECKS)} kinds of check on what the run really did, one fold once more with other signals and labels in the people
it tests (nothing fitted changed), and the whole run once more on scrambled labels: no leak, {len(findings)} warnings.
What only the collector of the data could mend:

{warned or "- nothing"}
"""


def _files(measured: Sequence[Pair]) -> str:
    rows = "\n".join(
        f"| {item.file} {item.precision} | {item.backend} | {item.max_error:.2g} | {TOLERANCE[item.precision]:g} | "
        f"{item.agreement:.2%} | {item.p50_us:.1f} | {item.p99_us:.1f} | {item.kilobytes:.1f} | "
        f"{'ships' * (item is chosen(pair))} |"
        for pair in measured
        for item in pair
    )
    return f"""## Files

Against torch: the error on `golden.npz`, decisions and times on real windows, one thread of the machine that trained.
int8 ships only where it is at least a tenth faster than fp32 and decides alike.

| file | by | largest error of the logit | tolerance | equal decisions | us, median | us, 99 % | kB | |
|---|---|---|---|---|---|---|---|---|
{rows}
"""
