"""Which clips a listening study has: places on the affect grid, each composed by every generator, some heard twice.

Nothing that a listener sees tells who composed a clip or where it should lie; that stands in the key, which is kept
apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from device.errors import ConfigError
from device.music import GENERATORS

GRID = (-0.8, -0.4, 0.4, 0.8)
"""Valence and arousal of the places; none lies between two quadrants."""
PLACES_MAX = len(GRID) ** 2
PRACTICE = ((0.8, 0.8), (0.4, -0.8))
"""What the scale is for, heard before it counts."""
PRACTICE_GENERATOR = "rules"
REPEATED = 1 / 6
"""Share of the clips that are heard twice."""
REPEATS_MIN = 4
HUMAN = "human"
BEFORE = "before"
BEFORE_GENERATOR = "transformer"
"""Who composes in the older release."""
LETTERS = "bcdfghjkmnpqrstvwxz23456789"
ID_LENGTH = 7
FORMAT = "isotone-listening-key-1"


class Clip(msgspec.Struct, frozen=True):
    """One thing to hear."""

    id: str
    role: Literal["practice", "test", "repeat"]
    generator: str
    valence: float | None
    """The mood it should have, -1 to 1; None where nobody says, as of human pieces."""
    arousal: float | None
    seed: int
    repeats: str = ""
    """The clip that it is, heard again."""
    source: str = ""
    """Name of the human piece's file."""
    release: str = ""
    """`before` where an older release composes and plays it."""

    @property
    def composer(self) -> str:
        """Who is compared: a generator, `human` or `before`."""
        return self.release or self.generator

    @property
    def file(self) -> str:
        return f"clips/{self.id}.wav"


class Key(msgspec.Struct, frozen=True):
    """What a study is made of; its order tells nothing."""

    format: str
    study: str
    seed: int
    model: str
    clips: tuple[Clip, ...]


def plan(seed: int, n_places: int, model: str, human: Sequence[Path] = (), *, before: bool = False) -> Key:
    """A study of `n_places` places and all generators, and an older release's; the same seed gives the same study.

    Raises:
        ConfigError: too few or too many places, or a seed that is none.
    """
    if seed < 0:
        raise ConfigError(f"The seed {seed} is below 0.", "Give --seed 0 or more.")
    if not 1 <= n_places <= PLACES_MAX:
        raise ConfigError(f"{n_places} places are asked for.", f"Give --pairs 1 to {PLACES_MAX}.")
    rng = np.random.default_rng(seed)
    ids = _Ids(rng)
    practice = [
        Clip(ids.draw(), "practice", PRACTICE_GENERATOR, valence, arousal, seed) for valence, arousal in PRACTICE
    ]
    composers = [(generator, "") for generator in GENERATORS] + [(BEFORE_GENERATOR, BEFORE)] * before
    tests = [
        Clip(ids.draw(), "test", generator, valence, arousal, seed + 1 + number, release=release)
        for number, (valence, arousal) in enumerate(_places(rng, n_places))
        for generator, release in composers
    ]
    tests += [Clip(ids.draw(), "test", HUMAN, None, None, seed, source=path.name) for path in human]
    n_repeats = min(len(tests), max(REPEATS_MIN, round(REPEATED * len(tests))))
    again = [tests[index] for index in rng.permutation(len(tests))[:n_repeats]]
    repeats = [msgspec.structs.replace(clip, id=ids.draw(), role="repeat", repeats=clip.id) for clip in again]
    clips = [*practice, *tests, *repeats]
    return Key(FORMAT, ids.draw(), seed, model, tuple(clips[index] for index in rng.permutation(len(clips))))


class _Ids:
    """Names without a meaning, none twice."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._drawn: set[str] = set()

    def draw(self) -> str:
        while True:
            name = "".join(LETTERS[index] for index in self._rng.integers(0, len(LETTERS), ID_LENGTH))
            if name not in self._drawn:
                self._drawn.add(name)
                return name


def _places(rng: np.random.Generator, n_places: int) -> list[tuple[float, float]]:
    """Places of the grid by turns from the four quadrants, in each in random order."""
    signs = [(1, 1), (-1, 1), (-1, -1), (1, -1)]
    quadrants = [[(v, a) for v in GRID for a in GRID if v * sv > 0 and a * sa > 0] for sv, sa in signs]
    orders = [rng.permutation(len(quadrant)) for quadrant in quadrants]
    in_turn = [quadrants[turn][order[step]] for step in range(len(GRID)) for turn, order in enumerate(orders)]
    return in_turn[:n_places]


def read_key(path: Path) -> Key:
    """The key of a study.

    Raises:
        ConfigError: unreadable, or no key.
    """
    try:
        key = msgspec.json.decode(path.read_bytes(), type=Key)
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise ConfigError(
            f"{path} is no key of a listening study: {error}.", "Give the .key.json of the kit."
        ) from error
    if key.format != FORMAT:
        raise ConfigError(f"{path} is no key of a listening study.", "Give the .key.json of the kit.")
    return key
