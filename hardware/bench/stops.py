"""Stop to silence at random moments, as it is heard: the real engine plays on JACK, and its sound is caught there.

The stop goes to audio's own door, which needs neither manager nor composer; both are absent here, as if they hung. The
time runs from before the wish is sent to the last sample that is not silent, as a second process caught it, so it
includes what the card holds. A click would show as sound above `CLICK_HZ` that the music just before did not have.
"""

from __future__ import annotations

import os
import random
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import signal

from device.runtime.door import stop_path
from device.runtime.interpreter import interpreter
from hardware.bench.figures import Figure
from hardware.bench.jack_capture import SFREQ_HZ, Block, Capture, jack_server
from hardware.bench.lone_audio import Costs

STOPS, QUICK_STOPS = 1000, 10
AT_MOST_MS = 100.0
LATEST_S = 6.0
"""Stops come at any moment between the first sound and this."""
AFTER_S = 0.5
SILENT = 1
"""Steps: the dither of silence."""
FADE_S = 0.05
"""The end that a stop makes; a note that is struck before it has its own edge."""
CLICK_HZ, CLICK_RATIO, CLICK_FLOOR = 8_000.0, 2.0, 12.0
"""What is below the floor (steps) nobody hears: -68 dBFS."""
BEFORE_S = 0.5
CLOCK_BLOCKS = 150
"""Blocks by which time is told, the last ones: sound that is lost while nobody catches it moves what comes after."""
Samples = npt.NDArray[np.float64]


class Stopped(NamedTuple):
    silent_after_ms: float
    has_click: bool


def measure(progress: Callable[[str], None], *, quick: bool) -> list[Figure]:
    """Longest time to silence, and clicks, over all stops."""
    n_stops = QUICK_STOPS if quick else STOPS
    found: list[Stopped] = []
    with jack_server(f"isotone-{os.getpid()}") as surroundings:
        os.environ.update(surroundings)
        for number in range(n_stops):
            found.append(stop_once(number))
            progress(f"stops, {number + 1} of {n_stops}: {found[-1].silent_after_ms:.0f} ms")
    times = sorted(each.silent_after_ms for each in found)
    note = f"{n_stops} random moments, half of them within {times[len(times) // 2]:.0f} ms"
    return [
        Figure("stop to silence, at worst", times[-1], AT_MOST_MS, "at most", "ms", note),
        Figure("stops with a click", sum(each.has_click for each in found), 0.0, "at most", note=f"of {n_stops}"),
    ]


def stop_once(seed: int) -> Stopped:
    """Begin a session's sound, stop it at a random moment and listen."""
    moment_s = random.Random(seed).uniform(0.0, LATEST_S)
    with tempfile.TemporaryDirectory() as folder:
        command = interpreter("-m", "hardware.bench.lone_audio", folder, str(seed), "60", "system")
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as player:
            assert player.stdout
            assert player.stdout.readline() == "playing\n"
            capture = Capture()
            time.sleep(moment_s)
            asked_s = _stop(stop_path(Path(folder), "patient"))
            time.sleep(AFTER_S)
            capture.close()
            msgspec.json.decode(player.stdout.read(), type=Costs)
    return judge(capture.blocks, asked_s)


def _stop(door: Path) -> float:
    """Ask for silence; the moment before."""
    with socket.socket(socket.AF_UNIX) as line:
        asked_s = time.monotonic()
        line.connect(str(door))
        line.sendall(b'{"kind": "stop"}\n')
        line.recv(4096)
    return asked_s


def judge(blocks: Sequence[Block], asked_s: float) -> Stopped:
    """How long it sounded after `asked_s`, and whether its end clicks."""
    steps = np.concatenate([block.steps for block in blocks]).astype(np.float64)
    came = np.cumsum([len(block.steps) for block in blocks]) / SFREQ_HZ
    # Whoever catches may be late to look at a block, never early: the least late ones tell when sound came.
    since_s = min(block.at_s - at for block, at in zip(blocks[-CLOCK_BLOCKS:], came[-CLOCK_BLOCKS:], strict=True))
    heard_s = since_s + np.arange(len(steps)) / SFREQ_HZ
    sounding = np.flatnonzero(np.abs(steps).max(axis=1) > SILENT)
    last = int(sounding[-1]) if len(sounding) else 0
    return Stopped(1000.0 * max(0.0, float(heard_s[last]) - asked_s), has_click(steps, last))


def has_click(steps: Samples, last: int) -> bool:
    """Whether the end of the sound has sharp edges that the half second before it had not."""
    sharp = np.abs(signal.sosfilt(signal.butter(4, CLICK_HZ, "high", fs=SFREQ_HZ, output="sos"), steps, axis=0))
    begin = max(0, last - round(FADE_S * SFREQ_HZ))
    before = sharp[max(0, begin - round(BEFORE_S * SFREQ_HZ)) : begin]
    end = sharp[begin : last + round(0.01 * SFREQ_HZ)]
    usual = float(before.max()) if before.size else 0.0
    return bool(end.size and end.max() > max(CLICK_FLOOR, CLICK_RATIO * usual))
