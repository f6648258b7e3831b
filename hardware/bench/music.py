"""`isotone bench music`: the figures of the composer, as anyone can repeat them.

    python -m hardware.bench.music [--data DIR] [--quick] [--part NAME] [--peers-python PYTHON] [--jobs N] [--done FILE]
        [--seeds FIRST-LAST] [--json] [--out FILE.md]

Without --quick it takes hours, most of them in the parts late and validity, which `--part` runs alone. What needs the
data folder, or a rival that is not installed, is left out, and a line says so.
"""

from __future__ import annotations

import argparse
import datetime as dt
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from device.config import MusicConfig
from device.music import GENERATORS
from export.music import judges
from hardware.bench import (
    breath,
    late,
    memory,
    performance,
    quality,
    speed,
    steering,
    tunes,
    validity,
    witness_cues,
    witnesses,
)
from hardware.bench.figures import Figure, as_markdown, present
from hardware.bench.plane import Steering

EMOPIA = "restricted/music_emopia"
JUDGES = ("cues", "emopia")
SEEDS, QUICK_SEEDS = 40, 2
PIECE_BARS = 20
PROGRESS_S = 30.0
"""How often a log is told how far it is."""
Progress = Callable[[str], None]


def _speed(options: argparse.Namespace, progress: Progress) -> list[Figure]:
    if not options.peers_python:
        print("isotone: without --peers-python ours is not raced against MIDI-GPT.", file=sys.stderr)
    return speed.measure(progress, quick=options.quick, peers_python=options.peers_python)


def _memory(_options: argparse.Namespace, _progress: Progress) -> list[Figure]:
    return memory.measure()


def _late(options: argparse.Namespace, progress: Progress) -> list[Figure]:
    return late.measure(progress, quick=options.quick)


def _validity(options: argparse.Namespace, progress: Progress) -> list[Figure]:
    return validity.measure(progress, quick=options.quick, jobs=options.jobs, done=options.done)


def _steering(options: argparse.Namespace, progress: Progress) -> list[Figure]:
    """How two judges that no training used hear pieces all over the plane; one of them needs EMOPIA."""
    emopia = options.data and options.data / EMOPIA
    clips = judges.read_emopia(emopia) if emopia and emopia.is_dir() else None
    with tempfile.TemporaryDirectory() as folder:
        seeds = QUICK_SEEDS if options.quick else SEEDS
        tasks = steering.tasks_of(Path(folder), "transformer", MusicConfig().model, seeds, PIECE_BARS)
        for number, _ in enumerate(steering.compose_all(tasks, options.jobs)):
            progress(f"steering, piece {number + 1} of {len(tasks)}")
        report = steering.judge(tasks, judges.fit(clips) if clips else None, lambda items: items)
    heard = report["judges"]
    return [figure for name in JUDGES if name in heard for figure in _follows(name, heard[name])]


def _follows(judge: str, found: Steering) -> list[Figure]:
    places = f"{found.n_pieces} pieces"
    lines = found.arousal.rising_lines + found.valence.rising_lines
    return [
        Figure(f"steering, {judge}: arousal, R2", found.arousal.r2, 0.95, note=places),
        Figure(f"steering, {judge}: valence, R2", found.valence.r2, 0.85, note=places),
        Figure(f"steering, {judge}: right quadrant", found.quadrants, 0.85, note=places),
        Figure(f"steering, {judge}: rows and columns that rise", lines, 2 * len(steering.LEVELS)),
    ]


def _performance(options: argparse.Namespace, progress: Progress) -> list[Figure]:
    return performance.measure(progress, quick=options.quick)


def _quality(options: argparse.Namespace, progress: Progress) -> list[Figure]:
    if options.data is None:
        print("isotone: without --data ours is not held against people's music.", file=sys.stderr)
        return quality.nats()
    return quality.measure(options.data / "open", progress, quick=options.quick, jobs=options.jobs)


def _breath(options: argparse.Namespace, progress: Progress) -> list[Figure]:
    """The table of what makes music breathe, by generator and mood, beside people's; it is printed, too."""
    if options.data is None:
        print("isotone: without --data nothing tells how people's music breathes.", file=sys.stderr)
        return []
    measured = breath.measure(
        options.data / "open", progress, quick=options.quick, seeds=options.seeds, generators=list(GENERATORS)
    )
    verdicts = breath.judged(measured, options.peers_python) if options.peers_python else {}
    if not options.as_json:
        print(breath.as_report(measured, verdicts))
    return [*breath.figures(measured), *breath.verdict_figures(verdicts)]


def _tunes(options: argparse.Namespace, _progress: Progress) -> list[Figure]:
    return tunes.measure(quick=options.quick)


def _witnesses(options: argparse.Namespace, progress: Progress) -> list[Figure]:
    """What outsiders hear of our moods, and what they can hear at all; printed, and drawn beside the report."""
    if not options.peers_python:
        print("isotone: without --peers-python nobody from outside hears our moods.", file=sys.stderr)
        return []
    python, generator = options.peers_python, MusicConfig().generator
    seeds = witnesses.seeds_of(quick=options.quick, asked=options.seeds)
    heard = {generator: witnesses.hear(generator, seeds, python, progress)}
    if not options.as_json:
        print(witnesses.as_report(heard))
        found = witness_cues.weights(range(len(seeds)), python, progress)
        steps = witness_cues.ladder(generator, seeds[: 1 + len(seeds) // 3], python, progress)
        print(witness_cues.as_report(found, steps))
    if options.out:
        witnesses.draw(heard, options.out.with_suffix(".png"))
    return witnesses.figures(heard)


PARTS = {
    "speed": _speed,
    "memory": _memory,
    "performance": _performance,
    "late": _late,
    "validity": _validity,
    "steering": _steering,
    "quality": _quality,
    "breath": _breath,
    "tunes": _tunes,
    "witnesses": _witnesses,
}


def measure(options: argparse.Namespace, progress: Progress) -> list[Figure]:
    """The asked part, or all."""
    return [figure for name, part in PARTS.items() if options.part in ("", name) for figure in part(options, progress)]


@contextmanager
def telling() -> Iterator[Progress]:
    """Shows how far it is: in place on a terminal, a line now and then in a log."""
    console = Console(stderr=True)
    if console.is_terminal:
        with console.status("") as status:
            yield status.update
        return
    told_s = 0.0

    def tell(text: str) -> None:
        nonlocal told_s
        if time.monotonic() - told_s > PROGRESS_S:
            told_s = time.monotonic()
            print(text, file=sys.stderr, flush=True)

    yield tell


def report(figures: list[Figure], *, quick: bool) -> str:
    """The figures for people, with what they were measured on."""
    size = "a quick run: small samples" if quick else "the full run"
    preface = f"`isotone bench music` ({size}) of {MusicConfig().model}, one thread of {processor()}."
    return as_markdown(f"The composer, {dt.datetime.now(dt.UTC):%Y-%m-%d}, {platform.machine()}", preface, figures)


def processor() -> str:
    """What the machine calls its processor."""
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("model name", "Model"):
            return value.strip()
    return platform.machine()


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="isotone bench music", description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, help="folder that holds open/ and restricted/, for the judges")
    parser.add_argument("--quick", action="store_true", help="small samples: minutes instead of hours")
    parser.add_argument("--part", default="", choices=["", *PARTS])
    parser.add_argument(
        "--peers-python", default="", help="an interpreter with the extra peers-music, or with the witnesses"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes that compose at once, where nothing is timed")
    parser.add_argument("--done", type=Path, help="file for validity to go on from when it was cut off")
    parser.add_argument(
        "--seeds", type=breath.seeds_of, help="of the parts breath and witnesses, as 0-59 [default: from 7000 on]"
    )
    parser.add_argument("--json", action="store_true", dest="as_json")
    parser.add_argument("--out", type=Path, help="also write a report (Markdown)")
    options = parser.parse_args(argv)
    if options.data and not (options.data / "open").is_dir():
        print(f"isotone: {options.data} holds no folder open/. Name the data folder.", file=sys.stderr)
        return 8
    try:
        with telling() as progress:
            figures = measure(options, progress)
    except speed.RivalMissingError as error:
        print(f"isotone: {error}", file=sys.stderr)
        return 11
    if options.out:
        options.out.write_text(report(figures, quick=options.quick), "utf-8")
    present(figures, as_json=options.as_json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
