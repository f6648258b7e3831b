"""Stop to silence at random moments, as it is heard: the real engine plays on JACK, and its sound is caught there.

    python -m hardware.bench.stops [--count 1000] [--part K/N] [--keep FOLDER] --out FILE.jsonl

The stop goes to audio's own door, which needs neither manager nor composer; both are absent here, as if they hung. The
time runs from before the wish is sent to the last sample that is not silent, as a second process caught it, so it
includes what the card holds. What hangs, dies or speaks around audio is `hardware.bench.stopped_box`'s.
"""

from __future__ import annotations

import argparse
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec
import numpy as np

from device.runtime.door import stop_path
from device.runtime.interpreter import environment, interpreter
from hardware.bench.clicks import has_click
from hardware.bench.figures import Figure
from hardware.bench.jack_capture import SFREQ_HZ, Block, Capture, jack_server
from hardware.bench.stop_rounds import STATES

STOPS, QUICK_STOPS = 1000, 20
AT_MOST_MS = 100.0
AFTER_S = 0.4
"""So long it is listened after a stop."""
SILENT = 1
"""Steps: the dither of silence."""
CLOCK_BLOCKS = 150
"""Blocks by which time is told, the last ones: sound that is lost while nobody catches it moves what comes after."""


class Stopped(msgspec.Struct, frozen=True):
    """One stop, and what was heard of it."""

    state: str
    seed: int
    silent_after_ms: float
    has_click: bool
    was_silent: bool = False
    """Nothing sounded when it was stopped."""
    is_torn: bool = False
    """The catching lost sound meanwhile, so that nothing can be said of it."""


def measure(progress: Callable[[str], None], *, quick: bool) -> list[Figure]:
    """Longest time to silence, and clicks, over all stops of audio alone."""
    n_stops = QUICK_STOPS if quick else STOPS
    found = []
    for stopped in stop_all(drawn(n_stops)):
        found.append(stopped)
        progress(f"stops, {len(found)} of {n_stops}: {stopped.state} {stopped.silent_after_ms:.0f} ms")
    return figures_of(found)


def drawn(n_stops: int) -> list[tuple[str, int]]:
    """States and seeds of so many stops, most of them while music plays."""
    names = [name for name, state in STATES.items() for _ in range(max(1, round(state.share * n_stops)))]
    return [(name, seed) for seed, name in enumerate(random.Random(n_stops).sample(names, len(names)))]


def figures_of(found: Sequence[Stopped]) -> list[Figure]:
    """Each state's longest time, and all clicks, of the stops that were caught whole."""
    n_torn = sum(each.is_torn for each in found)
    found = [each for each in found if not each.is_torn]
    rows = []
    for state in dict.fromkeys(each.state for each in found):
        own = sorted(each.silent_after_ms for each in found if each.state == state)
        silent = sum(each.was_silent for each in found if each.state == state)
        note = f"{len(own)} random moments, half of them within {own[len(own) // 2]:.0f} ms"
        note += f"; {silent} in silence" if silent else ""
        rows.append(Figure(f"stop to silence, {state}", own[-1], AT_MOST_MS, "at most", "ms", note))
    clicks = sum(each.has_click for each in found)
    return [
        *rows,
        Figure(
            "stops with a click", clicks, 0.0, "at most", note=f"of {len(found)}; {n_torn} more were not caught whole"
        ),
    ]


def stop_all(stops: Iterable[tuple[str, int]], keep: Path | None = None) -> Iterator[Stopped]:
    """Stop audio in each state; the sound of those that click is kept as (frames, 2) steps in `keep`."""
    with jack_server(f"isotone-{os.getpid()}") as surroundings, tempfile.TemporaryDirectory() as folder:
        os.environ.update(surroundings)
        with _player(Path(folder)) as player:
            for name, seed in stops:
                capture, asked_s = _stop_once(player, Path(folder), name, seed)
                stopped = judge(name, seed, capture.blocks, asked_s, is_torn=capture.has_lost)
                if keep and stopped.has_click:
                    np.save(keep / f"{name}-{seed}.npy", np.concatenate([block.steps for block in capture.blocks]))
                yield stopped


@contextmanager
def _player(folder: Path) -> Iterator[subprocess.Popen[str]]:
    command = interpreter("-m", "hardware.bench.stop_rounds", str(folder), "system")
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment(), text=True, bufsize=1) as player:
        try:
            yield player
        finally:
            player.kill()


def _stop_once(player: subprocess.Popen[str], folder: Path, name: str, seed: int) -> tuple[Capture, float]:
    """Play in a state, stop at a random moment and listen."""
    state = STATES[name]
    assert player.stdin
    assert player.stdout
    player.stdin.write(f"{name} {seed}\n")
    _await(player.stdout, "open")
    capture = Capture()
    player.stdin.write("go\n")
    if name != "starting":
        _await(player.stdout, "playing")
    time.sleep(random.Random(seed).uniform(state.from_s, state.to_s))
    asked_s = knock(stop_path(folder, "patient"))
    _await(player.stdout, "over")
    time.sleep(AFTER_S)
    capture.close()
    return capture, asked_s


def _await(lines: IO[str], wanted: str) -> None:
    while (line := lines.readline().strip()) != wanted:
        if not line:
            raise ChildProcessError(f"the player ended before it said `{wanted}`")


def knock(door: Path) -> float:
    """Ask for silence; the moment before."""
    with socket.socket(socket.AF_UNIX) as line:
        while True:
            asked_s = time.monotonic()
            try:
                line.connect(str(door))
                break
            except OSError:
                time.sleep(0.001)  # it is only just beginning
        line.sendall(b'{"kind": "stop"}\n')
        line.recv(4096)
    return asked_s


def judge(state: str, seed: int, blocks: Sequence[Block], asked_s: float, *, is_torn: bool = False) -> Stopped:
    """How long it sounded after `asked_s`, and whether its end clicks."""
    steps = np.concatenate([block.steps for block in blocks]).astype(np.float64)
    came = np.cumsum([len(block.steps) for block in blocks]) / SFREQ_HZ
    # Whoever catches may be late to look at a block, never early: the least late ones tell when sound came.
    since_s = min(block.at_s - at for block, at in zip(blocks[-CLOCK_BLOCKS:], came[-CLOCK_BLOCKS:], strict=True))
    sounding = np.flatnonzero(np.abs(steps).max(axis=1) > SILENT)
    last = int(sounding[-1]) if len(sounding) else 0
    late_s = float(since_s + last / SFREQ_HZ - asked_s)
    clicks = bool(len(sounding)) and has_click(steps, last)
    return Stopped(state, seed, 1000.0 * max(0.0, late_s), clicks, was_silent=late_s <= 0.0, is_torn=is_torn)


def caught_in(file: Path) -> set[tuple[str, int]]:
    """States and seeds of the stops that an earlier run caught whole."""
    lines = file.read_bytes().splitlines() if file.exists() else []
    found = [msgspec.json.decode(line, type=Stopped) for line in lines]
    return {(each.state, each.seed) for each in found if not each.is_torn}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=STOPS, help="stops in all")
    parser.add_argument("--part", default="0/1", help="of these the K-th of N shares, for several at once")
    parser.add_argument("--keep", type=Path, help="folder for the sound of stops that click")
    parser.add_argument(
        "--out", type=Path, required=True, help="a line of JSON for each stop; those in it are left out"
    )
    options = parser.parse_args(argv)
    first, step = (int(word) for word in options.part.split("/"))
    caught = caught_in(options.out)
    with options.out.open("ab", buffering=0) as out:
        wanted = [stop for stop in drawn(options.count)[first::step] if stop not in caught]
        for stopped in stop_all(wanted, options.keep):
            out.write(msgspec.json.encode(stopped) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
