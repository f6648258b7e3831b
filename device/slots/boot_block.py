"""What the boot loader knows of the slots, as GRUB's environment block (GRUB manual, section 16.2).

The block is 1,024 bytes, of which all that counts stands in the first 512: a card writes a sector whole or not at all,
so a power cut leaves what was before or what is new. It is always written in place.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal

import msgspec

Slot = Literal["a", "b"]
SLOTS: tuple[Slot, Slot] = ("a", "b")
TRIES = 8
"""Starts that a proven slot has until a health check passes: pulling the plug a few times loses nothing."""
TRIAL_TRIES = 3
"""Starts that an update has to prove itself."""
BLOCK_BYTES = 1024
SECTOR_BYTES = 512
COMMAND_LINE = Path("/proc/cmdline")
SIGNATURE = b"# GRUB Environment Block\n"


class BootBlock(msgspec.Struct, frozen=True, kw_only=True):
    """Which slot is tried first, and how many starts each has left."""

    order: tuple[Slot, Slot] = ("a", "b")
    a_left: int = TRIES
    b_left: int = 0

    def left(self, slot: Slot) -> int:
        """Starts that a slot has left."""
        return self.a_left if slot == "a" else self.b_left

    def with_left(self, slot: Slot, left: int) -> BootBlock:
        """The same, but for the starts of one slot."""
        return msgspec.structs.replace(self, **{f"{slot}_left": left})

    def on_trial(self, slot: Slot) -> BootBlock:
        """The slot that was just written starts next, and has few tries to prove itself."""
        return self.with_left(slot, TRIAL_TRIES).led_by(slot)

    def led_by(self, slot: Slot) -> BootBlock:
        """The slot comes first."""
        return msgspec.structs.replace(self, order=(slot, "b" if slot == "a" else "a"))

    def is_on_trial(self, slot: Slot) -> bool:
        """Whether a running slot still has to prove itself, and there is another to fall back to."""
        return self.left(slot) < TRIAL_TRIES and self.left("b" if slot == "a" else "a") > 0


def current(command_line: str) -> Slot | Literal[""]:
    """The slot that runs, as the boot loader said to the kernel; empty where it did not."""
    return next((slot for slot in SLOTS if f"rauc.slot={slot}" in command_line.split()), "")


def parse(block: bytes) -> BootBlock:
    """Reads a block as the boot loader does; what is missing or damaged counts as the boot loader's own default."""
    found = dict(re.findall(rb"^(order|a_left|b_left)=([^\n]*)$", block[:SECTOR_BYTES], re.MULTILINE))
    known = BootBlock()
    if not block.startswith(SIGNATURE):
        return known
    order: tuple[Slot, Slot] = ("b", "a") if found.get(b"order") == b"b a" else ("a", "b")
    left = [_tries(found.get(name), known.left(slot)) for slot, name in zip(SLOTS, (b"a_left", b"b_left"), strict=True)]
    return BootBlock(order=order, a_left=left[0], b_left=left[1])


def _tries(word: bytes | None, known: int) -> int:
    return len(word) if word is not None and re.fullmatch(rb"x{0,16}", word) else known


def render(state: BootBlock) -> bytes:
    """The whole block, 1,024 bytes."""
    words = {"order": " ".join(state.order), "a_left": "x" * state.a_left, "b_left": "x" * state.b_left}
    lines = b"".join(f"{name}={word}\n".encode() for name, word in words.items())
    return (SIGNATURE + lines).ljust(BLOCK_BYTES, b"#")


def read(path: Path) -> BootBlock:
    """Reads the block; a missing file counts as a damaged one."""
    try:
        with path.open("rb") as file:
            return parse(file.read(BLOCK_BYTES))
    except FileNotFoundError:
        return BootBlock()


def write(path: Path, state: BootBlock) -> None:
    """Writes the block where it stands, and returns when it is on the card.

    Raises:
        OSError: the boot partition cannot be written.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.pwrite(handle, render(state), 0)
        os.fsync(handle)
    finally:
        os.close(handle)
