"""Recordings in .npz that are damaged, hold much in little, or say what cannot be: loaded, judged, read for a while."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from device.reading import open_recordings, read_affect
from device.recordings.files import load_recording
from hardware.fuzz.mutations import mutate
from hardware.fuzz.values import ODD

RATE_HZ, SECONDS = 125, 8
SECONDS_READ = 10
OFTEN = 0.1
"""Share of cases that are read through the box's own stages as well."""
SHAPES = "(%d,)", "(2, %d)", "(%d, %d)", "(-1, %d)", "()", "(%d", "[%d]"
COUNTS = 0, 1, 2**20, 2**31, 2**40, 2**63, 2**64
TYPES = "<f4", "<f8", "<i2", "|O", "|V0", "<U0", "|S0", "<c16", "<M8[ns]", "<f2", "[('a', '<f8', (1000000,))]"
Arrays = dict[str, Any]


def _eeg() -> Arrays:
    time_s = np.arange(SECONDS * RATE_HZ) / RATE_HZ
    rng = np.random.default_rng(1)
    eeg_uv = 20 * np.sin(2 * np.pi * 10 * time_s) + 10 * rng.standard_normal((2, len(time_s)))
    lengths = np.array([300, len(time_s) - 300])
    return {"eeg_uV": eeg_uv.astype("<f4"), "fs": RATE_HZ, "channels": ["Fp1", "Fp2"], "t": time_s, "lengths": lengths}


def _wrist() -> Arrays:
    time_s = np.arange(SECONDS * 64) / 64
    rng = np.random.default_rng(2)
    motion = rng.integers(-64, 64, (SECONDS * 32, 3))
    arrays = {"bvp": np.sin(7 * time_s), "acc": motion, "eda": 2 + 0.01 * time_s, "hr": np.full(SECONDS, 70.0)}
    told = {f"{name}_{what}": value for name in arrays for what, value in (("t0", 1.7e9), ("fs", 64.0))}
    beats = {"ibi": np.full(SECONDS, 0.85), "ibi_t": 1.7e9 + np.arange(SECONDS)}
    return arrays | told | beats | {"acc_fs": 32.0, "hr_fs": 1.0}


class Npz:
    """One file after the other, in one place."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "recording.npz"
        self._arrays = _eeg(), _wrist()
        self._whole = [packed(arrays) for arrays in self._arrays]

    def run(self, rng: random.Random) -> None:
        which = rng.randrange(2)
        match rng.choice(("bytes", "bytes", "array", "values", "bomb")):
            case "bytes":
                data = mutate(self._whole[which], rng)
            case "array":
                data = self._damaged_array(self._arrays[which], rng)
            case "values":
                data = packed(self._spoilt(self._arrays[which], rng))
            case _:
                data = rng.choice(BOMBS)(rng)
        self._path.write_bytes(data)
        load_recording(self._path)
        if rng.random() < OFTEN:
            session = open_recordings([self._path])
            list(islice(read_affect(session, calibrate_s=1), SECONDS_READ))

    @staticmethod
    def _damaged_array(arrays: Arrays, rng: random.Random) -> bytes:
        """Damage within one array, which the archive's checksum does not betray."""
        name = rng.choice(sorted(arrays))
        return zipped({key: as_npy(value) for key, value in arrays.items()} | {name: mutate(as_npy(arrays[name]), rng)})

    @staticmethod
    def _spoilt(arrays: Arrays, rng: random.Random) -> Arrays:
        spoilt = dict(arrays)
        for name in rng.sample(sorted(arrays), rng.choice((1, 1, 3))):
            array = np.array(arrays[name])
            odd = rng.choice(ODD)
            match rng.choice(("gone", "odd", "place", "shape", "type", "empty")):
                case "gone":
                    del spoilt[name]
                case "odd":
                    spoilt[name] = np.array(odd if isinstance(odd, int | float | str | bytes) else 0.5)
                case "place" if array.ndim and array.size and array.dtype.kind == "f" and isinstance(odd, float):
                    array.flat[rng.randrange(array.size) :] = odd
                    spoilt[name] = array
                case "shape" if array.ndim:
                    spoilt[name] = rng.choice((array[..., None], array.ravel(), array.T, array[:0], [array] * 3))
                case "type":
                    spoilt[name] = np.zeros(array.shape, rng.choice(("<U8", "|S4", "<f2", "<c16", "|b1", "<i8")))
                case _:
                    spoilt[name] = np.empty((0,))
        return spoilt


def as_npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array), allow_pickle=True)
    return file.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(f"{name}.npy", data)
    return file.getvalue()


def packed(arrays: Arrays) -> bytes:
    return zipped({name: as_npy(array) for name, array in arrays.items()})


def _header(rng: random.Random) -> bytes:
    """A header that promises much, or makes no sense."""
    shape = rng.choice(SHAPES)
    text = shape % tuple(rng.choice(COUNTS) for _ in range(shape.count("%d")))
    kind = rng.choice(TYPES)
    descr = kind if kind.startswith("[") else repr(kind)
    head = f"{{'descr': {descr}, 'fortran_order': {rng.choice(('True', 'False', '1e9'))}, 'shape': {text}, }}".encode()
    head = rng.choice((head, head + b" " * 60_000, b"(" * 5000, b"{" * 200))
    return b"\x93NUMPY" + rng.choice((b"\x01\x00", b"\x02\x00", b"\x03\x00", b"\x09\x09")) + _length(head) + head


def _length(head: bytes) -> bytes:
    return len(head).to_bytes(2, "little")


def _promise(rng: random.Random) -> bytes:
    """Arrays whose header promises what is not there."""
    names = rng.choice((("eeg_uV", "channels"), ("eeg_uV",), ("bvp",), ("channels",), ("lengths",), ("fs",)))
    return zipped({name: as_npy(array) for name, array in _eeg().items()} | {name: _header(rng) for name in names})


def _much_in_little(rng: random.Random) -> bytes:
    """Zeros that pack to a thousandth."""
    n = rng.choice((10**6, 10**6, 10**7))
    arrays = _eeg() | {"eeg_uV": np.zeros((2, n // 2), "<i2"), "t": np.arange(4.0), "lengths": np.ones(n // 2, "<i1")}
    return packed({name: array for name, array in arrays.items() if name not in rng.choice((("t",), ("lengths",), ()))})


def _objects(rng: random.Random) -> bytes:
    """Pickles, that nobody may open."""
    name = rng.choice(("eeg_uV", "channels", "fs", "bvp"))
    return packed(_eeg() | {name: np.array([{"a": 1}, None], dtype=object)})


BOMBS: tuple[Callable[[random.Random], bytes], ...] = (
    _promise,
    _promise,
    _objects,
    _objects,
    _promise,
    _much_in_little,
)
