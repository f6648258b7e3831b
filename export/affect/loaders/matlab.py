"""Files of MATLAB, read with scipy; whatever is wrong with one is told in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scipy.io import loadmat

from device.errors import RecordingError


def read_matlab(path: Path) -> dict[str, Any]:
    """Its variables; structs are objects with fields, dimensions of length one are dropped.

    Raises:
        RecordingError: it is absent, torn or no file of MATLAB.
    """
    try:
        with path.open("rb") as file:
            found: dict[str, Any] = loadmat(file, struct_as_record=False, squeeze_me=True)
    except FileNotFoundError as error:
        raise RecordingError(f"{path} is not there.", "Name the folder as it was unpacked with --data.") from error
    # A torn file fails wherever it was cut: zlib, struct, index and value errors alike.
    except Exception as error:
        raise RecordingError(
            f"{path} is no whole MATLAB file ({type(error).__name__}).", "Fetch the file again from its publisher."
        ) from error
    return found
