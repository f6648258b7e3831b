"""Starts fresh interpreters that run our code, whatever lies in the folder a user happens to stand in."""

from __future__ import annotations

import sys
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]
"""Folder that a child runs in: libraries look for settings in the current one (matplotlib for `matplotlibrc`)."""


def interpreter(*arguments: str) -> list[str]:
    """The command of a fresh interpreter of this environment.

    Without -P Python puts the current folder (`-m`, `-c`) first on its path: a `mido.py` left in a folder of downloads
    would then run with the rights of whoever draws a session there.
    """
    return [sys.executable, "-P", *arguments]
