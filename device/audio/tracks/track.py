"""What every source of sound is to the mixer."""

from __future__ import annotations

from typing import Protocol

from device.audio.conductor import Conductor
from device.audio.samples import Samples
from device.messages import Message


class Track(Protocol):
    """One source of sound. A spoken prompt or a texture is a file with a class and a place in the renderer's list."""

    def take(self, message: Message) -> None:
        """Take what the stages of audio give out, as far as this track plays it."""
        ...

    def add_to(self, block: Samples, frame: int, conductor: Conductor) -> None:
        """Add the samples that begin at `frame` to a block of shape (frames, 2)."""
        ...

    def ducks_db(self) -> float:
        """By how much the other tracks are to be softer now, in dB, 0 or positive."""
        ...
