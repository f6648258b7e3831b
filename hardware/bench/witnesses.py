"""Who else hears our moods? Rank correlations of valence and arousal as asked with what outside networks tell.

    python -m hardware.bench.music --part witnesses --peers-python PYTHON [--quick] [--seeds FIRST-LAST]

Pieces of a few bars lie spread over the plane; each is rendered as the box sounds and heard by two networks that other
people trained on recordings (`hearing.py`), and by a regression with published weights (`mir_emotion.py`). The control
beside it: the phrasebook plays the same bars with one cue at its low and at its high end and all others in the middle,
so that it is seen what a witness can hear at all. A witness that is deaf to a cue tells nothing about it.
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

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import stats

from device.commands.piece import Sound, Steersman, Studio, Wish
from device.config import MusicConfig, SessionConfig
from device.control.cues import Cues
from device.messages import MusicIntent, Transport
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
CONTROL_SEEDS = (11, 12, 13)
READ: dict[str, tuple[Callable[[Told], float], Callable[[Told], float]]] = {
    "vibenet": (lambda told: told["vibenet valence"], lambda told: told["vibenet energy"]),
    "musicnn": (
        lambda told: told["musicnn happy"] - told["musicnn sad"],
        lambda told: told["musicnn fast"] - told["musicnn slow"],
    ),
}
"""How valence and arousal are read of what each network tells."""
WITNESSES = (*READ, "regression")
ASKED = {"valence": 0.5, "arousal": 0.85}
CUES: dict[str, tuple[object, object]] = {
    "mode": ("minor", "major"),
    "tempo_bpm": (56.0, 112.0),
    "density": (0.2, 0.7),
    "register_midi": (58.0, 76.0),
    "brightness": (0.1, 0.9),
    "articulation": (1.0, 0.5),
    "timbre": ({"melody": 71, "inner": 46, "bass": 43, "pad": 48}, {"melody": 11, "inner": 24, "bass": 32, "pad": 89}),
}
"""Low and high end of each cue that is tried alone: what the music can vary."""


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
            for column, axis in enumerate(("valence", "arousal"))
        }


class Alone(Steersman):
    """Keeps every cue in the middle but one."""

    def __init__(self, config: SessionConfig, wish: Wish, cue: str, value: object) -> None:
        super().__init__(config, wish)
        self._cue, self._value = cue, value

    def _steer(self, wanted: Cues) -> Cues:
        return wanted._replace(**{self._cue: self._value}) if self._cue in Cues._fields else wanted

    def answer(self, transport: Transport) -> MusicIntent:
        intent = super().answer(transport)
        return msgspec.structs.replace(intent, mode=self._value) if self._cue == "mode" else intent


def places(seeds: Sequence[int]) -> Floats:
    """Points spread evenly over the plane, one for each seed, whichever are asked; shape (seeds, 2)."""
    turns = np.array([0.7548776662466927, 0.5698402909980532])
    return 1.8 * ((0.5 + np.outer(np.asarray(seeds), turns)) % 1.0) - 0.9


def render(config: SessionConfig, valence: float, arousal: float, path: Path) -> Path:
    """A piece for one point as the box would sound."""
    with closing(Sound(config, path)) as sound:
        Studio(config, Wish(standing(valence, arousal), BARS), sound, lambda _: None).compose()
    return path


def render_alone(cue: str, value: object, seed: int, path: Path) -> Path:
    """The phrasebook's bars with one cue at an end."""
    config = config_of(seed, "phrasebook")
    if isinstance(value, dict):
        prescription = msgspec.structs.replace(config.prescription, programs=value, layers={})
        config = msgspec.structs.replace(config, prescription=prescription)
    wish = Wish(standing(0.0, 0.0), BARS)
    with closing(Sound(config, path)) as sound:
        Studio(config, wish, sound, lambda _: None, Alone(config, wish, cue, value)).compose()
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
            paths.append(render(config_of(seed, generator), valence, arousal, Path(folder) / f"{seed}.wav"))
        return Heard(asked, ask(paths, python))


def control(python: str, progress: Progress) -> dict[str, Floats]:
    """For each cue alone: high end less low end, in deviations between seeds and ends; shape (witnesses, 2)."""
    with tempfile.TemporaryDirectory() as folder:
        tried = [(cue, end, seed) for cue in CUES for end in (0, 1) for seed in CONTROL_SEEDS]
        paths: list[Path] = []
        for number, (cue, end, seed) in enumerate(tried):
            progress(f"witnesses, {cue} alone, seed {seed}")
            paths.append(render_alone(cue, CUES[cue][end], seed, Path(folder) / f"{number}.wav"))
        told = ask(paths, python).reshape(len(CUES), 2, len(CONTROL_SEEDS), len(WITNESSES), 2)
    spread = told.reshape(-1, len(WITNESSES), 2).std(0)
    return {cue: (told[row, 1] - told[row, 0]).mean(0) / spread for row, cue in enumerate(CUES)}


def measure(
    progress: Progress, *, quick: bool, python: str, seeds: tuple[int, int] | None = None
) -> tuple[dict[str, Heard], dict[str, Floats]]:
    """The box's own generator over the plane, and the control."""
    first, last = seeds or (QUICK_SEEDS if quick else SEEDS)
    every = range(first, last + 1)
    generator = MusicConfig().generator
    return {generator: hear(generator, every, python, progress)}, control(python, progress)


def figures(heard: dict[str, Heard]) -> list[Figure]:
    """Rank correlations beside what is asked."""
    return [
        Figure(f"{witness} hears {axis} of {name}, rank correlation", rho, ASKED[axis], note=f"{len(of.asked)} pieces")
        for name, of in heard.items()
        for (witness, axis), rho in of.correlations().items()
    ]


def as_report(heard: dict[str, Heard], alone: dict[str, Floats]) -> str:
    """Both tables for people."""
    columns = [f"{witness} {axis}" for witness in WITNESSES for axis in ("valence", "arousal")]
    head = ["| | " + " | ".join(columns) + " |", "|---" * (1 + len(columns)) + "|"]
    rows = [
        f"| {name} ({len(of.asked)}) | " + " | ".join(f"{rho:.2f}" for rho in of.correlations().values()) + " |"
        for name, of in heard.items()
    ]
    cues = [
        f"| {cue} | " + " | ".join(f"{value:+.2f}" for value in shifts.reshape(-1)) + " |"
        for cue, shifts in alone.items()
    ]
    return "\n".join(["Rank correlations:", "", *head, *rows, "", "One cue alone, high less low, in deviations:", "",
                      *head, *cues, ""])  # fmt: skip


def draw(heard: dict[str, Heard], path: Path) -> None:
    """The plane as each witness hears it: a point for each piece, where it was asked for, coloured by what was told."""
    from matplotlib.figure import Figure as Drawing  # noqa: PLC0415 - only a picture needs it

    drawing = Drawing(figsize=(3.0 * len(WITNESSES) * 2, 3.0 * len(heard)), layout="constrained")
    axes = drawing.subplots(len(heard), 2 * len(WITNESSES), squeeze=False, sharex=True, sharey=True)
    for row, (name, of) in enumerate(heard.items()):
        for number, witness in enumerate(WITNESSES):
            for column, axis in enumerate(("valence", "arousal")):
                place = axes[row][2 * number + column]
                ranks = stats.rankdata(of.told[:, number, column])
                place.scatter(of.asked[:, 0], of.asked[:, 1], c=ranks, cmap="viridis", s=40)
                place.set_title(f"{name}: {axis} by {witness}, {of.correlations()[witness, axis]:.2f}", fontsize=8)
    drawing.supxlabel("valence asked for")
    drawing.supylabel("arousal asked for")
    drawing.savefig(path, dpi=80)
