"""How people are read whose session begins under load, as those do who come in tense: `isotone bench affect`.

The recordings of serial subtraction are turned round: the task comes first and half a minute of it is taken for rest.
By the Brier score 0.25 is who says nothing, and more is worse than that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from device.config import AffectConfig
from hardware.bench.figures import Figure
from hardware.bench.people import Person, Protocol, Told, folds_of, read_person

EIGHT = ("Fp1", "Fp2", "C3", "C4", "T5", "T6", "O1", "O2")
REST_S = 30.0
"""Half of the task: the other half is read."""
SILENCE = 0.25
ORDERLY_MAX = 0.2
PROTOCOL = Protocol("EEG, 8 channels, task taken for rest", REST_S, 4.0, "eeg", EIGHT)
ORDERLY = PROTOCOL._replace(name="EEG, 8 channels, rest first but doubted")


def bench_unrest(people: Sequence[Person], progress: Callable[[str], None]) -> list[Figure]:
    """Brier scores with the box's doubt about rest, beside those without; each by nets that have not seen the person.

    A person's two states weigh the same.
    """
    turned = [person._replace(paths=person.paths[::-1], label=turn(person)) for person in people]
    figures = []
    for protocol, group, asked in ((PROTOCOL, turned, SILENCE), (ORDERLY, people, ORDERLY_MAX)):
        doubting, trusting = (
            _brier(group, protocol, sure, progress) for sure in (AffectConfig().rest_probability, 1.0)
        )
        note = f"{trusting:.3f} if rest is never doubted"
        figures.append(Figure(f"{protocol.name}: Brier score", doubting, asked, "at most", note=note))
    return figures


def turn(person: Person) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The labels of a person's recordings in the opposite order: the load first."""
    return np.concatenate([person.label[person.label == state] for state in (1.0, 0.0)])


def _brier(people: Sequence[Person], protocol: Protocol, rest: float, progress: Callable[[str], None]) -> float:
    loads, colds = (folds_of(model) for model in AffectConfig().eeg_models)
    scores = []
    for person in people:
        progress(f"{protocol.name}: {person.name}")
        models = tuple(folds[person.name] for folds in (loads, colds))
        told = read_person(person, protocol, AffectConfig(eeg_models=models, rest_probability=rest))
        scores.append(brier(told))
    return float(np.mean(scores))


def brier(told: Told) -> float:
    """Mean squared error of P(load); where nothing was said it is a half. The states that occur weigh the same."""
    error = (np.where(np.isfinite(told.probability), told.probability, 0.5) - told.label) ** 2
    return float(np.mean([error[told.label == state].mean() for state in np.unique(told.label)]))
