"""Turns the names that files give to EEG channels into the places on the head that models know."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np

OPENBCI_MONTAGE = ("Fp1", "Fp2", "C3", "C4", "P7", "P8", "O1", "O2", "F7", "F8", "F3", "F4", "T7", "T8", "P3", "P4")
"""The places where OpenBCI's software supposes the inputs of a Cyton, and of its Daisy, to sit."""
INPUT = re.compile(r"EXG Channel (\d{1,2})", re.IGNORECASE)
"""What that software calls them in the files it writes."""
QUOTED = re.compile(r"b(['\"])(.*)\1")
"""Bytes that were made text by mistake."""


class Electrodes(NamedTuple):
    names: tuple[str, ...]
    note: str = ""
    """What was supposed, as a sentence; empty: nothing."""


def read_electrodes(channels: Any) -> Electrodes:
    """The names in an array of text or bytes; an OpenBCI input stands for its usual place, and the note says so."""
    names = tuple(_text(name) for name in np.ravel(channels).tolist())
    inputs = [INPUT.fullmatch(name) for name in names]
    if not names or not all(found and int(found[1]) < len(OPENBCI_MONTAGE) for found in inputs):
        return Electrodes(names)
    places = tuple(OPENBCI_MONTAGE[int(found[1])] for found in inputs if found)
    said = f"Its channels are called {names[0]} and so on: they are taken for electrodes at {', '.join(places)}"
    return Electrodes(places, f"{said}, as OpenBCI's software does. If they sat elsewhere, mend its `channels`.")


def _text(name: Any) -> str:
    words = name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
    quoted = QUOTED.fullmatch(words.strip())
    return (quoted[2] if quoted else words).strip()
