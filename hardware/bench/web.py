"""`isotone bench web`: what the pages cost a box, and how soon a page is obeyed.

The box runs as a user runs it, with the rig's sensors; its pages are asked over real sockets by three visitors, one in
each role, whose events stay open. From a page to the music is the time from a button's request to the answer that audio
obeys it: it answers once the wish is in the performance of the notes that are planned already.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from hardware.bench.figures import Figure, as_markdown, present
from hardware.bench.running_box import RunningBox, running
from hardware.bench.visitor import Visitor

READY_S, MUSIC_S = 120.0, 120.0
MEGABYTE = 2**20
WISHES, APART_S = 200, 0.06
"""Wishes that are timed, and the time between them: a role has twenty a second."""


def measure(seconds: float) -> list[Figure]:
    """Run a box and its pages for `seconds` with three pages open, and say what was found."""
    with (
        tempfile.TemporaryDirectory(prefix="isobench") as folder,
        tempfile.TemporaryDirectory(prefix="isorun", ignore_cleanup_errors=True) as runtime,
        running(Path(folder), Path(runtime), "--rig", "--web", minutes=seconds / 60 + 10) as box,
    ):
        box.wait_for_state("ready", READY_S)
        web = _web(box)
        idle = _memory_mb(web)
        idle_percent = _load_percent(web, seconds / 2)
        visitors = [Visitor(box.port, role, code) for role, code in box.codes.items()]
        weights = [_weight(role, visitor) for role, visitor in zip(box.codes, visitors, strict=True)]
        with contextlib.ExitStack() as pages:
            for visitor in visitors:
                pages.enter_context(visitor.watching())
            with visitors[0].line() as line:
                visitors[0].post(line, "press", {"button": "play"})
                box.wait_for_state("session", MUSIC_S)
            percent = _load_percent(web, seconds)
            obeyed_ms = _obeyed_ms(visitors[0])
            busy = _memory_mb(web)
    return [
        Figure("memory (PSS), no page open", idle, 60.0, "at most", "MB"),
        Figure("memory (PSS), three pages open", busy, 60.0, "at most", "MB"),
        Figure("load, no page open", idle_percent, 2.0, "at most", "% of a core", f"over {seconds / 2:.0f} s"),
        Figure("load, three pages open in a session", percent, 2.0, "at most", "% of a core", f"over {seconds:.0f} s"),
        *weights,
        _latency(obeyed_ms),
    ]


def _web(box: RunningBox) -> psutil.Process:
    """The process `web`, once it answers."""
    found: list[psutil.Process] = []

    def is_there() -> bool:
        found[:] = [each for each in box.family() if "web" in each.cmdline() and "device.host" in each.cmdline()]
        return bool(found)

    box.wait_for(is_there)
    return found[0]


def _memory_mb(process: psutil.Process) -> float:
    return float(round(process.memory_full_info().pss / MEGABYTE, 1))


def _load_percent(process: psutil.Process, seconds: float) -> float:
    """Processor time that it takes, which a busy machine stretches but does not change."""
    before, began = process.cpu_times(), time.monotonic()
    time.sleep(seconds)
    after = process.cpu_times()
    spent_s = after.user + after.system - before.user - before.system
    return float(round(spent_s / (time.monotonic() - began) * 100, 2))


def _weight(role: str, visitor: Visitor) -> Figure:
    return Figure(f"weight of the {role}'s page", round(visitor.weight() / 1000, 1), 150.0, "at most", "kB")


def _obeyed_ms(visitor: Visitor) -> list[float]:
    """From a button's request to the word of audio that it is obeyed, of each wish."""
    times = []
    with visitor.line() as line:
        for index in range(WISHES):
            began = time.monotonic()
            answer = visitor.post(line, "wish", {"kind": ("softer", "louder")[index % 2]})
            times.append((time.monotonic() - began) * 1000)
            assert answer["answer"] == "taken", answer
            time.sleep(APART_S)
    return sorted(times)


def _latency(times: list[float]) -> Figure:
    worst = times[min(len(times) - 1, round(0.99 * len(times)))]
    note = f"{len(times)} wishes; median {statistics.median(times):.1f} ms, worst {times[-1]:.0f} ms"
    return Figure("from a page to the music, 99 %", round(worst, 1), 150.0, "at most", "ms", note)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("isotone bench web", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long load is looked at [60]")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--out", type=Path, help="write a report (Markdown)")
    return parser.parse_args(arguments)


def main() -> int:
    options = _parse(sys.argv[1:])
    found = measure(options.seconds)
    if options.out:
        options.out.write_text(as_markdown("The pages of a box", str(__doc__), found), "utf-8")
    present(found, as_json=options.json)
    return 0 if all(figure.is_met for figure in found) else 1


if __name__ == "__main__":
    sys.exit(main())
