"""Several candidates on the very same people in one array: a cohort of all families beside copies of itself.

Every chance is drawn for one copy and shared by all, so candidates differ by what they do and by nothing else, and one
array of thousands is simulated several times faster than as many small ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hardware.twin.cohort import WHO, Cohort
from hardware.twin.people import People, draw_people, keyed
from hardware.twin.reading import Quality


class Shared:
    """A generator whose draws, along the last axis, are the same for each copy."""

    def __init__(self, random: np.random.Generator, copies: int) -> None:
        self._random, self._copies = random, copies

    def standard_normal(self, shape: Any) -> npt.NDArray[np.float64]:
        return self._tiled(self._random.standard_normal(self._one(shape)))

    def random(self, shape: Any) -> npt.NDArray[np.float64]:
        return self._tiled(self._random.random(self._one(shape)))

    def integers(self, high: int, size: int) -> npt.NDArray[np.int64]:
        return self._tiled(self._random.integers(high, size=size // self._copies))

    def _one(self, shape: Any) -> tuple[int, ...]:
        *outer, last = np.atleast_1d(shape)
        return (*map(int, outer), int(last) // self._copies)

    def _tiled(self, drawn: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.tile(drawn, self._copies)


class Copies(Cohort):
    """`copies` times the same people, `n_each` of each family; those of one copy lie side by side, by family."""

    def __init__(
        self, families: Sequence[str], n_each: int, seed: int, quality: Quality, has_loss: bool, shard: int, copies: int
    ) -> None:
        self._copies = copies
        drawn = [draw_people(family, n_each, keyed(seed, family, shard, WHO)) for family in families]
        one = [np.concatenate(values, axis=-1) for values in zip(*drawn, strict=True)]
        people = People(*(np.tile(values, copies) for values in one))
        n = len(families) * n_each * copies
        super().__init__("+".join(families), n, seed, quality, has_loss, shard=shard, people=people)

    def _draws(self, *purpose: int) -> Any:
        return Shared(super()._draws(*purpose), self._copies)
