"""How far a model file is from the net it came from: golden.npz through the very loader of the box.

    python -m export.affect.parity models_onnx/eeg-load-0.1.0

golden.npz holds `inputs` (n, inputs) and `outputs` (n, 1), both float32: real windows and what torch says to them.
"""

from __future__ import annotations

import argparse
import time
import tomllib
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from device.affect.runtimes import FloatRows, open_runtime

GOLDEN = "golden.npz"
TOLERANCE: dict[str, float] = {"fp32": 1e-4, "int8": 0.1}
"""Greatest difference of a logit; logits run to about 5."""
GAIN = 0.9
AGREEMENT_MIN = 0.99
REPEATS = 20


class Measured(NamedTuple):
    file: str
    precision: Literal["fp32", "int8"]
    backend: str
    max_error: float
    """Of the logit."""
    agreement: float
    """Share of equal decisions."""
    p50_us: float
    kilobytes: float


def is_gain(int8: Measured, fp32: Measured) -> bool:
    """Whether int8 is to ship: clearly faster and of the same opinion."""
    return int8.p50_us <= GAIN * fp32.p50_us and int8.agreement >= AGREEMENT_MIN


def measure(path: Path, golden: Path, precision: Literal["fp32", "int8"]) -> Measured:
    """Run every golden row, `REPEATS` times each for the timing."""
    with np.load(golden) as file:
        inputs, expected = file["inputs"], file["outputs"]
    runtime = open_runtime(path)
    outputs = np.concatenate([runtime.run(row[None]) for row in inputs])
    times_ns = [_time_ns(runtime.run, row[None]) for _ in range(REPEATS) for row in inputs]
    return Measured(
        path.name,
        precision,
        runtime.backend,
        float(np.abs(outputs - expected).max()),
        float(((outputs > 0) == (expected > 0)).mean()),
        float(np.median(times_ns)) / 1e3,
        path.stat().st_size / 1e3,
    )


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
        found = measure(folder / name, folder / GOLDEN, precision)
        verdict = "within" if found.max_error <= TOLERANCE[precision] else "BEYOND"
        print(
            f"{name} {precision}: {found.backend}, largest error {found.max_error:.2g} ({verdict} "
            f"{TOLERANCE[precision]:g}), {found.agreement:.1%} equal decisions, {found.p50_us:.0f} us, "
            f"{found.kilobytes:.1f} kB"
        )


if __name__ == "__main__":
    main()
