"""Starts fresh interpreters that run our code, whatever lies in the folder a user happens to stand in."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]
"""Folder that a child runs in: libraries look for settings in the current one (matplotlib for `matplotlibrc`)."""
NOT_FOR_CHILDREN = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
"""Only the service itself tells systemd that it is alive."""


def environment() -> dict[str, str]:
    """What a child finds around it.

    One BLAS thread: idle pools of a numeric library cost memory and wake-ups in every process.
    """
    found = {name: value for name, value in os.environ.items() if name not in NOT_FOR_CHILDREN}
    return found | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def interpreter(*arguments: str) -> list[str]:
    """The command of a fresh interpreter of this environment.

    Without -P Python puts the current folder (`-m`, `-c`) first on its path: a `mido.py` left in a folder of downloads
    would then run with the rights of whoever draws a session there.
    """
    return [sys.executable, "-P", *arguments]
