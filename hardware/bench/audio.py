"""`isotone bench audio`: the figures of the sound, as anyone can repeat them.

    python -m hardware.bench.audio [--quick] [--long] [--part NAME] [--json] [--out FILE.md]

The parts cost and stops need Debian's jackd2; where it is missing they are left out, and a line says so.
"""

from __future__ import annotations

import argparse
import datetime as dt
import platform
import sys
from pathlib import Path

from device.errors import SystemMissingError
from hardware.bench import dose, held_loudness, sound_cost, stops
from hardware.bench.figures import Figure, as_markdown, present
from hardware.bench.music import Progress, processor, telling


def _loudness(options: argparse.Namespace, progress: Progress) -> list[Figure]:
    return held_loudness.measure(progress, quick=options.quick)


def _cost(options: argparse.Namespace, progress: Progress) -> list[Figure]:
    return sound_cost.measure(progress, quick=options.quick, long=options.long)


def _stops(options: argparse.Namespace, progress: Progress) -> list[Figure]:
    return stops.measure(progress, quick=options.quick)


def _dose(options: argparse.Namespace, progress: Progress) -> list[Figure]:
    return dose.measure(progress, quick=options.quick)


PARTS = {"cost": _cost, "stops": _stops, "loudness": _loudness, "dose": _dose}


def measure(options: argparse.Namespace, progress: Progress) -> list[Figure]:
    """The asked part, or all that this machine can."""
    figures: list[Figure] = []
    for name, part in PARTS.items():
        if options.part not in ("", name):
            continue
        try:
            figures += part(options, progress)
        except SystemMissingError as error:
            print(f"isotone: {name} is left out. {error} {error.action}", file=sys.stderr)
    return figures


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="isotone bench audio", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small samples: minutes instead of hours")
    parser.add_argument("--long", action="store_true", help="underruns over an hour in real time")
    parser.add_argument("--part", default="", choices=["", *PARTS])
    parser.add_argument("--json", action="store_true", dest="as_json")
    parser.add_argument("--out", type=Path, help="also write a report (Markdown)")
    options = parser.parse_args(argv)
    with telling() as progress:
        figures = measure(options, progress)
    if options.out:
        preface = f"`isotone bench audio`, {'a quick run' if options.quick else 'the full run'}, on {processor()}."
        title = f"The sound, {dt.datetime.now(dt.UTC):%Y-%m-%d}, {platform.machine()}"
        options.out.write_text(as_markdown(title, preface, figures), "utf-8")
    present(figures, as_json=options.as_json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
