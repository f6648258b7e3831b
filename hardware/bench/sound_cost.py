"""What the sound costs: processor and memory of audio alone, through layers, reverb, bed, regulation and limiter.

Underruns are counted by JACK's dummy driver in real time, beside busy neighbours, and without a card at the greatest
speed (`lone_audio --hurry`); with `--long` for an hour and for eight.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np

from device.audio.synth import Synth
from device.config import AudioConfig
from device.processes import PROCESSES
from device.runtime.interpreter import interpreter
from hardware.bench.figures import Figure
from hardware.bench.jack_capture import jack_server
from hardware.bench.lone_audio import Costs

CPU_SHARE, RSS_MB = 0.06, 110.0
BUDGET_SHARE = PROCESSES["audio"].cpu_budget_percent / 100.0
LOAD = ("--voices", "64", "--bed", "sea")
QUIET_S, QUICK_S, LONG_S = 60.0, 15.0, 3600.0
QUICK_ACCELERATED_S, ACCELERATED_S, LONG_ACCELERATED_S = 60.0, 600.0, 8 * 3600.0
IDLE_BLOCKS = 1000
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
    """Cost without neighbours, and underruns beside them and over hours."""
    seconds = QUICK_S if quick else QUIET_S
    progress(f"cost of audio alone, twice {seconds:.0f} s")
    alone, densest = run_alone(seconds, *LOAD), run_alone(seconds)  # JACK's own library would weigh 100 MB
    parts = _parts(seconds, progress)
    accelerated_s = LONG_ACCELERATED_S if long else QUICK_ACCELERATED_S if quick else ACCELERATED_S
    progress(f"{accelerated_s / 3600.0:.2g} h accelerated")
    hurried = run_alone(accelerated_s, *LOAD, "--hurry")
    beside_s = LONG_S if long else seconds
    progress(f"underruns in {beside_s:.0f} s beside {HOGS} processor hogs and a disk hog")
    with hogs(), witness(beside_s) as held_up_ms:
        beside, stood_still_ms = run_on_jack(beside_s), held_up_ms()
    note = f"{beside_s:.0f} s in real time; an idle process of highest priority was held up {stood_still_ms:.0f} ms"
    hours = f"{hurried.seconds / 3600.0:.2g} h accelerated, {hurried.voices:.0f} voices; slowest turn "
    return [
        _share("audio at 64 voices", alone, CPU_SHARE, "reverb, layers, sea, limiter"),
        _share("audio, densest music", densest, BUDGET_SHARE, "asked is the budget of TABLE 2"),
        *parts,
        Figure("audio, peak resident memory", densest.rss_mb, RSS_MB, "at most", "MB"),
        Figure("underruns, accelerated", hurried.underruns, 0.0, "at most", note=f"{hours}{hurried.slowest_ms:.0f} ms"),
        Figure("underruns beside hogs", beside.underruns, 0.0, "at most", note=note),
    ]


def _share(name: str, costs: Costs, asked: float, note: str) -> Figure:
    note = f"{costs.voices:.0f} voices on average; {note}"
    return Figure(f"{name}, share of one core", 100.0 * costs.cpu_share, 100.0 * asked, "at most", "%", note)


def _parts(seconds: float, progress: Callable[[str], None]) -> list[Figure]:
    """What layers and bed add to the same music without them, and what the room costs while nothing sounds."""
    progress("cost of layers, bed and room")
    plain, layered, sea = (
        run_alone(seconds, "--density", "0.3", "--hurry", *more) for more in (["--no-layers"], [], ["--bed", "sea"])
    )
    voices = f"{layered.voices - plain.voices:.0f} voices more"
    return [
        _added("layers", layered.cpu_share - plain.cpu_share, voices),
        _added("bed of sea", sea.cpu_share - layered.cpu_share, "the dearest of them"),
        _added("room", _idle_synth_share(), "a synthesiser in which nothing sounds"),
    ]


def _added(name: str, share: float, note: str) -> Figure:
    return Figure(f"of it {name}", 100.0 * share, 100.0 * CPU_SHARE, "at most", "%", note)


def _idle_synth_share() -> float:
    config = AudioConfig(sink="wav")
    synth, block = Synth(config, (0,)), np.zeros((config.block_frames, 2), np.float32)
    begun_s = time.thread_time()
    for _ in range(IDLE_BLOCKS):
        synth.render(block, 0, len(block))
    worked_s = time.thread_time() - begun_s
    synth.close()
    return worked_s / (IDLE_BLOCKS * config.block_frames / config.sfreq_hz)


def run_on_jack(seconds: float) -> Costs:
    """Audio on a JACK server of its own, whose period is a block: what a card is asked for."""
    with jack_server(f"isotone-cost-{os.getpid()}", AudioConfig().block_frames) as surroundings:
        return run_alone(seconds, "system", *LOAD, surroundings=surroundings)


def run_alone(seconds: float, *options: str, surroundings: dict[str, str] | None = None) -> Costs:
    """Audio alone; without a card it keeps the pace of the clock."""
    with tempfile.TemporaryDirectory() as folder:
        command = interpreter("-m", "hardware.bench.lone_audio", folder, "1", str(seconds), *options)
        env = os.environ | SURROUNDINGS | (surroundings or {})
        told = subprocess.run(command, env=env, check=True, capture_output=True)
    return msgspec.json.decode(told.stdout.splitlines()[-1], type=Costs)


@contextlib.contextmanager
def witness(seconds: float) -> Iterator[Callable[[], float]]:
    """Somebody who watches whether the machine stands still; gives how long it did at worst, in ms, in the end."""
    command = interpreter("-m", "hardware.bench.witness", str(seconds))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watching:
        yield lambda: float(watching.communicate()[0])


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
