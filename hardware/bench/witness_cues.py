"""What the witnesses can hear at all, cue by cue: two controls beside the pieces of `witnesses.py`.

One draws every cue by itself, piece by piece, and regresses what is told on all of them at once: deaf is who has no
weight for a cue. The other lets valence move one cue after another in the same pieces, arousal all of its own, and
shows whether the rank correlation with the valence that was asked for rises with each.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import msgspec
import numpy as np

from device.commands.piece import Steersman, Wish
from device.config import SessionConfig
from device.control.cues import Cues
from device.expression import CUES
from device.messages import MusicIntent, Transport
from hardware.bench.intents import config_of, standing
from hardware.bench.witnesses import AXES, BARS, WITNESSES, Floats, Heard, Progress, ask, places, write

STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("mode and its colours", ("mode",)),
    ("register", ("register_midi",)),
    ("articulation", ("articulation",)),
    ("brightness", ("brightness",)),
    ("contour and touch", ("contour_semitones", "touch")),
    ("tempo, density, loudness", ("log2_tempo", "density", "loudness_db")),
)
"""Cues in the order in which they come to valence's aid."""
DRAWN: dict[str, tuple[float, float]] = {
    "tempo_bpm": (52.0, 112.0),
    "density": (0.15, 0.75),
    "register_midi": (57.0, 76.0),
    "loudness_db": (-14.0, -1.0),
    "brightness": (0.1, 0.9),
    "articulation": (0.5, 1.0),
}
"""Ends of each cue that is drawn; the mode is drawn, too, and the harmony leans with it."""
N_DRAWN = 80


class Weights(NamedTuple):
    """What each cue adds to what each witness tells, in deviations for a deviation; shape (witnesses, 2, cues)."""

    mean: Floats
    error: Floats


class Drawn(Steersman):
    """Keeps every cue where it was drawn."""

    def __init__(self, config: SessionConfig, wish: Wish, cues: Cues) -> None:
        super().__init__(config, wish)
        self._drawn = cues

    def _steer(self, wanted: Cues) -> Cues:
        return wanted._replace(**self._drawn._asdict())


def draw_cues(seed: int) -> tuple[Cues, float]:
    """All cues by themselves, and a valence whose sign is the mode's."""
    rng = np.random.default_rng(seed)
    cues = Cues(**{name: float(rng.uniform(*ends)) for name, ends in DRAWN.items()})
    return cues, float(rng.uniform(0.2, 0.8) * rng.choice((-1.0, 1.0)))


def weights(seeds: Sequence[int], python: str, progress: Progress) -> Weights:
    """The regression over pieces whose cues were drawn."""
    drawn = [draw_cues(seed) for seed in seeds]
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{seed}.wav" for seed in seeds]
        for seed, path, (cues, valence) in zip(seeds, paths, drawn, strict=True):
            progress(f"witnesses, cues drawn, seed {seed}")
            config, wish = config_of(seed, "rules"), Wish(standing(valence, 0.0), BARS)
            write(config, wish, path, Drawn(config, wish, cues))
        told = ask(paths, python)
    rows = np.array([[*cues, np.sign(valence)] for cues, valence in drawn])
    return regress(rows, told)


def regress(rows: Floats, told: Floats) -> Weights:
    """Least squares of standardised answers, shape (pieces, witnesses, 2), on standardised cues (pieces, cues)."""
    design = np.column_stack((np.ones(len(rows)), (rows - rows.mean(0)) / rows.std(0)))
    answers = ((told - told.mean(0)) / told.std(0)).reshape(len(told), -1)
    found, *_ = np.linalg.lstsq(design, answers, rcond=None)
    rest = answers - design @ found
    variance = (rest**2).sum(0) / (len(rows) - design.shape[1])
    error = np.sqrt(np.outer(np.diag(np.linalg.inv(design.T @ design)), variance))
    shape = (*told.shape[1:], rows.shape[1])
    return Weights(found[1:].T.reshape(shape), error[1:].T.reshape(shape))


class Partly(Steersman):
    """Lets valence move some cues only; arousal moves all."""

    def __init__(self, config: SessionConfig, wish: Wish, moved: set[str]) -> None:
        super().__init__(config, wish)
        self._moved = moved

    def answer(self, transport: Transport) -> MusicIntent:
        intent = super().answer(transport)
        return intent if "mode" in self._moved else msgspec.structs.replace(intent, mode="major", target_valence=0.0)


@contextlib.contextmanager
def only(moved: set[str]) -> Iterator[None]:
    """TABLE 4 with valence's weight for these cues and no others."""
    still = {name: cue if name in moved else cue._replace(valence=0.0) for name, cue in CUES.items()}
    with mock.patch.dict(CUES, still):
        yield


def ladder(generator: str, seeds: Sequence[int], python: str, progress: Progress) -> dict[str, Heard]:
    """The same pieces with no cue of valence, and then with one step after another."""
    asked, moved, found = places(seeds), set[str](), {}
    for name, cues in (("none", ()), *STEPS):
        moved |= set(cues)
        with tempfile.TemporaryDirectory() as folder, only(moved):
            paths = [Path(folder) / f"{seed}.wav" for seed in seeds]
            for seed, path, (valence, arousal) in zip(seeds, paths, asked, strict=True):
                progress(f"witnesses, up to {name}, seed {seed}")
                config, wish = config_of(seed, generator), Wish(standing(valence, arousal), BARS)
                write(config, wish, path, Partly(config, wish, moved))
            found[name] = Heard(asked, ask(paths, python))
    return found


def as_report(found: Weights, steps: dict[str, Heard]) -> str:
    """Both controls for people."""
    columns = [f"{witness} {axis}" for witness in WITNESSES for axis in AXES]
    head = ["| | " + " | ".join(columns) + " |", "|---" * (1 + len(columns)) + "|"]
    told = zip((*Cues._fields, "mode"), found.mean.reshape(-1, len(DRAWN) + 1).T, strict=True)
    lines = [f"Weights of cues, deviations (standard error {found.error.mean():.2f}):", "", *head]
    lines += [f"| {cue} | " + " | ".join(f"{value:+.2f}" for value in values) + " |" for cue, values in told] + [""]
    lines += ["Rank correlations, one cue of valence after another:", "", *head]
    lines += [
        f"| {'' if name == 'none' else '+ '}{name} | "
        + " | ".join(f"{rho:.2f}" for rho in of.correlations().values()) + " |"
        for name, of in steps.items()
    ]  # fmt: skip
    return "\n".join([*lines, ""])
