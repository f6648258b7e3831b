"""What the rest of an earlier session buys: how much of today's minute of rest a known listener may skip.

    python -m export.affect.carried --config export/affect/eeg.toml --model models_onnx/eeg-load-0.2.0 \
        --data DIR --out export/affect/carried.md

No open set holds two sessions of rest and load of one person. So each person's rest is cut in halves: the first stands
for the earlier session, the second begins today. Halves of one sitting are too alike; where `moved`, today's features
(rest and load) are displaced as two sessions of one person are apart: by `MOVED` of the difference of two other people.
Every person is read by the net of the fold that has not seen them.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.affect.baseline import Baseline, Population, Rest
from device.affect.reader import Layout, Reader
from device.dsp.windows import FloatArray
from export.affect.data import LOAD, REST, Person, load_people
from export.affect.scores import balanced_accuracy
from export.affect.settings import load_config

WORTH_S = (0.0, 2.0, 5.0, 10.0, 60.0)
"""Seconds of today's rest that an earlier session is taken for, whatever its length; 0: nothing is carried."""
REST_S = (0.0, 5.0, 10.0, 20.0, 30.0)
MOVED = 0.67
"""Root of 0.45, the share of the variance between people that lies between sessions (Muse, 15 pairs of 4 people)."""
DISPLACEMENTS = 3
SCORED_AFTER_S = 38.0
"""Into the second half: beyond the longest rest and its last window, so that all are scored on the same windows."""
WINDOW_S = 4.0
STEP = 4
"""One in four windows is scored, which is one a second."""


class Sitting(NamedTuple):
    """One person's two halves of rest and the load, and who may read them."""

    name: str
    reader: Reader
    layout: Layout
    earlier: Rest
    centre: FloatArray
    """Mean of the earlier half, shape (channels, features)."""
    values: FloatArray
    """Features of today, shape (n, channels, features)."""
    usable: NDArray[np.bool_]
    t_s: FloatArray
    """Time since the middle of the rest, or since the load began."""
    is_load: NDArray[np.bool_]


class Score(NamedTuple):
    accuracy: float
    log_loss: float


def sit(person: Person, reader: Reader) -> Sitting:
    """Cut a person's rest in halves; no window reaches over the cut."""
    columns = np.arange(person.values[0].size).reshape(person.values[0].shape)
    layout = Layout(person.ch_names, columns, np.arange(len(columns)), person.member)
    is_load = person.label != REST
    middle_s = float(person.t_s[~is_load].max()) / 2
    first = ~is_load & (person.t_s <= middle_s)
    today = is_load | (person.t_s - person.window_s >= middle_s)
    earlier = learn(reader.population(layout), person.values[first], person.usable[first], person.t_s[first]).rest()
    t_s = (person.t_s - np.where(is_load, 0.0, middle_s))[today]
    values, usable = person.values[today], person.usable[today]
    return Sitting(person.name, reader, layout, earlier, earlier.mean, values, usable, t_s, is_load[today])


def learn(
    population: Population,
    values: FloatArray,
    usable: NDArray[np.bool_],
    t_s: FloatArray,
    wanted_s: float = np.inf,
    carried: Rest | None = None,
) -> Baseline:
    """The baseline that windows of rest give, in time order."""
    baseline = Baseline(population, wanted_s, carried)
    for row, since_s in enumerate(np.diff(t_s, prepend=0.0).tolist()):
        baseline.add(values[row], usable[row], since_s, WINDOW_S)
    return baseline


def score(sitting: Sitting, moved: FloatArray | float, rest_s: float, worth_s: float) -> Score:
    """Read today's load and the rest of today's rest after `rest_s`, with an earlier session worth `worth_s`."""
    reader, values = sitting.reader, sitting.values + moved
    weight_s = sitting.earlier.weight_s
    carried = sitting.earlier._replace(weight_s=weight_s * worth_s / (weight_s + worth_s)) if worth_s else None
    rest = np.flatnonzero(~sitting.is_load)
    population = reader.population(sitting.layout)
    baseline = learn(population, values[rest], sitting.usable[rest], sitting.t_s[rest], rest_s, carried)
    rows = np.flatnonzero(sitting.is_load | (sitting.t_s > SCORED_AFTER_S))[::STEP]
    readings = [reader.read(baseline.z(values[row]), sitting.usable[row], sitting.layout) for row in rows]
    log_odds = np.array([reader.log_odds(item.output, WINDOW_S, item.present) for item in readings])
    label = np.where(sitting.is_load[rows], LOAD, REST)
    loss = np.logaddexp(0.0, np.where(label == LOAD, -log_odds, log_odds))
    return Score(
        balanced_accuracy(log_odds, label), float((loss[label == LOAD].mean() + loss[label == REST].mean()) / 2)
    )


def average(sittings: Sequence[Sitting], rest_s: float, worth_s: float, *, moved: bool) -> Score:
    """Mean over people; each moves as often and as far whatever else is varied."""
    rng, scores = np.random.default_rng(3), []
    for sitting in sittings:
        others = [item.centre for item in sittings if item.name != sitting.name]
        for _ in range(DISPLACEMENTS if moved else 1):
            one, other = rng.choice(len(others), 2, replace=False)
            scores.append(score(sitting, MOVED * (others[one] - others[other]) if moved else 0.0, rest_s, worth_s))
    return Score(*np.nanmean(scores, axis=0).tolist())


def sittings_of(model: Path, people: Sequence[Person]) -> Iterator[Sitting]:
    """Everybody beside the net of the fold that has not seen them."""
    named = {person.name: person for person in people}
    for folder in sorted((model / "folds").iterdir()):
        unseen: list[str] = tomllib.loads((folder / "card.toml").read_text("utf-8"))["unseen"]
        reader = Reader(folder.parent, folder.name)
        yield from (sit(named[name], reader) for name in unseen)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="model folder with the nets of its folds")
    parser.add_argument("--data", type=Path, required=True, help="folder that holds open/")
    parser.add_argument("--out", type=Path, required=True, help="table to write (Markdown)")
    arguments = parser.parse_args()
    sittings = list(sittings_of(arguments.model, load_people(arguments.data, load_config(arguments.config))))
    rows = [TEXT, "", "| | today's rest | " + " | ".join(f"{worth_s:.0f} s" for worth_s in WORTH_S) + " |"]
    rows.append("|---" * (len(WORTH_S) + 2) + "|")
    for moved in (False, True):
        for rest_s in REST_S:
            found = [average(sittings, rest_s, worth_s, moved=moved) for worth_s in WORTH_S]
            cells = " | ".join(f"{item.accuracy:.3f} ({item.log_loss:.3f})" for item in found)
            rows.append(f"| {'moved' if moved else 'one sitting'} | {rest_s:.0f} s | {cells} |")
    arguments.out.write_text("\n".join(rows) + "\n", "utf-8")


TEXT = """# What the rest of an earlier session buys

Balanced accuracy of windows of four seconds (and log loss: 0.693 is what knowing nothing costs), mean over 27 people
not seen, by today's rest and by how many seconds of it the earlier session is worth. Made by
`python -m export.affect.carried --config export/affect/eeg.toml --model models_onnx/eeg-load-0.2.0 --data DIR --out
export/affect/carried.md`. The two sessions are halves of one sitting (an upper bound); below, they are moved apart as
far as two sessions of one person were on a Muse (simulated).

The box takes 5 s, and at least 20 s of today's rest: that is as good as 30 s of a stranger's in either case. Taken for
more, an earlier session misleads a listener whose electrodes sit elsewhere; without any rest of today it is then worse
than knowing nothing. Halves share their electrodes and their day, so the truth lies between the two parts of the table;
how steady a spread is from day to day was not seen apart from sampling noise."""

if __name__ == "__main__":
    main()
