"""Whether a bar is ever late when the composer gets but a share of one processor: starts, a day of play, a curve.

    python -m hardware.bench.late [--quick]      # all of it takes about an hour; how far it is stands on stderr

Every child plays under a real quota where the kernel lets us set one (`quota.py`), through the box's own conductor
and composer (`player.py`).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from device.runtime.interpreter import interpreter
from hardware.bench.figures import Figure, show
from hardware.bench.memory import SURROUNDINGS
from hardware.bench.player import Outcome
from hardware.bench.quota import Quota, limit

QUOTA = 1 / 4
CURVE = {1.0: "1", 1 / 4: "1/4", 1 / 8: "1/8", 1 / 16: "1/16"}
STARTS, PLAY_S, CURVE_S = 10_000, 24 * 3600, 3600
QUICK_STARTS, QUICK_PLAY_S, QUICK_CURVE_S = 200, 20 * 60, 5 * 60
SEED = 1

Progress = Callable[[str], None]


class PlayerDiedError(Exception):
    """A child that should have played ended otherwise; what it said stands in the message."""


def measure(progress: Progress, *, quick: bool) -> list[Figure]:
    """Late bars at a quarter of a processor, and how much of a bar's time composing takes at less and more."""
    starts, play_s, curve_s = (QUICK_STARTS, QUICK_PLAY_S, QUICK_CURVE_S) if quick else (STARTS, PLAY_S, CURVE_S)
    figures = []
    with limit(QUOTA) as quota:
        figures += _start_figures(starts, run(quota, "starts", starts, progress), quota)
        figures += _play_figures(play_s, run(quota, "play", play_s, progress), quota)
    for share, name in CURVE.items():
        with limit(share) as quota:
            outcome = run(quota, "play", curve_s, progress, f"at {name} of a processor, ")
        figures.append(_curve_figure(name, outcome, quota))
    return figures


def run(quota: Quota, work: str, amount: int, progress: Progress, where: str = "") -> Outcome:
    """What a child under the quota came to.

    Raises:
        PlayerDiedError: it did not finish.
    """
    command = interpreter("-m", "hardware.bench.player", work, str(amount), str(SEED), str(quota.slowdown))
    with subprocess.Popen(
        [*quota.prefix, *command], env=os.environ | SURROUNDINGS, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        outcome = Outcome()
        for line in process.stdout:
            outcome = msgspec.json.decode(line, type=Outcome)
            progress(f"{work}, {where}{_told(work, outcome, amount)}, {outcome.late} late")
        said = process.stderr.read().decode(errors="replace")
    if process.returncode:
        raise PlayerDiedError(f"{' '.join(command)} ended with {process.returncode}: {said[-2000:]}")
    return outcome


def _told(work: str, outcome: Outcome, amount: int) -> str:
    if work == "starts":
        return f"{outcome.bars // 2} of {amount}"
    return f"{outcome.music_s / 60:.0f} of {amount / 60:.0f} min"


def _start_figures(count: int, outcome: Outcome, quota: Quota) -> list[Figure]:
    opening = np.percentile(outcome.opening_s, (50, 99.9))
    note = f"quota 1/4, {quota.kind}; loading {opening[0]:.3f} s, 99.9 % {opening[1]:.3f} s"
    return [
        Figure(f"late bars in {count} starts", outcome.late, 0, "at most", note=note),
        Figure(f"bars that others composed in {count} starts", outcome.replaced, 0, "at most"),
        Figure(
            f"least time to spare in {count} starts", min(outcome.spare_s), 0.0, unit="s", note="before the deadline"
        ),
    ]


def _play_figures(seconds: int, outcome: Outcome, quota: Quota) -> list[Figure]:
    length = f"{seconds / 3600:g} h" if seconds >= 3600 else f"{seconds / 60:g} min"
    note = f"quota 1/4, {quota.kind}; {outcome.bars} bars"
    return [
        Figure(f"late bars in {length} of play", outcome.late, 0, "at most", note=note),
        Figure(f"bars that others composed in {length} of play", outcome.replaced, 0, "at most"),
        Figure(
            f"least time to spare in {length} of play", min(outcome.spare_s), 0.0, unit="s", note="before the deadline"
        ),
    ]


def _curve_figure(name: str, outcome: Outcome, quota: Quota) -> Figure:
    used = np.percentile(outcome.shares, (50, 99.9))
    note = f"{quota.kind}; median {used[0]:.3g}, {outcome.bars} bars, {outcome.late} late"
    figure = f"share of a bar used at {name} of a processor, 99.9 %"
    return Figure(figure, float(used[1]), 1.0, "at most", note=note)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m hardware.bench.late", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="200 starts and 20 minutes of play")
    options = parser.parse_args(argv)
    show(measure(lambda text: print(text, file=sys.stderr, flush=True), quick=options.quick))
    return 0


if __name__ == "__main__":
    sys.exit(main())
