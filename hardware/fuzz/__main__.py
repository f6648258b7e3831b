"""`python -m hardware.fuzz`: a table of what became of the cases; exit 1 where any failed."""

from __future__ import annotations

import argparse
import random
import sys

import msgspec
from rich.console import Console
from rich.table import Table

from hardware.fuzz.runner import CASE_S, MEMORY_MB, Report, fuzz, one_case
from hardware.fuzz.targets import TARGETS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m hardware.fuzz", description=__doc__)
    parser.add_argument("--target", action="append", choices=sorted(TARGETS), help="default: all")
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--show", type=int, metavar="CASE", help="run this one case here, with its traceback")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    targets = asked.target or sorted(TARGETS)
    if asked.show is not None:
        with one_case(targets[0]) as target:
            target.run(random.Random(f"{asked.seed}/{asked.show}"))
        return
    reports = [fuzz(name, asked.cases, asked.seed, asked.jobs, asked.first) for name in targets]
    if asked.json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(reports)) + b"\n")
    else:
        _print(reports)
    sys.exit(int(any(report.failed for report in reports)))


def _print(reports: list[Report]) -> None:
    table = Table("target", "cases", "ok", "refused", "failed", "seconds", "peak MB", "slowest s (case)")
    for report in reports:
        counts = (report.cases, report.ok, report.refused, report.failed)
        measures = (f"{report.seconds:.0f}", f"{report.peak_mb:.0f}", f"{report.slowest_s:.1f} ({report.slowest})")
        table.add_row(report.target, *map(str, counts), *measures)
    console = Console()
    console.print(table)
    print(f"Limits: {MEMORY_MB} MB beyond the imports, {CASE_S} s a case.")
    for report in reports:
        for where, cases in sorted(report.failures.items()):
            print(f"{report.target}: {where}: cases {', '.join(map(str, cases))}")


if __name__ == "__main__":
    main()
