"""Values that decode and cannot be: what a message or a document is given in place of its own."""

from __future__ import annotations

import math
import random
from typing import Any

ODD: tuple[Any, ...] = (
    math.nan, math.inf, -math.inf, 0, -1, 1, 0.0, 1e300, -1e300, 1e-300, 2**31, 2**62, -(2**62), 2**63 - 1, 128, 10**7,
    "", "x" * 5000, "\x1b[2J\x07\x00", "$\\frac{", "[red]", "\u202e",
    None, True, [], {}, b"", b"\xff\xfe", [[]], {"": 0},
)  # fmt: skip


def spoil(tree: Any, rng: random.Random) -> Any:
    """The same tree of lists and dicts with an odd value in a place or two, or an entry less, or one twice."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        tree = _spoil_one(tree, rng)
    return tree


def _spoil_one(tree: Any, rng: random.Random) -> Any:
    if isinstance(tree, dict) and tree:
        key = rng.choice(sorted(tree, key=str))
        if rng.random() < 0.1:
            return {name: value for name, value in tree.items() if name != key}
        return tree | {key: _spoil_one(tree[key], rng)}
    if isinstance(tree, list | tuple) and tree:
        place, entries = rng.randrange(len(tree)), list(tree)
        if rng.random() < 0.2:
            return entries * rng.choice((0, 2, 50))
        entries[place] = _spoil_one(entries[place], rng)
        return entries
    return rng.choice(ODD)
