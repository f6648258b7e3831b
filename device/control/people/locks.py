"""Cues that a person holds, as they are or at a value that was set; plan and policy go on with the others."""

from __future__ import annotations

import math

from device.config import Prescription
from device.control.bounds import LOCKED
from device.control.cues import Cues, within
from device.messages import CueName, Mode
from device.music.keys import allowed_mode

FAR = 1e6
"""Beyond every cue, to ask where its limits are."""
SILENT_DB = -60.0
"""The softest that loudness can be set to."""


class Locks:
    """A cue is free, locked as it is, or set by hand; each method that changes that returns why it could not."""

    def __init__(self, prescription: Prescription) -> None:
        self._limits, self._never_keys = prescription.limits, prescription.preference.never_keys
        self._still: dict[CueName, float | Mode | None] = {}
        """Locked cues and where they stand; None: there was no bar yet when it was locked."""
        self._set: dict[CueName, float | Mode] = {}

    @property
    def names(self) -> tuple[CueName, ...]:
        """All cues that a person holds."""
        return (*self._still, *self._set)

    @property
    def still(self) -> tuple[CueName, ...]:
        """Cues that are locked as they are."""
        return tuple(self._still)

    def is_locked(self, cue: CueName) -> bool:
        return cue in self._still

    def lock(self, cue: CueName, cues: Cues | None, mode: Mode) -> str:
        """Keep a cue where it stands in `cues`, or from the first bar on where there is none yet."""
        if cue in self._still:
            return f"The {cue} is locked already."
        if cue in self._set:
            return f"The {cue} is set by hand and stays there; unlock it first to lock it elsewhere."
        field = LOCKED[cue][0] if cue in LOCKED else ""
        self._still[cue] = mode if cue == "mode" else float(getattr(cues, field)) if cues and field else None
        return ""

    def unlock(self, cue: CueName) -> str:
        """Give a cue back to plan and policy."""
        if cue not in self.names:
            return f"The {cue} is not locked."
        self._still.pop(cue, None)
        self._set.pop(cue, None)
        return ""

    def set(self, cue: CueName, value: float | Mode) -> str:
        """Lead a cue to a value and keep it there."""
        if cue in self._still:
            return f"The {cue} is locked; unlock it first."
        if refusal := self._impossible(cue, value):
            return refusal
        self._set[cue] = value
        return ""

    def _impossible(self, cue: CueName, value: float | Mode) -> str:
        if cue == "mode":
            if not isinstance(value, str):
                return "A mode is major or minor."
            return "" if allowed_mode(value, self._never_keys) == value else f"No key in {value} may sound."
        if cue not in LOCKED:
            return f"The {cue} cannot be set while it plays."
        if isinstance(value, str) or not math.isfinite(value):
            return f"A {cue} is a number."
        low, inside, high = (self._within(cue, asked) for asked in (-FAR, value, FAR))
        return "" if inside == value else f"The {cue} can be {low:g} to {high:g} here."

    def _within(self, cue: CueName, value: float) -> float:
        inside = within(Cues(*[max(value, SILENT_DB)] * len(Cues._fields)), self._limits)
        return float(getattr(inside, LOCKED[cue][0]))

    # -- what the controller asks

    def aim(self, cues: Cues) -> Cues:
        """The cues to go towards, with those that were set by hand."""
        return cues._replace(**{LOCKED[cue][0]: value for cue, value in self._set.items() if cue in LOCKED})

    def pin(self, cues: Cues) -> Cues:
        """The cues with those that are locked where they stand, whatever was really played meanwhile."""
        for cue in self._still.keys() & LOCKED.keys():
            if self._still[cue] is None:
                self._still[cue] = float(getattr(cues, LOCKED[cue][0]))
        return cues._replace(**{LOCKED[cue][0]: value for cue, value in self._still.items() if cue in LOCKED})

    def mode(self, led: Mode, before: Mode) -> Mode:
        """The mode of a section that plan and policy would have in `led`."""
        wanted = self._set.get("mode", before if "mode" in self._still else led)
        return "minor" if wanted == "minor" else "major"

    def words(self) -> list[str]:
        """`locked: tempo, mode`, `register set to 60`."""
        still = [f"locked: {', '.join(self._still)}"] if self._still else []
        return still + [
            f"{cue} set to {value if isinstance(value, str) else f'{value:g}'}" for cue, value in self._set.items()
        ]
