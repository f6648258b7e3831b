"""Runs cases in worker processes with limits on memory and time, and counts how they end."""

from __future__ import annotations

import contextlib
import importlib
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from device.errors import IsotoneError
from hardware.fuzz.targets import TARGETS, Target

MEMORY_MB = 1500
"""Address space that a worker may take beyond what it has once everything is imported."""
CASE_S = 20
"""A case that takes longer hangs."""
BATCH = 250
"""Cases that one forked worker runs; one that dies is followed by another, which goes on behind that case."""
SHOWN = 3


class Ending(msgspec.Struct, frozen=True):
    """How one case ended: `ok`, `refused` or `failed`, and where it failed."""

    case: int
    how: str
    where: str = ""
    seconds: float = 0.0


class Report(msgspec.Struct):
    """What became of all cases of a target."""

    target: str
    seed: int
    cases: int = 0
    ok: int = 0
    refused: int = 0
    failed: int = 0
    seconds: float = 0.0
    peak_mb: float = 0.0
    """Largest resident memory of a worker."""
    slowest_s: float = 0.0
    slowest: int = -1
    """The case that took that long."""
    failures: dict[str, list[int]] = {}
    """The first cases that failed, by the place where they did."""

    def count(self, ending: Ending) -> None:
        self.cases += 1
        if ending.seconds > self.slowest_s:
            self.slowest_s, self.slowest = ending.seconds, ending.case
        setattr(self, ending.how, getattr(self, ending.how) + 1)
        if ending.where:
            first = self.failures.setdefault(ending.where, [])
            if len(first) < SHOWN:
                first.append(ending.case)


class Batch(msgspec.Struct):
    """What workers tell of cases in a row; the last may have died before its last."""

    endings: list[Ending]
    peak_mb: float = 0.0


def fuzz(target: str, cases: int, seed: int, jobs: int, first: int = 0) -> Report:
    """Run `cases` cases from the number `first` on; the same seed and number make the same case."""
    report = Report(target=target, seed=seed)
    begun = time.monotonic()
    kind = _kind(target)
    batches = [range(at, min(at + BATCH, first + cases)) for at in range(first, first + cases, BATCH)]
    with ThreadPoolExecutor(jobs) as pool:
        for batch in pool.map(lambda numbers: _run(kind, seed, numbers), batches):
            for ending in batch.endings:
                report.count(ending)
            report.peak_mb = max(report.peak_mb, batch.peak_mb)
    report.seconds = time.monotonic() - begun
    return report


def _kind(target: str) -> type[Target]:
    module, _, name = TARGETS[target].partition(":")
    kind: type[Target] = getattr(importlib.import_module(module), name)
    return kind


def _run(kind: type[Target], seed: int, numbers: range) -> Batch:
    """All of these cases, in as many workers as it takes."""
    whole = Batch([])
    while len(whole.endings) < len(numbers):
        batch, died = _fork(kind, seed, numbers[len(whole.endings) :])
        whole.endings += batch.endings
        whole.peak_mb = max(whole.peak_mb, batch.peak_mb)
        if len(whole.endings) < len(numbers):
            whole.endings.append(Ending(numbers[len(whole.endings)], "failed", died or "ended early"))
    return whole


def _fork(kind: type[Target], seed: int, numbers: range) -> tuple[Batch, str]:
    """What a worker told, and how it died if it did."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    read_end, write_end = os.pipe()
    worker = os.fork()
    if worker == 0:
        os.close(read_end)
        _work(kind, seed, numbers, folder, write_end)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        lines = pipe.read().splitlines()
    _, status = os.waitpid(worker, 0)
    shutil.rmtree(folder, ignore_errors=True)
    told = [msgspec.json.decode(line, type=tuple[Ending, float]) for line in lines]
    peak_mb = max((peak_mb for _, peak_mb in told), default=0.0)
    return Batch([ending for ending, _ in told], peak_mb), _death(status)


def _death(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return f"hung for {CASE_S} s" if number == signal.SIGALRM else f"died by {signal.Signals(number).name}"
    return f"exited with {os.WEXITSTATUS(status)}" if os.WEXITSTATUS(status) else ""


def _work(kind: type[Target], seed: int, numbers: range, folder: Path, told: int) -> None:
    """Work as the worker: give one line for each case. The alarm ends a case, whatever it hangs in."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123
        sys.stderr = sys.stdout = nowhere
        target = kind(folder)
        limit = _address_space() + MEMORY_MB * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        for number in numbers:
            signal.alarm(CASE_S)
            begun = time.monotonic()
            how, where = _case(target, seed, number)
            ending = Ending(number, how, where, time.monotonic() - begun)
            peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            os.write(told, msgspec.json.encode((ending, peak_mb)) + b"\n")
    os._exit(0)


def _case(target: Target, seed: int, number: int) -> tuple[str, str]:
    try:
        target.run(random.Random(f"{seed}/{number}"))
    except IsotoneError:
        return "refused", ""
    except BaseException as error:  # noqa: BLE001 - this is what is looked for
        return "failed", _place(error)
    return "ok", ""


def _place(error: BaseException) -> str:
    """Kind of the error and the last line of ours that it passed."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/device/" in frame.filename] or frames
    return f"{type(error).__name__} at {Path(ours[-1].filename).name}:{ours[-1].lineno}"


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")


@contextlib.contextmanager
def one_case(target: str) -> Iterator[Any]:
    """A target in this process, for looking at a case that failed: `run(random.Random("SEED/NUMBER"))`."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        yield _kind(target)(Path(folder))
