"""Holds the virtual listener's readings against those of the same people's recordings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from export.affect.scores import balanced_accuracy
from export.twin.told import Told, held, judged_of
from hardware.twin.brain import LOAD_AROUSAL, REST_AROUSAL
from hardware.twin.reading import Loss, Sensors, Source, Table, skill_of


def simulated(told: Sequence[Told], source: Source, seed: int) -> list[Told]:
    """The same people with the same states, told by the model instead."""
    table = Table({}, REST_AROUSAL, LOAD_AROUSAL, {}, {"fair": ("it",)}, {"it": source}, Loss(1.0, 1.0))
    found = []
    for number, (item, row) in enumerate(zip(told, source.people, strict=True)):
        random = np.random.default_rng((seed, number))
        sensors = Sensors(1, random, "fair", skill=skill_of([[row]]), table=table)
        arousal = REST_AROUSAL + (LOAD_AROUSAL - REST_AROUSAL) * held(item.label)
        readings = [sensors.read(np.array([value]), np.zeros(1), 1.0) for value in arousal]
        said = [float(reading.arousal[0]) if reading.known[0] else np.nan for reading in readings]
        found.append(item._replace(arousal=np.array(said)))
    return found


def figures_of(told: Sequence[Told], suffix: str) -> dict[str, float]:
    """What a listener and a policy would notice of how people are read."""
    parts = [judged_of(item) for item in told]
    rest, load = (np.concatenate([said[label == state] for said, label in parts]) for state in (0.0, 1.0))
    accuracies = np.array(accuracies_of(told))
    steps = [(said[4:] - said[:-4])[label[4:] == label[:-4]] for said, label in parts]
    figures = {
        "told_at_rest": float(rest.mean()),
        "told_at_load": float(load.mean()),
        "sd_at_rest": float(rest.std()),
        "sd_at_load": float(load.std()),
        "accuracy": float(np.nanmean(accuracies)),
        "worst_tenth": float(np.nanpercentile(accuracies, 10)),
        "change_in_4_s": float(np.sqrt(np.mean(np.concatenate(steps) ** 2))),
    }
    return {f"{key}{suffix}": value for key, value in figures.items()}


def accuracies_of(told: Sequence[Told]) -> list[float]:
    """Balanced accuracy of each person, NaN where one state was not seen."""
    return [balanced_accuracy(*judged_of(item)) for item in told]
