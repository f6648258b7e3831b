"""Pickled arrays from strangers: a pickle may run any program while it is opened, so only plain data pass."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

from device.errors import RecordingError

ARRAYS = frozenset({"_reconstruct", "scalar"})
PLAIN = frozenset({"dict", "list", "tuple", "set", "frozenset", "bytearray", "complex", "int", "float", "bool", "str"})
ALLOWED: dict[str, frozenset[str]] = {
    "numpy": frozenset({"ndarray", "dtype"}),
    "numpy.core.multiarray": ARRAYS,
    "numpy._core.multiarray": ARRAYS,
    "numpy.core.numeric": frozenset({"_frombuffer"}),
    "numpy._core.numeric": frozenset({"_frombuffer"}),
    "builtins": PLAIN,
    "__builtin__": PLAIN,
    "_codecs": frozenset({"encode"}),
}
"""What an array of numbers needs to be rebuilt; `encode` is how Python 3 writes bytes for Python 2."""


class PlainUnpickler(pickle.Unpickler):
    """Rebuilds arrays and containers; whatever else a pickle names is refused before it is imported."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        if global_name not in ALLOWED.get(module_name, ()):
            raise CodeFoundError(f"{module_name}.{global_name}")
        return super().find_class(module_name, global_name)


class CodeFoundError(pickle.UnpicklingError):
    """The pickle asks for something that is no data."""


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
