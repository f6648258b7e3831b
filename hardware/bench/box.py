"""`isotone bench box`: how soon a press is heard, what an idle box costs, and what many sessions in a row leave.

The box runs as a user runs it, with keys for buttons; the sound is heard on the session's own bus, as the headphones
get it. From press to sound is what a listener waits: until the first sample above -60 dBFS. A session is stopped right
after that, and the next begins as soon as the box takes it, while the picture of the one before may still be drawn:
what draws is not counted, and at the end it must be gone. Growth is the median of the last tenth of the sessions over
that of the tenth after the first one, each looked at when the next session has loaded and waits. What grows is private
memory (USS): of a page that others map too, only a share counts in PSS, which changes as neighbours come and go.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import psutil

from device.box.session_child import WAITS
from device.clock import SystemClock
from device.messages import PcmBlock
from device.processes import ALWAYS_FOLDER, PROCESSES
from device.runtime.bus import Subscriber
from hardware.bench.figures import Figure, as_markdown, present
from hardware.bench.running_box import RunningBox, running

AUDIBLE = 33
"""-60 dBFS of 16 bits."""
SOUND_S, READY_S = 30.0, 60.0
SETTLE_S, IDLE_S = 10.0, 60.0
PLAYS_S, RESTS_S = 0.5, 0.5
"""A session is stopped so soon after its first sound, and the next press comes so long after it left nothing to do."""
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - it is only looked at
MEGABYTE = 2**20
SENSORS = "sensors"
CHORES, CHORES_S = ("summary", "box_examination", "announcement"), 1800.0
"""Work of the box that nobody waits for, and the time it is given at the end."""


class Trace(NamedTuple):
    """What one session left behind when the box was ready again."""

    press_s: float
    memory_mb: float
    """Private memory (USS) of all processes."""
    processes: int
    threads: int
    descriptors: int
    run_folders: int
    """Of sessions."""
    files: int
    """In the runtime folder."""
    shared_memory: int
    """Pieces there are, but for those of a sound server, which is no part of the box."""


def measure(n_sessions: int, progress: Callable[[str], None], *options: str) -> list[Figure]:
    """Run the box for `n_sessions` and say what was found."""
    with (
        tempfile.TemporaryDirectory(prefix="isobench") as folder,
        tempfile.TemporaryDirectory(prefix="isorun", ignore_cleanup_errors=True) as runtime,
        running(Path(folder), Path(runtime), *options, minutes=1.0) as box,
    ):
        box.wait_for_state("ready", READY_S)
        idle = _idle(box)
        progress(", ".join(f"{figure.name} {figure.measured}" for figure in idle))
        traces = []
        for index in range(n_sessions):
            traces.append(_session(box, Path(runtime)))
            progress(f"{index + 1}/{n_sessions} {traces[-1]}")
        box.wait_for(lambda: not _chores(box), CHORES_S)
        return [*idle, *_presses(traces), *_growth(traces)]


def _idle(box: RunningBox) -> list[Figure]:
    clock = SystemClock()
    clock.sleep(SETTLE_S)
    box.wait_for(lambda: not _chores(box), READY_S)
    before_s, began_ns = _cpu_s(box), clock.now_ns()
    clock.sleep(IDLE_S)
    cpu_percent = (_cpu_s(box) - before_s) / ((clock.now_ns() - began_ns) / 1e9) * 100
    names = ", ".join(f"{name} {mb:.0f}" for name, mb in _memory(box))
    radio = sum(SENSORS in name for name, _ in _memory(box))
    return [
        Figure("idle: memory of all (PSS)", sum(mb for _, mb in _memory(box)), 120, "at most", "MB", names),
        Figure("idle: processor", cpu_percent, 1, "at most", "% of one core", f"over {IDLE_S:.0f} s"),
        Figure("idle: processes that use the sensors' radio", radio, 0, "at most"),
    ]


def _session(box: RunningBox, runtime: Path) -> Trace:
    """One session from press to ready, stopped after a moment of music."""
    clock = SystemClock()
    pressed_ns = clock.now_ns()
    box.type(" ")
    box.wait_for(lambda: box.status["session_id"], SOUND_S)
    heard_ns = _await_sound(runtime / "isotone" / box.status["session_id"])
    clock.sleep(PLAYS_S)
    box.type("s")
    box.wait_for(lambda: box.status["state"] in ("ready", "needs_help"), READY_S)
    box.wait_for(lambda: _waits(box), READY_S)
    clock.sleep(RESTS_S)
    processes, threads, descriptors = _counts(box)
    return Trace(
        press_s=(heard_ns - pressed_ns) / 1e9,
        memory_mb=sum(mb for _, mb in _memory(box, "uss")),
        processes=processes,
        threads=threads,
        descriptors=descriptors,
        run_folders=sum(path.name != ALWAYS_FOLDER for path in (runtime / "isotone").iterdir() if path.is_dir()),
        files=sum(1 for _ in runtime.rglob("*")),
        shared_memory=sum(not path.name.startswith("jack") for path in SHARED_MEMORY.iterdir()),
    )


def _await_sound(run_dir: Path) -> int:
    """When the first audible sample reaches the headphones."""
    clock = SystemClock()
    deadline_ns = clock.now_ns() + round(SOUND_S * 1e9)
    subscriber = Subscriber(run_dir, ["audio"], ["pcm"])
    try:
        while clock.now_ns() < deadline_ns:
            for received in subscriber.receive(50):
                block = received.message
                assert isinstance(block, PcmBlock)
                loud = np.flatnonzero(np.abs(np.frombuffer(block.data, "<i2").astype(int)) >= AUDIBLE)
                if len(loud):
                    return block.t_ns + int(loud[0]) // 2 * 1_000_000_000 // block.sfreq_hz
    finally:
        subscriber.close()
    raise TimeoutError(f"no sound within {SOUND_S:.0f} s of the press")


# -- the box's family


def _family(box: RunningBox) -> list[psutil.Process]:
    """The box and what it started, but for chores, which may end at any moment."""
    found = []
    for process in box.family():
        with contextlib.suppress(psutil.NoSuchProcess):
            found += [process] if _name(process) not in CHORES else []
    return found


def _counts(box: RunningBox) -> tuple[int, int, int]:
    """Processes, threads and descriptors; looked at again where a process goes just now."""
    while True:
        with contextlib.suppress(psutil.NoSuchProcess):
            each = [(1, process.num_threads(), process.num_fds()) for process in _family(box)]
            n_processes, n_threads, n_descriptors = map(sum, zip(*each, strict=True))
            return n_processes, n_threads, n_descriptors


def _cpu_s(box: RunningBox) -> float:
    total_s = 0.0
    for process in _family(box):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total_s += times.user + times.system
    return total_s


def _memory(box: RunningBox, kind: Literal["pss", "uss"] = "pss") -> list[tuple[str, float]]:
    """Name and memory of each process, proportional or private; one that ends just now counts no more."""
    found = []
    for process in _family(box):
        with contextlib.suppress(psutil.NoSuchProcess):
            found.append((_name(process), getattr(process.memory_full_info(), kind) / MEGABYTE))
    return found


def _name(process: psutil.Process) -> str:
    words: list[str] = process.cmdline()
    if "device.host" in words:
        return words[words.index("device.host") + 1]
    if process.name() in PROCESSES:
        return str(process.name())
    module = words[words.index("-m") + 1] if "-m" in words else str(process.name())
    return "box" if module == "device.cli" else module.rpartition(".")[2]


def _chores(box: RunningBox) -> list[str]:
    """Names of the chores that are being done."""
    found = []
    for process in box.family():
        with contextlib.suppress(psutil.NoSuchProcess):
            found.append(_name(process))
    return [name for name in found if name in CHORES]


def _waits(box: RunningBox) -> bool:
    """Whether the next session has loaded and waits for a press."""
    for process in _family(box):
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.name() == WAITS:
                return True
    return False


# -- figures


def _presses(traces: Sequence[Trace]) -> list[Figure]:
    times = sorted(trace.press_s for trace in traces)
    n = len(times)
    note = f"{n} presses; median {statistics.median(times):.2f} s"
    return [
        Figure("press to first sound, worst", times[-1], 3.0, "at most", "s", note),
        Figure("press to first sound, 95 %", times[min(n - 1, round(0.95 * n))], 3.0, "at most", "s"),
    ]


def _growth(traces: Sequence[Trace]) -> list[Figure]:
    """What is there at the end beyond what was there at the beginning."""
    n = max(1, len(traces) // 10)
    first, last = traces[1 : 1 + n] or traces[:1], traces[-n:]

    def grown(of: Callable[[Trace], float]) -> tuple[float, str]:
        before, after = statistics.median(map(of, first)), statistics.median(map(of, last))
        return after - before, f"{before:.4g} to {after:.4g} in {len(traces)} sessions"

    rows = (
        ("memory (USS)", lambda trace: trace.memory_mb, 2.0, "MB"),
        ("processes", lambda trace: trace.processes, 0.0, ""),
        ("threads", lambda trace: trace.threads, 0.0, ""),
        ("descriptors", lambda trace: trace.descriptors, 0.0, ""),
        ("run folders", lambda trace: trace.run_folders, 0.0, ""),
        ("files in the runtime folder", lambda trace: trace.files, 0.0, ""),
        ("shared memory", lambda trace: trace.shared_memory, 0.0, ""),
    )
    return [
        Figure(f"growth: {name}", round(value, 2), limit, "at most", unit, note)
        for name, of, limit, unit in rows
        for value, note in [grown(of)]
    ]


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("isotone bench box", description=__doc__)
    parser.add_argument("--sessions", type=int, default=20, help="sessions in a row [20; the number asked for is 200]")
    parser.add_argument("--rig", action="store_true", help="with emulated sensors, whose processes then count too")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--out", type=Path, help="write a report (Markdown)")
    return parser.parse_args(arguments)


def main() -> int:
    options = _parse(sys.argv[1:])
    found = measure(
        options.sessions, lambda text: print(text, file=sys.stderr), *itertools.repeat("--rig", int(options.rig))
    )
    if options.out:
        options.out.write_text(as_markdown("The box", __doc__ or "", found), "utf-8")
    present(found, as_json=options.json)
    return int(not all(figure.is_met for figure in found))


if __name__ == "__main__":
    sys.exit(main())
