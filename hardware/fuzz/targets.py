"""What can be fuzzed: a name, and the `module:Class` of the target. A new target is one file and one line."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Protocol

TARGETS: dict[str, str] = {
    "commands": "hardware.fuzz.commands:Commands",
    "configuration": "hardware.fuzz.configuration:Configuration",
    "lines": "hardware.fuzz.lines:Lines",
    "logs": "hardware.fuzz.logs:Logs",
    "midi": "hardware.fuzz.midi:Midi",
    "models": "hardware.fuzz.models:Models",
    "npz": "hardware.fuzz.npz:Npz",
    "sealed": "hardware.fuzz.sealed:Sealed",
    "sounds": "hardware.fuzz.sounds:Sounds",
    "trials": "hardware.fuzz.trials:Trials",
    "voices": "hardware.fuzz.voices:Voices",
}


class Target(Protocol):
    """Made once in each worker process, with a folder of its own."""

    def __init__(self, folder: Path) -> None: ...

    def run(self, rng: random.Random) -> None:
        """Make one case from `rng` alone and give it to the readers.

        Raises:
            IsotoneError: it was refused in a sentence.
        """
        ...
