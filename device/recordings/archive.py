"""The arrays of an .npz, looked at before they are read: a small file may hold, or say that it holds, any amount."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

BYTES_MAX = 2**30
"""Bytes of all arrays that are read: twelve hours of sixteen channels as 64-bit numbers."""
ENTRIES_MAX = 150_000_000
"""Entries of one array, however small they are."""


class Archive(Mapping[str, NDArray[Any]]):
    """The arrays by name, each read when it is asked for. Objects are never unpickled.

    Raises:
        ValueError: an array holds or promises more than the limit; else whatever numpy raises.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file)
        self._left = BYTES_MAX
        self._read: dict[str, NDArray[Any]] = {}

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self._read:
            self._read[name] = self._array(name)
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return f"{name}.npy" in self._zip.NameToInfo

    def __iter__(self) -> Iterator[str]:
        return (name.removesuffix(".npy") for name in self._zip.NameToInfo)

    def __len__(self) -> int:
        return len(self._zip.NameToInfo)

    def _array(self, name: str) -> NDArray[Any]:
        entry = self._zip.getinfo(f"{name}.npy")
        self._left -= entry.file_size
        if self._left < 0:
            raise ValueError(f"its arrays hold more than {BYTES_MAX // 2**20} MB, which is the limit")
        with self._zip.open(entry) as member:
            shape, dtype = _header(member)
        if math.prod(shape) > ENTRIES_MAX:
            raise ValueError(f"its {name} has more than {ENTRIES_MAX // 10**6} million entries, which is the limit")
        if math.prod(shape) * dtype.itemsize > entry.file_size:
            raise ValueError(f"its {name} says that it holds more than is there")
        with self._zip.open(entry) as member:
            array: NDArray[Any] = np.lib.format.read_array(member, allow_pickle=False)
            return array


def _header(member: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(member)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(member)
    if any(length < 0 for length in shape):
        raise ValueError("a shape is negative")
    return shape, dtype
