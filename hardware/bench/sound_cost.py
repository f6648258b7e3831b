"""What the sound costs: processor and memory of audio alone, dense music through reverb, regulation and limiter.

Underruns are counted by JACK's dummy driver in real time, beside busy neighbours; `--long` does so for an hour.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from device.runtime.interpreter import interpreter
from hardware.bench.figures import Figure
from hardware.bench.jack_capture import jack_server
from hardware.bench.lone_audio import Costs

CPU_SHARE, RSS_MB = 0.06, 110.0
QUIET_S, QUICK_S, LONG_S = 60.0, 15.0, 3600.0
HOGS = 2
HOG = "while True: pass"
DISK_HOG = """
import os, sys
data = os.urandom(1 << 20)
while True:
    with open(sys.argv[1], "wb") as file:
        for _ in range(64):
            file.write(data)
        os.fsync(file.fileno())
"""
SURROUNDINGS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""These are the variables that the manager gives to its children."""


def measure(progress: Callable[[str], None], *, quick: bool, long: bool) -> list[Figure]:
    """Cost without neighbours, and underruns beside them."""
    progress("cost of audio alone")
    alone = run_alone(QUICK_S if quick else QUIET_S)  # JACK's own library would weigh 100 MB
    seconds = LONG_S if long else QUICK_S if quick else QUIET_S
    progress(f"underruns in {seconds:.0f} s beside {HOGS} processor hogs and a disk hog")
    with hogs():
        beside = run_on_jack(seconds)
    return [
        Figure("audio, share of one core", 100.0 * alone.cpu_share, 100.0 * CPU_SHARE, "at most", "%", "densest music"),
        Figure("audio, peak resident memory", alone.rss_mb, RSS_MB, "at most", "MB"),
        Figure("underruns beside hogs", beside.underruns, 0.0, "at most", note=f"{seconds:.0f} s in real time"),
    ]


def run_on_jack(seconds: float) -> Costs:
    """Audio on a JACK server of its own."""
    with jack_server(f"isotone-cost-{os.getpid()}") as surroundings:
        return run_alone(seconds, "system", surroundings=surroundings)


def run_alone(seconds: float, *card: str, surroundings: dict[str, str] | None = None) -> Costs:
    """Audio alone; without a card it keeps the pace of the clock."""
    with tempfile.TemporaryDirectory() as folder:
        command = interpreter("-m", "hardware.bench.lone_audio", folder, "1", str(seconds), *card)
        env = os.environ | SURROUNDINGS | (surroundings or {})
        told = subprocess.run(command, env=env, check=True, capture_output=True)
    return msgspec.json.decode(told.stdout.splitlines()[-1], type=Costs)


@contextlib.contextmanager
def hogs() -> Iterator[None]:
    """Neighbours that take what they can get of processor and disk."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as running:
        commands = [[sys.executable, "-c", HOG]] * HOGS
        commands.append([sys.executable, "-c", DISK_HOG, str(Path(folder) / "hog")])
        for command in commands:
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            running.callback(process.wait)
            running.callback(process.kill)
        yield
