"""Does the music go where it is asked? A grid over the valence-arousal plane, composed as the box does, and judged.

    python -m hardware.bench.steering --out DIR --generator transformer --emopia DIR [--seeds 40] [--bars 20]
        [--metre 3/4] [--json]

The judges (export/music/judges.py) stand in for people. Pieces already in DIR are judged again without composing;
`--fresh` composes them anew, as a changed model or generator of the same name needs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, get_args

import msgspec
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from device.commands.piece import Studio, Wish
from device.config import MusicConfig, WishedMetre
from device.control.plan.journey import Journey, Point
from device.errors import IsotoneError
from device.expression import CUES
from device.music import GENERATORS
from device.sessions.interchange import write_midi
from export.music import cues, midi
from export.music.judges import FEATURES, EmopiaJudge, cross_validate, fit, judge_all, read_emopia
from hardware.bench.intents import config_of
from hardware.bench.plane import AXES, Follows, draw, follow, trends

Floats = npt.NDArray[np.float64]
FIRST_SEED = 4000
"""The mapping from valence and arousal to cues was shaped with these judges, and seeds below this one, in view."""
LEVELS = (-1.0, -0.5, 0.0, 0.5, 1.0)
JOBS_MAX = 2
LOGITS = {(of, way): f"{of} logit, {way}" for of in AXES for way in AXES}
"""What EMOPIA's judge makes of a cue: its logit of one axis, as the other or the same is asked."""


class Task(NamedTuple):
    """A piece to be composed."""

    path: Path
    generator: str
    model: str
    valence: float
    arousal: float
    seed: int
    bars: int
    metre: WishedMetre = "any"


def tasks_of(folder: Path, generator: str, model: str, seeds: int, bars: int, metre: WishedMetre = "any") -> list[Task]:
    """The whole grid, in a folder of its own per generator, model, length and metre."""
    kind = generator if generator != "transformer" else model
    kind += "" if metre == "any" else f"-{metre.replace('/', '')}"
    return [
        Task(folder / f"{kind}-{bars}" / f"v{v:+.1f}a{a:+.1f}s{seed:04}.mid", generator, model, v, a, seed, bars, metre)
        for seed in range(FIRST_SEED, FIRST_SEED + seeds)
        for a in LEVELS
        for v in LEVELS
    ]


def compose(task: Task) -> list[str]:
    """Write one piece the way the box makes it; the bars where another generator had to step in, in words."""
    config = config_of(task.seed, task.generator, task.metre, task.model)
    wish = Wish(Journey([Point(valence=task.valence, arousal=task.arousal, bar=0.0)]), task.bars)
    piece = Studio(config, wish, None, lambda _: None).compose()
    task.path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = task.path.with_suffix(".part")
    write_midi(unfinished, piece.played, [(bar.tonic_pc, bar.mode) for bar in piece.bars])
    unfinished.replace(task.path)
    return piece.fallbacks()


def compose_all(tasks: Sequence[Task], jobs: int) -> Iterator[list[str]]:
    """Compose in this process or in several."""
    if jobs == 1:
        yield from map(compose, tasks)
        return
    with ProcessPoolExecutor(min(jobs, JOBS_MAX)) as pool:
        yield from pool.map(compose, tasks, chunksize=4)


def _composed(task: Task) -> midi.Piece:
    """The piece without its last chord, which rings on for bars in which nothing is composed."""
    whole = midi.read(task.path)
    return whole.between_bars(0, task.bars - 1) or whole


def judge(tasks: Sequence[Task], emopia: EmopiaJudge | None, told: Any) -> dict[str, Any]:
    """All figures, by both judges where both are there."""
    asked = np.array([(task.valence, task.arousal) for task in tasks])
    pieces = [_composed(task) for task in told(tasks)]
    measured = [_from_middle(cues.measure(piece)) for piece in pieces]
    judged = judge_all(measured, emopia)
    report: dict[str, Any] = {
        "judges": {name: follow(asked, np.array(said)) for name, said in judged.items()},
        "cues": trends(asked, np.array(measured), cues.Cues._fields),
    }
    if emopia:
        odds = 2.0 * np.array([emopia.probabilities(piece) for piece in measured]) - 1.0
        report["judges"]["emopia, as probabilities"] = follow(asked, odds)
        added = np.array([list(emopia.contributions(piece).values()) for piece in measured])
        report["emopia_logits"] = {
            axis: trends(asked, added[:, :, number], FEATURES) for number, axis in enumerate(("valence", "arousal"))
        }
    return report


def _from_middle(measured: cues.Cues) -> cues.Cues:
    """The cues with the level told from the middle of the box's range.

    Its 0 dB is the listener's ceiling, so that its music lies below the middle of MIDI whatever it expresses; listeners
    and EMOPIA's transcriber were given levels around a middle.
    """
    return measured._replace(level_db=measured.level_db - (CUES["loudness_db"].low + CUES["loudness_db"].high) / 2)


# -- the command


def main(argv: list[str] | None = None) -> int:
    arguments = _parse(argv)
    console = Console(stderr=True)
    try:
        report = _bench(arguments, console)
    except IsotoneError as error:
        print(f"isotone: {error}", file=sys.stderr)
        return int(error.exit_code)
    folder = report["tasks"][0].path.parent
    draw(folder.with_suffix(".png"), report["judges"], LEVELS)
    del report["tasks"]
    if arguments.as_json:
        print(json.dumps(msgspec.to_builtins(report), indent=1))
    else:
        _show(report, Console())
        console.print(f"Picture: {folder.with_suffix('.png')}")
    return 0


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="where the pieces and the picture go")
    parser.add_argument("--generator", default="transformer", choices=sorted(GENERATORS))
    parser.add_argument("--model", default=MusicConfig().model, help="folder in models_onnx, for the transformer")
    parser.add_argument("--emopia", type=Path, help="folder with EMOPIA's MIDI files; without, one judge judges")
    parser.add_argument("--seeds", type=int, default=40, help="pieces per cell of the grid")
    parser.add_argument("--bars", type=int, default=20)
    parser.add_argument("--metre", default="any", choices=get_args(WishedMetre), help="in place of one that suits")
    parser.add_argument("--jobs", type=int, default=1, choices=range(1, JOBS_MAX + 1))
    parser.add_argument("--fresh", action="store_true", help="compose again what is there")
    parser.add_argument("--json", action="store_true", dest="as_json")
    return parser.parse_args(argv)


def _bench(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    tasks = tasks_of(
        arguments.out, arguments.generator, arguments.model, arguments.seeds, arguments.bars, arguments.metre
    )
    clips = read_emopia(arguments.emopia) if arguments.emopia else None
    missing = [task for task in tasks if arguments.fresh or not task.path.exists()]
    with _progress(console) as told:
        composed = told(compose_all(missing, arguments.jobs), "composing", len(missing))
        fallbacks = [sentence for sentences in composed for sentence in sentences]
        report = judge(tasks, fit(clips) if clips else None, lambda items: told(items, "judging", len(items)))
    told_by = {"generator": arguments.generator, "model": arguments.model, "bars": arguments.bars}
    accuracy = {"emopia_accuracy": cross_validate(clips)._asdict()} if clips else {}
    return {"tasks": tasks} | told_by | report | accuracy | {"fallbacks": fallbacks}


@contextmanager
def _progress(console: Console) -> Iterator[Any]:
    with Progress(console=console, transient=True) as progress:

        def told(items: Iterable[Any], name: str, total: int) -> Iterable[Any]:
            return progress.track(items, total=total, description=name)

        yield told


def _show(report: dict[str, Any], console: Console) -> None:
    for name, steering in report["judges"].items():
        console.print(f"[bold]judge {name}[/]: right quadrant {steering.quadrants:.3f} of {steering.n_pieces} pieces")
        for axis in AXES:
            console.print(f"  {axis}: {_sentence(getattr(steering, axis))}", highlight=False)
    table = Table("cue", "valence", "arousal", *LOGITS.values(), title="change from -1 to 1")
    table.columns[0].no_wrap = True
    for name, trend in report["cues"].items():
        added = [report.get("emopia_logits", {}).get(of, {}).get(name, {}).get(way) for of, way in LOGITS]
        table.add_row(name, *("" if x is None else f"{x:+.2f}" for x in (trend["valence"], trend["arousal"], *added)))
    console.print(table)
    console.print(f"EMOPIA judge on songs it never heard: {report.get('emopia_accuracy', 'not asked')}")
    console.print(f"Bars that another generator composed: {len(report['fallbacks'])}", *report["fallbacks"][:3])


def _sentence(follows: Follows) -> str:
    low, high = follows.r2_interval
    return (
        f"R² {follows.r2:.3f} ({low:.3f} to {high:.3f}), per piece {follows.r2_per_piece:.3f}, "
        f"of the other axis {follows.r2_of_other:.3f}, slope {follows.slope:.2f}; "
        f"{follows.rising_lines} of {len(follows.means)} lines rise (all in {follows.all_rise:.0%} of draws), "
        f"least by {follows.smallest_step:+.3f} from {follows.smallest_step_at}"
    )


if __name__ == "__main__":
    sys.exit(main())
