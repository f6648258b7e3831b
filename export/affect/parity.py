"""How far a model file is from the net it came from: golden.npz through the very loader of the box.

    python -m export.affect.parity models_onnx/eeg-load-0.2.0

golden.npz holds `inputs` (n, inputs) and `outputs` (n, 1), both float32: made-up windows and what torch says to them.
"""

from __future__ import annotations

import argparse
import shutil
import time
import tomllib
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from device.affect.runtimes import FloatRows, open_runtime

GOLDEN = "golden.npz"
TOLERANCE: dict[str, float] = {"fp32": 1e-3, "int8": 0.1}
"""Greatest difference of a logit; logits run to about 5."""
GAIN = 0.9
AGREEMENT_MIN = 0.99
TIMED_ROWS = 1000


class Measured(NamedTuple):
    file: str
    precision: Literal["fp32", "int8"]
    backend: str
    max_error: float
    """Largest difference of the logit on the golden inputs."""
    agreement: float
    """Share of equal decisions on real windows."""
    p50_us: float
    p99_us: float
    kilobytes: float


Pair = tuple[Measured, Measured]
"""What was measured for fp32 and for int8 of one file."""


def is_gain(int8: Measured, fp32: Measured) -> bool:
    """Whether int8 is to ship: clearly faster and of the same opinion."""
    return int8.p50_us <= GAIN * fp32.p50_us and int8.agreement >= AGREEMENT_MIN


def chosen(pair: Pair) -> Measured:
    """What ships of a file."""
    fp32, int8 = pair
    return int8 if is_gain(int8, fp32) else fp32


def measured_pair(scratch: Path, suffix: str, folder: Path, windows: Path) -> Pair:
    """Measure fp32 and int8 of one form and put the better one into the model folder."""
    found = []
    for precision in ("fp32", "int8"):
        path = scratch / f"{precision}{suffix}"
        found.append(measure(path, folder / GOLDEN, windows, precision))
    pair = found[0]._replace(file=f"model{suffix}"), found[1]._replace(file=f"model{suffix}")
    shutil.copyfile(scratch / f"{chosen(pair).precision}{suffix}", folder / f"model{suffix}")
    return pair


def measure(path: Path, golden: Path, windows: Path, precision: Literal["fp32", "int8"]) -> Measured:
    """Errors on the golden inputs, agreement and times on `windows`."""
    runtime = open_runtime(path)
    inputs, expected = _load(golden)
    error = np.abs(np.concatenate([runtime.run(row[None]) for row in inputs]) - expected).max()
    inputs, expected = _load(windows)
    outputs = np.concatenate([runtime.run(row[None]) for row in inputs])
    times_ns = [_time_ns(runtime.run, row[None]) for row in inputs[:TIMED_ROWS]]
    return Measured(
        path.name,
        precision,
        runtime.backend,
        float(error),
        float(((outputs > 0) == (expected > 0)).mean()),
        float(np.median(times_ns)) / 1e3,
        float(np.percentile(times_ns, 99)) / 1e3,
        path.stat().st_size / 1e3,
    )


def _load(path: Path) -> tuple[FloatRows, FloatRows]:
    with np.load(path) as file:
        return file["inputs"], file["outputs"]


def _time_ns(run: object, row: FloatRows) -> int:
    assert callable(run)
    began_ns = time.perf_counter_ns()
    run(row)
    return time.perf_counter_ns() - began_ns


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure a model folder against its golden vectors.")
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    settings = tomllib.loads((folder / "card.toml").read_text("utf-8"))["settings"]
    for name, precision in settings["precision"].items():
        found = measure(folder / name, folder / GOLDEN, folder / GOLDEN, precision)
        verdict = "within" if found.max_error <= TOLERANCE[precision] else "BEYOND"
        print(
            f"{name} {precision}: {found.backend}, largest error {found.max_error:.2g} ({verdict} "
            f"{TOLERANCE[precision]:g}), {found.agreement:.1%} equal decisions, {found.p50_us:.0f} us, "
            f"{found.kilobytes:.1f} kB"
        )


if __name__ == "__main__":
    main()
