"""Fits what the shipped affect models say of people not seen: writes hardware/twin/reading.toml and a picture.

    python -m export.twin.reading --data DIR [--seed 20261128]

Of every person and source a straight line is fitted between the true state, as the source follows it, and the log-odds
that the box tells, between the least and the most that it ever tells. What is left comes and goes with one time
constant per source. Only these numbers are written: no signal, no name.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from device.config import AffectConfig
from export.twin.likeness import accuracies_of, figures_of, simulated
from export.twin.tables import write
from export.twin.told import BEGUN_S, SOURCES, Told, held, judged_of, read_all
from hardware.twin.brain import LOAD_AROUSAL, REST_AROUSAL
from hardware.twin.reading import TABLE, Loss, PersonRow, Quality, Source, Table

Floats = NDArray[np.float64]
SEED = 20261128
EDGES_PERCENT = (1.0, 99.0)
"""What lies outside so many of the answers is taken for the floor and the ceiling."""
SHARE_MIN = 0.02
"""Between those two nothing lies nearer to an end than this."""
LAGS_S = (1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0, 96.0, 128.0, 192.0)
SMOOTHINGS_S = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0)
NOISES_S = (2.5, 3.5, 5.0, 7.0, 10.0, 14.0, 20.0, 28.0, 40.0, 56.0, 80.0, 112.0, 160.0, 224.0, 320.0)
STEPS_S = (1, 2, 4, 8, 16, 32, 64, 128)
"""Distances at which what is left is compared with itself, as long as the recordings are at least ten times that."""
BLIND_MOST = 0.55
"""Balanced accuracy up to which a person is read at chance."""
LEFT_MIN = 0.2
"""Least share of its samples by which a spread is believed."""
QUALITIES: dict[Quality, tuple[str, ...]] = {"good": ("eeg", "wrist"), "fair": ("wrist",), "poor": ("forehead",)}
LOSS = Loss(every_s=240.0, mean_s=25.0)
"""Assumed: how often a cheap radio or a shifted headset is away is in no open data set."""
JOINED = {"eeg": ("eeg",), "wrist": ("wrist", "wrist elsewhere"), "forehead": ("forehead",)}
"""Source -> the recordings that tell of it."""
TURNED = {"eeg": "eeg, load first", "wrist": "wrist, stress first", "forehead": "forehead, load first"}
"""Source -> the same people where load was taken for rest."""
PICTURE = Path(__file__).with_suffix(".png")


class Series(NamedTuple):
    """One person's answers after the calibration, a value per second; NaN where unknown or of no sure state."""

    person: str
    log_odds: Floats
    state: Floats
    """0 rest, 1 load; the last one where there is no label."""
    judged: NDArray[np.bool_]
    """Seconds with a label and an answer."""
    known: float
    unknown_runs_s: tuple[float, ...]


class Line(NamedTuple):
    """One person's straight line."""

    at_rest: float
    gain: float
    rest: Floats
    """What is left, NaN where nothing was told."""


# -- the fit


def fit_source(told: Sequence[Told], turned: Sequence[Told]) -> Source:
    """One source; `turned` tells of the same people where load was taken for rest."""
    floor, ceiling = edges(told)
    series = [series_of(item, floor, ceiling) for item in told]
    lag_s = min(LAGS_S, key=lambda lag: sum(float(np.nansum(line.rest**2)) for line in _lines(series, lag)))
    lines = _lines(series, lag_s)
    noise_s, smoothing_s = _time_constants_s([line.rest for line in lines])
    below = {item.person: _below(series_of(item, floor, ceiling)) for item in turned}
    usual = float(np.median(list(below.values()))) if below else 0.0
    runs_s = [run for item in series for run in item.unknown_runs_s]
    rows = [
        _row(item, line, noise_s + smoothing_s, below.get(item.person, usual), accuracy <= BLIND_MOST)
        for item, line, accuracy in zip(series, lines, accuracies_of(told), strict=True)
    ]
    unknown_s = float(np.mean(runs_s)) if runs_s else 1.0
    return Source(floor, ceiling, lag_s, noise_s, smoothing_s, unknown_s, tuple(rows))


def edges(told: Sequence[Told]) -> tuple[float, float]:
    """The least and the most probability of load that is told."""
    floor, ceiling = np.nanpercentile(0.5 + 0.5 * np.concatenate([item.arousal for item in told]), EDGES_PERCENT)
    return float(floor), float(ceiling)


def series_of(told: Told, floor: float, ceiling: float) -> Series:
    begin = round(told.rest_s) + BEGUN_S
    probability, label = 0.5 + 0.5 * told.arousal[begin:], told.label[begin:]
    share = np.clip((probability - floor) / (ceiling - floor), SHARE_MIN, 1 - SHARE_MIN)
    known = np.isfinite(probability)
    return Series(
        told.person,
        np.log(share / (1 - share)),
        held(label),
        known & np.isfinite(label),
        float(known.mean()),
        tuple(_runs_s(~known)),
    )


def _runs_s(flags: NDArray[np.bool_]) -> list[float]:
    edges_at = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(int), [0]))))
    return np.diff(edges_at)[::2].astype(float).tolist()  # type: ignore[no-any-return]


def _lines(series: Sequence[Series], lag_s: float) -> list[Line]:
    return [_line(item, lag_s) for item in series]


def _line(series: Series, lag_s: float) -> Line:
    """Least squares of the log-odds over the state as it is followed."""
    state, judged = followed(series.state, lag_s), series.judged
    design = np.column_stack((np.ones(int(judged.sum())), state[judged]))
    (at_rest, gain), *_ = np.linalg.lstsq(design, series.log_odds[judged], rcond=None)
    rest = np.where(judged, series.log_odds - at_rest - gain * state, np.nan)
    return Line(float(at_rest), float(gain), rest)


def followed(state: Floats, lag_s: float) -> Floats:
    """The state as something with this time constant follows it, second by second."""
    keeps, course = np.exp(-1 / lag_s), state.copy()
    for index in range(1, len(course)):
        course[index] += keeps * (course[index - 1] - course[index])
    return course


def _time_constants_s(rests: Sequence[Floats]) -> tuple[float, float]:
    """Of the noise and its smoothing, by how much of its variance all people together move over each step.

    It is compared as a ratio, so that the little that changes in a second counts as much as what changes in minutes.
    """
    variance = np.nanmean(np.concatenate([rest**2 for rest in rests]))
    steps = np.array([step for step in STEPS_S if step * 10 <= np.median([len(rest) for rest in rests])])
    found = np.array(
        [np.nanmean(np.concatenate([rest[step:] * rest[:-step] for rest in rests])) / variance for step in steps]
    )
    moves = np.log(1 - found)
    pairs = [(noise, smoothing) for noise in NOISES_S for smoothing in SMOOTHINGS_S if smoothing < noise]
    return min(pairs, key=lambda pair: float(((np.log(1 - autocorrelation(steps, *pair)) - moves) ** 2).sum()))


def autocorrelation(step_s: Floats, noise_s: float, smoothing_s: float) -> Floats:
    """Of noise with a time constant, smoothed with another one that is less."""
    slow, quick = noise_s * np.exp(-step_s / noise_s), smoothing_s * np.exp(-step_s / smoothing_s)
    return np.asarray((slow - quick) / (noise_s - smoothing_s))


def _row(series: Series, line: Line, together_s: float, below: float, is_blind: bool) -> PersonRow:
    """`together_s`: the integral of the autocorrelation; answers within twice that are worth one of their own."""
    n_own = int(series.judged.sum()) / (2 * together_s)
    # Two answers are spent on the line.
    noise_sd = float(np.sqrt(np.nanmean(line.rest**2) / max(LEFT_MIN, 1 - 2 / n_own)))
    gain = line.gain / (LOAD_AROUSAL - REST_AROUSAL)
    return PersonRow(line.at_rest, gain, line.at_rest - below, noise_sd, series.known, is_blind)


def _below(series: Series) -> float:
    """Mean log-odds at rest of somebody whose load was taken for rest."""
    rested = series.judged & (series.state == 0)
    return float(series.log_odds[rested].mean()) if rested.any() else float("nan")


# -- the command


def fit_all(told: Mapping[str, Sequence[Told]], seed: int) -> tuple[Table, dict[str, list[float]]]:
    """The table, and every person's accuracy by source for the picture."""
    sources, figures, accuracies = {}, {}, {}
    for name, sets in JOINED.items():
        people = [item for part in sets for item in told[part]]
        people = [item for item in people if len(set(judged_of(item)[1].tolist())) == 2]
        sources[name] = source = fit_source(people, told[TURNED[name]])
        again = simulated(people, source, seed)
        blind = sum(row.is_blind for row in source.people)
        figures[name] = {"people": float(len(people)), "blind": float(blind)}
        figures[name] |= figures_of(people, "") | figures_of(again, "_simulated")
        accuracies[name] = accuracies_of(people)
    table = Table({}, REST_AROUSAL, LOAD_AROUSAL, figures, QUALITIES, sources, LOSS)
    return table, accuracies


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder that holds open/")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, default=TABLE)
    parser.add_argument("--picture", type=Path, default=PICTURE)
    arguments = parser.parse_args(argv)
    if not (arguments.data / "open").is_dir():
        print(f"isotone: {arguments.data} holds no folder open/. Name the data folder.", file=sys.stderr)
        return 8
    told = {}
    for name, tasks in SOURCES.items():
        told[name] = read_all(tasks(arguments.data, arguments.seed), print)
        print(f"{name}: {len(told[name])} people read", flush=True)
    table, accuracies = fit_all(told, arguments.seed)
    conclude(arguments.out, arguments.picture, table, accuracies, arguments.seed)
    return 0


def conclude(out: Path, picture: Path, table: Table, accuracies: Mapping[str, Sequence[float]], seed: int) -> None:
    """Write the table and the picture, and say the figures."""
    provenance: dict[str, str | int | float] = {
        "command": f"python -m export.twin.reading --data DIR --seed {seed}",
        "models": ", ".join((*AffectConfig().eeg_models, *AffectConfig().wrist_models)),
        "data": "eegmat (ODC-BY 1.0), Stress-Predict (MIT), n-back with music (ODC-BY 1.0), all not seen",
        "assumed": "loss, and when a bad contact comes and goes (export/twin/told.py); all else is fitted",
        "units": "log-odds of load; times in seconds; arousal -1 to 1",
    }
    write(out, msgspec.structs.replace(table, provenance=provenance))
    draw(picture, table, accuracies)
    for name, figures in table.figures.items():
        print(name, *(f"{key} {value:.2f}" for key, value in figures.items()), sep="\n  ")


def draw(path: Path, table: Table, accuracies: Mapping[str, Sequence[float]]) -> None:
    """Every person's accuracy, by source, with chance marked; hollow: read at chance."""
    import matplotlib as mpl  # noqa: PLC0415 - the fits are tested without it

    mpl.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415 - the backend has to be chosen first

    figure, places = plt.subplots(1, len(accuracies), figsize=(10, 4), sharex=True, layout="constrained")
    for place, (name, values) in zip(places, accuracies.items(), strict=True):
        order = np.argsort(values)
        is_blind = np.array([table.sources[name].people[index].is_blind for index in order])
        ranks, sorted_values = np.arange(len(order)), np.array(values)[order]
        place.axvline(0.5, color="grey", linewidth=0.8)
        place.scatter(sorted_values[~is_blind], ranks[~is_blind], s=18, label="read")
        place.scatter(sorted_values[is_blind], ranks[is_blind], s=18, facecolors="none", edgecolors="C3", label="blind")
        place.set(title=f"{name}: {is_blind.sum()} of {len(order)} at chance", xlim=(0, 1.03), yticks=[])
        place.set_xlabel("balanced accuracy of each person")
    places[0].legend(fontsize=8, loc="lower right")
    figure.savefig(path, dpi=70, metadata={"Software": None})
    plt.close(figure)


if __name__ == "__main__":
    raise SystemExit(main())
