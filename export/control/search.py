"""Direct policy search: CMA-ES moves the weights, and the twin says what each candidate costs (Hansen 2016).

Candidates of a generation meet the same people; generations go through a course of batches. The mean of the search is
tried on people that it never sees, and the one that did best there is kept (early stopping).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import cma
import numpy as np
import numpy.typing as npt

from export.control.objective import Batch, Piece, PolicyOf, costs
from hardware.simulation.workers import Workers, crew
from hardware.twin.reading import Quality

Floats = npt.NDArray[np.float64]
Build = Callable[[Floats], PolicyOf]
Goal = tuple[float, float]
"""Valence and arousal."""
QUALITIES: tuple[Quality, ...] = ("good", "fair", "poor")
TRAINING_SEED, VALIDATION_SEED = 1, 500
"""Seeds of people; those of `isotone bench control` begin at 2026."""


class Settings(NamedTuple):
    """How much is tried."""

    families: tuple[str, ...]
    generations: int = 140
    candidates: int = 14
    people: int = 120
    """Of each family in a batch."""
    batches: int = 6
    sigma: float = 0.3
    seed: int = 1
    validate_every: int = 10
    validated_on: int = 150
    """People of each family and quality."""
    together: int = 7
    """Candidates that are simulated in one array."""


class Tried(NamedTuple):
    """What the search came to so far."""

    generation: int
    training: float
    validation: float


class Found(NamedTuple):
    weights: Floats
    history: tuple[Tried, ...]


def search(
    build: Build,
    start: Floats,
    settings: Settings,
    goals: Sequence[Goal],
    workers: Workers,
    progress: Callable[[str], None],
) -> Found:
    """The best weights that were met; the same settings give the same, whoever computes them."""
    evolution = cma.CMAEvolutionStrategy(
        start, settings.sigma, {"popsize": settings.candidates, "seed": settings.seed, "verbose": -9}
    )
    course, unseen = batches(settings, goals), validation(settings, goals)
    best: Floats = start
    history: list[Tried] = []
    with crew(workers) as work:
        for generation in range(settings.generations + 1):
            if generation % settings.validate_every == 0:
                mean = np.array(evolution.mean)[None]
                told = float(np.mean([c[0] for c in work(costs, [Piece(build, mean, batch) for batch in unseen])]))
                if not history or told < min(tried.validation for tried in history):
                    best = mean[0]
                history.append(Tried(generation, float(evolution.best.f or np.nan), told))
                progress(f"generation {generation}: {told:.4f} on people not seen")
            candidates = np.array(evolution.ask())
            batch = course[generation % len(course)]
            parts = np.array_split(candidates, -(-len(candidates) // settings.together))
            evolution.tell(candidates, np.concatenate(list(work(costs, [Piece(build, part, batch) for part in parts]))))
    return Found(best, tuple(history))


def batches(settings: Settings, goals: Sequence[Goal]) -> list[Batch]:
    """The course of batches: other people each time, by turns of every quality and towards each goal."""
    return [
        Batch(
            settings.families,
            settings.people,
            QUALITIES[number % 3],
            number % 2 == 1,
            TRAINING_SEED,
            number,
            goals[number // 3 % len(goals)],
        )
        for number in range(settings.batches)
    ]


def validation(settings: Settings, goals: Sequence[Goal]) -> list[Batch]:
    """People whom no candidate is fitted to, of every quality, towards the first goal."""
    return [
        Batch(settings.families, settings.validated_on, quality, place % 2 == 0, VALIDATION_SEED, place, goals[0])
        for place, quality in enumerate(QUALITIES)
    ]
