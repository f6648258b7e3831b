"""How well what was judged follows what was asked, over a grid on the valence-arousal plane."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
AXES = ("valence", "arousal")
DRAWS = 1000
SEED = 0


class Follows(msgspec.Struct, frozen=True):
    """One axis as one judge hears it. Intervals are of 95 %, by drawing the pieces of every cell again."""

    r2: float
    """Squared correlation of the cells' mean judgements with what was asked, as for AffectMachine-Classical."""
    r2_interval: tuple[float, float]
    r2_per_piece: float
    r2_of_other: float
    """The same against what was asked on the other axis: 0 where the axes are steered apart."""
    slope: float
    """Judged per asked, cell means."""
    rising_lines: int
    """How many of the grid's lines along this axis rise at every step."""
    all_rise: float
    """Share of draws in which every line rises at every step."""
    smallest_step: float
    smallest_step_interval: tuple[float, float]
    smallest_step_at: str
    means: tuple[tuple[float, ...], ...]
    """Mean judgement per cell: rows are arousal from low to high, columns valence."""


class Steering(msgspec.Struct, frozen=True):
    """What one judge says of all pieces."""

    valence: Follows
    arousal: Follows
    quadrants: float
    """Share of the pieces asked for off both axes that are judged into their quadrant."""
    n_pieces: int


def follow(asked: Floats, judged: Floats) -> Steering:
    """Compare; both of shape (pieces, 2): valence, arousal."""
    off_axes = (asked != 0).all(axis=1)
    right = (np.sign(asked) == np.sign(judged))[off_axes].all(axis=1)
    grid = _Grid(asked)
    return Steering(
        valence=_follows(grid, judged[:, 0], 0),
        arousal=_follows(grid, judged[:, 1], 1),
        quadrants=float(right.mean()) if len(right) else float("nan"),
        n_pieces=len(asked),
    )


class _Grid:
    """Which piece lies in which cell; cells are ordered by arousal, then valence."""

    def __init__(self, asked: Floats) -> None:
        self.asked = asked
        self.levels = [np.unique(asked[:, axis]) for axis in (0, 1)]
        self.cells = np.array(list(itertools.product(self.levels[1], self.levels[0])))[:, ::-1]
        self.members = [np.flatnonzero((asked == cell).all(axis=1)) for cell in self.cells]
        rng = np.random.default_rng(SEED)
        self.draws = [rng.choice(members, (DRAWS, len(members))) for members in self.members]

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.levels[1]), len(self.levels[0])

    def means(self, judged: Floats) -> Floats:
        return np.array([judged[members].mean() for members in self.members])

    def drawn_means(self, judged: Floats) -> Floats:
        """Shape (DRAWS, cells)."""
        return np.stack([judged[draws].mean(axis=1) for draws in self.draws], axis=1)


def _follows(grid: _Grid, judged: Floats, axis: int) -> Follows:
    wanted, means, drawn = grid.cells[:, axis], grid.means(judged), grid.drawn_means(judged)
    steps = np.diff(means.reshape(grid.shape), axis=1 - axis)
    drawn_steps = np.diff(drawn.reshape(-1, *grid.shape), axis=2 - axis)
    place = np.unravel_index(int(np.argmin(steps)), steps.shape)
    return Follows(
        r2=r2(wanted, means),
        r2_interval=_interval(np.array([r2(wanted, draw) for draw in drawn])),
        r2_per_piece=r2(grid.asked[:, axis], judged),
        r2_of_other=r2(grid.cells[:, 1 - axis], means),
        slope=float(np.polyfit(wanted, means, 1)[0]),
        rising_lines=int((steps > 0).all(axis=1 - axis).sum()),
        all_rise=float((drawn_steps > 0).all(axis=(1, 2)).mean()),
        smallest_step=float(steps.min()),
        smallest_step_interval=_interval(drawn_steps[:, place[0], place[1]]),
        smallest_step_at=_describe(grid, axis, (int(place[0]), int(place[1]))),
        means=tuple(tuple(row) for row in means.reshape(grid.shape).round(4).tolist()),
    )


def _describe(grid: _Grid, axis: int, place: tuple[int, int]) -> str:
    along, across = (place[1], place[0]) if axis == 0 else place
    levels, others = grid.levels[axis], grid.levels[1 - axis]
    return f"{AXES[axis]} {levels[along]:+.1f} to {levels[along + 1]:+.1f} at {AXES[1 - axis]} {others[across]:+.1f}"


def r2(asked: Floats, judged: Floats) -> float:
    """Squared correlation; 0 where one side does not move."""
    if asked.std() < 1e-12 or judged.std() < 1e-12:
        return 0.0
    return float(np.corrcoef(asked, judged)[0, 1] ** 2)


def _interval(values: Floats) -> tuple[float, float]:
    low, high = np.percentile(values, (2.5, 97.5)).tolist()
    return low, high


def trends(asked: Floats, values: Floats, names: Sequence[str]) -> dict[str, dict[str, float]]:
    """The fitted change of each column of `values` (pieces, names) from -1 to 1 of one axis asked, the other held."""
    design = np.column_stack((asked, np.ones(len(asked))))
    slopes, *_ = np.linalg.lstsq(design, values, rcond=None)
    return {
        name: {"valence": 2 * float(v), "arousal": 2 * float(a)} for name, v, a in zip(names, *slopes[:2], strict=True)
    }


def draw(path: Path, judged: dict[str, Steering], levels: Sequence[float]) -> None:
    """Heat maps of the cells' means: a row per judge, a column per axis."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415 - the backend has to be chosen first

    figure, places = plt.subplots(len(judged), 2, figsize=(9, 4 * len(judged)), squeeze=False, layout="constrained")
    for row, (name, steering) in zip(places, judged.items(), strict=True):
        for place, axis in zip(row, AXES, strict=True):
            follows: Follows = getattr(steering, axis)
            place.set_title(f"{axis}, judge: {name} (R² {follows.r2:.2f})")
            _heat(place, np.array(follows.means), levels)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def _heat(place: Any, means: Floats, levels: Sequence[float]) -> None:
    place.imshow(means, origin="lower", vmin=-1, vmax=1, cmap="RdBu_r")
    place.set_xticks(range(means.shape[1]), [f"{level:+.1f}" for level in levels])
    place.set_yticks(range(means.shape[0]), [f"{level:+.1f}" for level in levels])
    place.set_xlabel("valence asked")
    place.set_ylabel("arousal asked")
    for (row, column), value in np.ndenumerate(means):
        place.text(
            column, row, f"{value:+.2f}", ha="center", va="center", color="white" if abs(value) > 0.6 else "black"
        )
