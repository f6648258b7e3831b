"""Who else hears our moods? Rank correlations of valence and arousal as asked with what outside networks tell.

    python -m hardware.bench.music --part witnesses --peers-python PYTHON [--quick] [--seeds FIRST-LAST]

Pieces of a few bars lie spread over the plane; each is rendered as the box sounds and heard by two networks that other
people trained on recordings (`hearing.py`), and by a regression with published weights (`mir_emotion.py`). What they
can hear at all is told by the controls in `witness_cues.py`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from device.commands.piece import Sound, Steersman, Studio, Wish
from device.config import SessionConfig
from hardware.bench import mir_emotion
from hardware.bench.figures import Figure
from hardware.bench.intents import config_of, standing
from hardware.bench.memory import SURROUNDINGS
from hardware.bench.speed import RivalMissingError

Floats = npt.NDArray[np.float64]
Told = dict[str, float]
Progress = Callable[[str], None]
HEARING = Path(__file__).with_name("hearing.py")
BARS = 8
SEEDS, QUICK_SEEDS = (7000, 7119), (7000, 7011)
"""A piece of the box's own generator for each."""
READ: dict[str, tuple[Callable[[Told], float], Callable[[Told], float]]] = {
    "vibenet": (lambda told: told["vibenet valence"], lambda told: told["vibenet energy"]),
    "musicnn": (
        lambda told: told["musicnn happy"] - told["musicnn sad"],
        lambda told: told["musicnn fast"] - told["musicnn slow"],
    ),
}
"""How valence and arousal are read of what each network tells."""
WITNESSES = (*READ, "regression")
AXES = ("valence", "arousal")
ASKED = {"valence": 0.5, "arousal": 0.85}


class Heard(NamedTuple):
    """Pieces of one generator: what was asked of them and what the witnesses told."""

    asked: Floats
    """Valence and arousal, shape (pieces, 2)."""
    told: Floats
    """Shape (pieces, witnesses, 2)."""

    def correlations(self) -> dict[tuple[str, str], float]:
        """Spearman's, by witness and axis."""
        return {
            (witness, axis): float(stats.spearmanr(self.asked[:, column], self.told[:, row, column]).statistic)
            for row, witness in enumerate(WITNESSES)
            for column, axis in enumerate(AXES)
        }

    def held(self) -> dict[tuple[str, str], float]:
        """The same with the other axis that was asked held: partial correlations of ranks."""
        asked, found = stats.rankdata(self.asked, axis=0), {}
        for row, witness in enumerate(WITNESSES):
            for column, axis in enumerate(AXES):
                ranks = np.column_stack((asked, stats.rankdata(self.told[:, row, column])))
                inverse = np.linalg.pinv(np.corrcoef(ranks.T))
                found[witness, axis] = float(-inverse[column, 2] / np.sqrt(inverse[column, column] * inverse[2, 2]))
        return found


def places(seeds: Sequence[int]) -> Floats:
    """Points spread evenly over the plane, one for each seed, whichever are asked; shape (seeds, 2)."""
    turns = np.array([0.7548776662466927, 0.5698402909980532])
    return 1.8 * ((0.5 + np.outer(np.asarray(seeds), turns)) % 1.0) - 0.9


def write(config: SessionConfig, wish: Wish, path: Path, steersman: Steersman | None = None) -> Path:
    """A piece as the box would sound."""
    with closing(Sound(config, path)) as sound:
        Studio(config, wish, sound, lambda _: None, steersman).compose()
    return path


def ask(paths: Sequence[Path], python: str) -> Floats:
    """What the witnesses tell of each file, shape (files, witnesses, 2).

    Raises:
        RivalMissingError: there is no such interpreter, or it lacks the networks.
    """
    if not shutil.which(python):
        raise RivalMissingError(f"There is no interpreter {python}.")
    told = subprocess.run(
        [python, "-P", str(HEARING)], env=os.environ | SURROUNDINGS, input="\n".join(map(str, paths)),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if told.returncode:
        raise RivalMissingError(f"{python} cannot hear: {HEARING.name} says what it needs.")
    answers: list[Told] = [json.loads(line) for line in told.stdout.splitlines()]
    networks = np.array([[[read(told) for read in axes] for axes in READ.values()] for told in answers])
    return np.concatenate((networks, mir_emotion.judge(paths)[:, None]), axis=1)


def hear(generator: str, seeds: Sequence[int], python: str, progress: Progress) -> Heard:
    """Pieces of a generator all over the plane, heard."""
    asked = places(seeds)
    with tempfile.TemporaryDirectory() as folder:
        paths: list[Path] = []
        for seed, (valence, arousal) in zip(seeds, asked, strict=True):
            progress(f"witnesses, {generator}, seed {seed}")
            wish = Wish(standing(valence, arousal), BARS)
            paths.append(write(config_of(seed, generator), wish, Path(folder) / f"{seed}.wav"))
        return Heard(asked, ask(paths, python))


def seeds_of(*, quick: bool, asked: tuple[int, int] | None) -> range:
    """The seeds that are asked, else all or few."""
    first, last = asked or (QUICK_SEEDS if quick else SEEDS)
    return range(first, last + 1)


def figures(heard: dict[str, Heard]) -> list[Figure]:
    """Rank correlations beside what is asked."""
    return [
        Figure(f"{witness} hears {axis} of {name}, rank correlation", rho, ASKED[axis], note=f"{len(of.asked)} pieces")
        for name, of in heard.items()
        for (witness, axis), rho in of.correlations().items()
    ]


def as_report(heard: dict[str, Heard]) -> str:
    """The correlations for people, and beside each, in brackets, what it is with the other axis held."""
    columns = [f"{witness} {axis}" for witness in WITNESSES for axis in AXES]
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (1 + len(columns)) + "|"]
    for name, of in heard.items():
        held = of.held()
        cells = [f"{rho:.2f} ({held[key]:.2f})" for key, rho in of.correlations().items()]
        lines.append(f"| {name} ({len(of.asked)}) | " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def draw(heard: dict[str, Heard], path: Path) -> None:
    """The plane as each witness hears it: a point for each piece, where it was asked for, coloured by what was told."""
    from matplotlib.figure import Figure as Drawing  # noqa: PLC0415 - only a picture needs it

    drawing = Drawing(figsize=(3.0 * len(WITNESSES) * 2, 3.0 * len(heard)), layout="constrained")
    axes = drawing.subplots(len(heard), 2 * len(WITNESSES), squeeze=False, sharex=True, sharey=True)
    for row, (name, of) in enumerate(heard.items()):
        for number, witness in enumerate(WITNESSES):
            for column, axis in enumerate(AXES):
                place = axes[row][2 * number + column]
                ranks = stats.rankdata(of.told[:, number, column])
                place.scatter(of.asked[:, 0], of.asked[:, 1], c=ranks, cmap="viridis", s=40)
                place.set_title(f"{name}: {axis} by {witness}, {of.correlations()[witness, axis]:.2f}", fontsize=8)
    drawing.supxlabel("valence asked for")
    drawing.supylabel("arousal asked for")
    drawing.savefig(path, dpi=80)
