"""Finds copies by their values, whatever they are called: recordings that run alike, windows that lie too near.

Gain and offset do not hide a recording, nor does a little noise, nor a beginning that was cut off: its changes from
window to window are compared at every shift. Single windows are held against the distance that is usual between them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from device.dsp.windows import FloatArray

Index = NDArray[np.intp]
SERIES = 8
"""Features whose course is compared."""
CHANGE_MAX = 3.0
ROUNDS = 5
"""Changes are bounded at so many standard deviations and scaled again, so often that a jump which all recordings have
at their beginning does not outweigh the rest."""
MOVES_MIN = 0.2
"""Share of windows in which a feature has to change at all."""
ALIKE_MIN = 0.6
"""Correlation of changes. Copies with a third of their own spread as noise reach 0.9, people of one set 0.3."""
CHANCE_SD = 7.0
"""A twin is also this many standard errors off: the best of a million pairs at twenty shifts reaches 5.5 by chance."""
ROWS_MIN = 12
"""Shorter recordings cannot reach that; their windows are compared one by one."""
DIMENSIONS = 16
FEATURES_MIN = 4
"""In fewer dimensions windows lie near each other by chance."""
NEIGHBOURS = 5
NEAR_BY_CHANCE = 0.0005
"""Share of windows that may lie so near to another: the bound on nearness follows from it ..."""
NEAR_MAX = 0.3
"""... but is never above this, of the distance to the fifth nearest neighbour."""
SAME = 1e-6
CHUNK_ROWS = 512


def alike_recordings(values: FloatArray, recording: NDArray[np.str_]) -> Iterator[tuple[str, str]]:
    """Pairs that run alike over at least half of the shorter one; values (n, features) in time order."""
    names = [name for name in np.unique(recording).tolist() if (recording == name).sum() >= ROWS_MIN]
    if len(names) < 2:
        return
    courses = [_changes(values[recording == name]) for name in names]
    lengths = np.array([len(course) for course in courses])
    size = 1 << int(2 * lengths.max() - 1).bit_length()
    spectra = np.stack([np.fft.rfft(course, size, axis=0) for course in courses])
    breadths = np.array([_breadth(course) for course in courses])
    shifts = (np.arange(size) + size // 2) % size - size // 2
    for one in range(len(names) - 1):
        product = np.fft.irfft((spectra[one + 1 :] * spectra[one].conj()).sum(axis=2), size, axis=1)
        overlap = _overlaps(lengths[one], lengths[one + 1 :], shifts)
        correlation = product / np.maximum(overlap, 1) / courses[one].shape[1]
        shorter = np.minimum(lengths[one], lengths[one + 1 :])[:, None]
        seen = np.maximum(overlap, 1) * np.minimum(breadths[one], breadths[one + 1 :])[:, None]
        least = np.maximum(ALIKE_MIN, CHANCE_SD / np.sqrt(seen))
        found = ((overlap >= shorter / 2) & (correlation > least)).any(axis=1)
        for other in np.flatnonzero(found).tolist():
            yield names[one], names[one + 1 + other]


def copied_windows(values: FloatArray, train: Index, test: Index) -> tuple[int, int]:
    """How many windows of the test lie in training, exactly and nearly; values (n, features) on one scale."""
    if len(train) < NEIGHBOURS or not len(test):
        return 0, 0
    points = _main_directions(values)
    distance = np.concatenate(
        [_nearest(points[part], points[train]) for part in np.array_split(test, 1 + len(test) // CHUNK_ROWS)]
    )
    first, usual = distance[:, 0], distance[:, -1]
    exact = (first <= SAME * usual) & (usual > 0)
    near = (first <= _nearness(points) * usual) & (usual > 0) if values.shape[1] >= FEATURES_MIN else exact
    return int(exact.sum()), int(near.sum())


def scaled(values: FloatArray) -> FloatArray:
    """Each feature centred and scaled; unknown and constant ones are 0."""
    known = np.nan_to_num(values, nan=np.nan, posinf=np.nan, neginf=np.nan)
    held = np.isfinite(known)
    count = np.maximum(held.sum(axis=0), 1)
    mean = np.where(held, known, 0.0).sum(axis=0) / count
    centred = np.where(held, known - mean, 0.0)
    spread = np.sqrt((centred**2).sum(axis=0) / count)
    # A constant column keeps a rounding error that must not be blown up.
    moves = spread > 1e-9 * np.maximum(np.abs(mean), 1.0)
    return np.asarray(np.where(moves, centred / np.where(moves, spread, 1.0), 0.0))


def _changes(values: FloatArray) -> FloatArray:
    """Steps from window to window, bounded and scaled, of up to eight features, shape (n - 1, features)."""
    chosen = np.unique(np.linspace(0, values.shape[1] - 1, SERIES).astype(int))
    steps = np.diff(scaled(values[:, chosen]), axis=0)
    steps[:, (steps != 0).mean(axis=0) < MOVES_MIN] = 0.0
    for _ in range(ROUNDS):
        steps = np.clip(scaled(steps), -CHANGE_MAX, CHANGE_MAX)
    return scaled(steps)


def _nearness(points: FloatArray) -> float:
    """The nearest of five is nearer than r of the fifth with a chance of about 4 r^d in d dimensions."""
    return float(min(NEAR_MAX, (NEAR_BY_CHANCE / (NEIGHBOURS - 1)) ** (1 / _breadth(points))))


def _breadth(course: FloatArray) -> float:
    """How many dimensions it fills: as many as it has columns where none goes with another, 1 where all do."""
    products = course.T @ course
    return float(np.trace(products) ** 2 / max(float((products**2).sum()), 1e-12)) if products.any() else 1.0


def _overlaps(one: int, others: NDArray[np.intp], shifts: NDArray[np.intp]) -> NDArray[np.intp]:
    """Rows two recordings share at each shift, shape (others, shifts)."""
    begin = np.maximum(0, shifts)[None, :]
    end = np.minimum(others[:, None], one + shifts[None, :])
    return np.asarray(np.maximum(end - begin, 0), np.intp)


def _main_directions(values: FloatArray) -> FloatArray:
    """The coordinates that spread most, so that distances are cheap; no label is looked at."""
    if values.shape[1] <= DIMENSIONS:
        return values
    _, axes = np.linalg.eigh(values.T @ values)
    return np.asarray(values @ axes[:, -DIMENSIONS:])


def _nearest(points: FloatArray, others: FloatArray) -> FloatArray:
    """Distances to the five nearest others, rising, shape (points, 5)."""
    some, many = points.astype(np.float32), others.astype(np.float32)
    squares = (many**2).sum(axis=1) - 2 * some @ many.T
    nearest = np.argpartition(squares, NEIGHBOURS - 1, axis=1)[:, :NEIGHBOURS]
    # The quick formula lacks a constant and is off by rounding, which would hide what is exactly the same.
    exact = ((points[:, None, :] - others[nearest]) ** 2).sum(axis=2)
    return np.asarray(np.sqrt(np.sort(exact, axis=1)))
