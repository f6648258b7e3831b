"""What the composer process weighs: one of its own, fresh, that has composed a hundred bars.

python -m hardware.bench.memory [GENERATOR]     # peak of resident memory in MB
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from device.files.models import ModelFolder
from device.processes import PROCESSES
from device.runtime.interpreter import interpreter
from device.runtime.stage_runner import build_stages
from hardware.bench.figures import Figure
from hardware.bench.intents import config_of, intents_of, wandering

BARS = 100
RSS_MB, MODEL_MB = 160.0, 13.0
SEED = 1
SURROUNDINGS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""These are the variables that the manager gives to its children."""


def measure() -> list[Figure]:
    """Memory of the process and size of the model."""
    command = interpreter("-m", "hardware.bench.memory")
    told = subprocess.run(command, env=os.environ | SURROUNDINGS, capture_output=True, check=True, text=True)
    note = f"the composer process's stages, {BARS} bars"
    return [
        Figure("composer process, peak resident memory", float(told.stdout), RSS_MB, "at most", "MB", note),
        Figure("model files", model_mb(), MODEL_MB, "at most", "MB", config_of(SEED).device.music.model),
    ]


def model_mb() -> float:
    """All that the model's card lists."""
    config = config_of(SEED)
    folder = ModelFolder(Path(config.models_dir), config.device.music.model)
    return sum(folder.path(file).stat().st_size for file in folder.card.files) / 1e6


def compose_and_weigh(generator: str = "transformer") -> float:
    """Peak of resident memory of this process, in MB, after it composed."""
    config = config_of(SEED, generator)
    (composer,) = build_stages(PROCESSES["composer"], config)
    for intent in intents_of(config, wandering(SEED, BARS), BARS):
        composer.step(intent, intent.t_ns)
    # Of this program alone: the peak of getrusage remembers whoever started it.
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    assert peak
    return int(peak[1]) * 1024 / 1e6


if __name__ == "__main__":
    print(compose_and_weigh(*sys.argv[1:]))
