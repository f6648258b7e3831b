"""Changes to bytes as they happen: bits that flip, sectors of zeros, torn and lost parts."""

from __future__ import annotations

import random
from collections.abc import Callable


def flip(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 2, 5, 20, 100))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def change(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 3, 10, 50))):
        data[rng.randrange(len(data))] = rng.randrange(256)


def truncate(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(len(data)) :]


def zero(data: bytearray, rng: random.Random) -> None:
    begin, length = rng.randrange(len(data)), rng.choice((64, 512, 4096))
    data[begin : begin + length] = bytes(len(data[begin : begin + length]))


def drop(data: bytearray, rng: random.Random) -> None:
    begin = rng.randrange(len(data))
    del data[begin : begin + rng.choice((1, 9, 100, 4096))]


def repeat(data: bytearray, rng: random.Random) -> None:
    begin = rng.randrange(len(data))
    data[begin:begin] = data[begin : begin + rng.choice((1, 9, 100, 4096))]


CHANGES: tuple[Callable[[bytearray, random.Random], None], ...] = (flip, change, truncate, zero, drop, repeat)


def mutate(data: bytes, rng: random.Random) -> bytes:
    """The same data with one kind of damage."""
    changed = bytearray(data)
    if changed:
        rng.choice(CHANGES)(changed, rng)
    return bytes(changed)
