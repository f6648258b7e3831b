"""Tells people's pieces from ours by their features: how well that goes is how far ours are from people's.

Gradient boosting in an interpreter of its own that has scikit-learn (`boosting.py`, extra `peers-music`), so that
neither box nor bench needs it. Every song of people's is judged by a model that has not seen it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from hardware.bench.memory import SURROUNDINGS
from hardware.bench.speed import RivalMissingError

BOOSTING = Path(__file__).with_name("boosting.py")
ASKED = 0.70
SHOWN = 6
"""Features that are named: those without which most is lost."""

__all__ = ["ASKED", "Case", "RivalMissingError", "Verdict", "judge"]


class Case(NamedTuple):
    """Two sets to tell apart; shapes (pieces, features), NaN where a feature cannot be told."""

    theirs: npt.NDArray[np.float64]
    ours: npt.NDArray[np.float64]
    songs: Sequence[str]
    """The song each of theirs belongs to: it is judged by who has not seen it."""


class Verdict(msgspec.Struct, frozen=True):
    balanced_accuracy: float
    features: dict[str, float]
    """Balanced accuracy lost when a feature is shuffled among the pieces judged, most first."""
    alone: dict[str, float]
    """How well single features order ours and theirs (area under the curve, 0.5 to 1), best first: where several tell
    the two apart, shuffling one of them costs nothing."""


def judge(cases: dict[str, Case], names: Sequence[str], python: str) -> dict[str, Verdict]:
    """A verdict for every case.

    Raises:
        RivalMissingError: there is no such interpreter, or it has no scikit-learn.
    """
    if not shutil.which(python):
        raise RivalMissingError(f"There is no interpreter {python}.")
    asked = {name: _asked(case) for name, case in cases.items()}
    told = subprocess.run(
        [python, "-P", str(BOOSTING)], env=os.environ | SURROUNDINGS, input=json.dumps(asked), capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    if told.returncode:
        raise RivalMissingError(f"{python} cannot run scikit-learn: see the extra `peers-music`.")
    answers: dict[str, tuple[float, list[float]]] = json.loads(told.stdout)
    return {name: _verdict(accuracy, losses, cases[name], names) for name, (accuracy, losses) in answers.items()}


def _asked(case: Case) -> dict[str, object]:
    values = np.concatenate((case.theirs, case.ours))
    return {
        "values": [[None if np.isnan(value) else value for value in row] for row in values.tolist()],
        "is_ours": [False] * len(case.theirs) + [True] * len(case.ours),
        "groups": [*case.songs, *(f"ours {number}" for number in range(len(case.ours)))],
    }


def _verdict(accuracy: float, losses: Sequence[float], case: Case, names: Sequence[str]) -> Verdict:
    alone = {name: area(*columns) for name, *columns in zip(names, case.theirs.T, case.ours.T, strict=True)}
    return Verdict(
        accuracy,
        {name: loss for name, loss in _most(dict(zip(names, losses, strict=True))) if loss > 0},
        dict(_most(alone)),
    )


def _most(values: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(values.items(), key=lambda item: -item[1])[:SHOWN]


def area(theirs: npt.NDArray[np.float64], ours: npt.NDArray[np.float64]) -> float:
    """Share of the pairs of one of each that a threshold on the feature puts the right way round, whichever that is."""
    theirs, ours = theirs[np.isfinite(theirs)], ours[np.isfinite(ours)]
    if not len(theirs) or not len(ours):
        return 0.5
    apart = np.sign(ours[:, None] - theirs[None])
    return float(0.5 + abs(apart.mean()) / 2)
