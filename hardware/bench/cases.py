"""`python -m hardware.bench.cases --cases 1000000` tries the guards' properties on a million random cases.

The properties are those of the rooms' own tests (`--room`), where hypothesis looks for a case that breaks them, in
rounds with one seed each, as a single long search only fills the memory with what it has tried. The first round that
fails is printed and ends the search: `--seed` says where it begins.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from device.console.printing import say, say_json
from hardware.bench.room_tests import ROOMS, ROOT, own_tests
from hardware.simulation.workers import Workers, each

TIMES = 20
"""So many times as many cases of each property as the tests usually make."""
AT_ONCE = 2
"""Rounds that a worker is given before it is looked at how many cases there are."""
PROPERTY = re.compile(r"^(?P<file>tests/\S+?\.py)::(?P<name>\w+)")
PASSED = re.compile(r"^ +- (?P<passing>\d+) passing\b")


class Search(NamedTuple):
    """One round."""

    seed: int
    tests: tuple[str, ...]


class Found(NamedTuple):
    """How many cases of each property held, by `file::name`, and what was printed where one did not."""

    cases: Counter[str]
    broken: str = ""


def search(asked: Search) -> Found:
    """One round, in an interpreter of its own."""
    # Where CI is set, hypothesis would make the same cases every time.
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    environment |= {"ISOTONE_CASES": str(TIMES), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    options = ("-q", "-m", "hypothesis", f"--hypothesis-seed={asked.seed}", "--hypothesis-show-statistics")
    command = [sys.executable, "-m", "pytest", *options, "--timeout=3600", *asked.tests]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, text=True, capture_output=True)
    return Found(counted(done.stdout), (done.stdout + done.stderr) if done.returncode else "")


def counted(told: str) -> Counter[str]:
    """The cases that hypothesis says it made."""
    cases: Counter[str] = Counter()
    name = ""
    for line in told.splitlines():
        if property_ := PROPERTY.match(line):
            name = f"{property_['file']}::{property_['name']}"
        elif passed := PASSED.match(line):
            cases[name] += int(passed["passing"])
    return cases


def search_all(wanted: int, seed: int, tests: tuple[str, ...], workers: Workers) -> Found:
    """Rounds until there were as many cases as wanted, or one broke a property."""
    cases: Counter[str] = Counter()
    while cases.total() < wanted:
        rounds = [Search(seed + index, tests) for index in range(AT_ONCE * workers.jobs)]
        seed += len(rounds)
        for found in each(search, rounds, workers):
            cases += found.cases
            if found.broken or not found.cases:
                return Found(cases, found.broken or "no property was found")
        say(f"{cases.total()} cases, to seed {seed - 1}", err=True)
    return Found(cases)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m hardware.bench.cases", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--room", action="append", help=f"default: {', '.join(ROOMS)}")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", action="store_true", dest="as_json")
    asked = parser.parse_args(arguments)
    began_s = time.monotonic()
    tests = tuple(own_tests(room) for room in asked.room or ROOMS)
    found = search_all(asked.cases, asked.seed, tests, Workers(asked.jobs))
    report: dict[str, Any] = {
        "cases": found.cases.total(),
        "is_broken": bool(found.broken),
        "seconds": round(time.monotonic() - began_s),
        "properties": dict(sorted(found.cases.items())),
    }
    if asked.as_json:
        say_json(report)
    else:
        for name, value in (report | report.pop("properties")).items():
            say(f"{value:>10} {name}")
    if found.broken:
        say(found.broken, err=True)
    return int(bool(found.broken))


if __name__ == "__main__":
    raise SystemExit(main())
