"""Pickled arrays from strangers: a pickle may run any program while it is opened, so only plain data pass.

Names alone are no guard: what a pickle says of a dtype reaches numpy's memory unchecked, and a float64 that claims to
hold objects makes addresses of its numbers. So numpy's own types are never rebuilt; ours take their place, which
believe a type's name and byte order and nothing else.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from device.errors import RecordingError

PLAIN_KINDS = "biufcSU"
"""The types of numpy that pass: numbers and strings of fixed length."""
BYTE_ORDERS = "<>=|"


class CodeFoundError(pickle.UnpicklingError):
    """The pickle asks for something that is no data."""


class PlainType:
    """A dtype by its name and byte order; flags and fields are not believed."""

    def __init__(self, code: Any, *_options: Any) -> None:
        self.dtype = np.dtype(code) if isinstance(code, str) else refuse("a dtype without a name")
        if self.dtype.kind not in PLAIN_KINDS:
            refuse(f"the dtype {code}")

    def __setstate__(self, state: Any) -> None:
        order, parts = state[1], state[2:5]
        if order not in tuple(BYTE_ORDERS) or any(parts):
            refuse("a dtype of parts")
        self.dtype = self.dtype.newbyteorder(order)


class PlainArray(np.ndarray):
    """Takes its content from a pickle as bytes of a plain type, and in no other way."""

    def __setstate__(self, state: Any) -> None:
        *_version, shape, kind, is_fortran, raw = state
        super().__setstate__((1, shape, plain_dtype(kind), is_fortran, plain_bytes(raw)))


def refuse(what: str) -> NoReturn:
    raise CodeFoundError(what)


def plain_dtype(kind: Any) -> np.dtype[Any]:
    return kind.dtype if isinstance(kind, PlainType) else refuse("an array of no plain type")


def plain_bytes(raw: Any) -> bytes:
    """Python 2 wrote bytes as text."""
    if isinstance(raw, str):
        return raw.encode("latin1")
    return bytes(raw) if isinstance(raw, bytes | bytearray | memoryview) else refuse("an array of objects")


def begin_array(*_how: Any) -> PlainArray:
    return PlainArray((0,))


def read_scalar(kind: Any, raw: Any) -> Any:
    return np.frombuffer(plain_bytes(raw), plain_dtype(kind), count=1)[0]


def read_buffer(raw: Any, kind: Any, shape: Any, order: Any, axes: Any = None) -> NDArray[Any]:
    """Rebuilds an array as numpy lays it out in protocol 5."""
    flat = np.frombuffer(plain_bytes(raw), plain_dtype(kind))
    if order == "K":
        return flat.reshape(shape).transpose(axes)
    return flat.reshape(shape, order=order)


def encode(text: Any, codec: Any) -> bytes:
    """How Python 3 writes bytes for Python 2."""
    return plain_bytes(text) if codec in {"latin1", "latin-1"} else refuse(f"the codec {codec}")


ARRAYS: dict[str, Any] = {"_reconstruct": begin_array, "scalar": read_scalar, "_frombuffer": read_buffer}
PLAIN: dict[str, Any] = {
    kind.__name__: kind
    for kind in (dict, list, tuple, set, frozenset, bytes, bytearray, complex, int, float, bool, str)
}
ALLOWED: dict[str, dict[str, Any]] = {
    # An array is begun by its function alone; its class is only ever named beside it.
    "numpy": {"ndarray": None, "dtype": PlainType},
    **{f"numpy.{core}.{part}": ARRAYS for core in ("core", "_core") for part in ("multiarray", "numeric")},
    "builtins": PLAIN,
    "__builtin__": PLAIN,
    "_codecs": {"encode": encode},
}
"""What a pickle may name, and what stands for it."""


# Python's own and not C's: there a memo index of four bytes asks for as much memory as it likes.
class PlainUnpickler(pickle._Unpickler):  # type: ignore[name-defined, misc, unused-ignore]  # noqa: SLF001
    """Rebuilds arrays and containers; whatever else a pickle names is refused, and nothing is ever imported."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        if global_name not in ALLOWED.get(module_name, ()):
            refuse(f"{module_name}.{global_name}")
        return ALLOWED[module_name][global_name]


def read_pickle(path: Path) -> Any:
    """A pickle of Python 2 or 3 as the sets are published (strings as latin-1).

    Raises:
        RecordingError: it is absent, torn or holds code.
    """
    try:
        with path.open("rb") as file:
            return PlainUnpickler(file, encoding="latin1").load()
    except OSError as error:
        raise RecordingError(
            f"{path} cannot be read: {error.strerror}.", "Name the unpacked set with --data."
        ) from error
    except CodeFoundError as error:
        raise RecordingError(
            f"{path} holds code ({error}) and was not opened.", "Fetch the file again from its publisher."
        ) from error
    # A torn or forged stream fails in as many ways as there are opcodes.
    except Exception as error:
        raise RecordingError(
            f"{path} is no whole pickle ({type(error).__name__}).", "Fetch the file again from its publisher."
        ) from error
