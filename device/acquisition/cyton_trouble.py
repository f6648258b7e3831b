"""Says in a sentence what is wrong with a board that sends bytes but no sample: pure, from the bytes alone."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.acquisition.cyton_packets import FOOTER_FIRST, FOOTER_LAST, HEAD, PACKET_BYTES

LOOKED_AT_BYTES = 4096
"""Half a second of a stream."""
FRAMES_MIN = 16
RADIO_HEAD = 0x41
"""The head that the board gives its packets; a dongle of its own age replaces it."""
TEXT = re.compile(rb"[\x20-\x7e\r\n\t]{16,}\$\$\$")
"""What board and dongle say when they do not stream; 16 such bytes in a row are no samples."""
SAID_MAX = 100


class Trouble(NamedTuple):
    sentence: str
    action: str


def find_text(data: bytes) -> str:
    """What the board or its dongle said among the packets; empty: nothing."""
    found = TEXT.search(data)
    return printable(found[0]) if found else ""


def printable(data: bytes) -> str:
    """Words that came over the line, without control characters, quoted where they are shown."""
    words = "".join(chr(byte) if 0x20 <= byte < 0x7F else " " for byte in data.removesuffix(b"$$$"))
    return " ".join(words.split())[:SAID_MAX]


def explain(data: bytes, what: str) -> Trouble | None:
    """Why bytes that came for some seconds held no sample; None where nothing of the kind is known."""
    counter = _find_counters(data)
    if not len(counter):
        return None
    steps = np.unique(np.diff(counter))
    if (counter == RADIO_HEAD).all():
        return Trouble(
            f"The dongle's firmware is older than the {what}'s: it hands on packets that it does not understand.",
            "Update the dongle's firmware (OpenBCI Radios), or use the dongle that came with the board.",
        )
    if steps.tolist() == [0]:
        return Trouble(
            f"The {what} sends packets whose number stays {counter[0]}, so nobody can tell which are lost.",
            "Switch it off and on; if that does not help, update its firmware.",
        )
    if steps.tolist() == [2]:
        return Trouble(
            f"Only every second packet of the {what} comes: one half of each sample with a Daisy board is missing.",
            "Push the Daisy board firmly onto the Cyton, or name only 8 electrodes in `ch_names`.",
        )
    return None


def _find_counters(data: bytes) -> NDArray[np.uint8]:
    """Counters of the longest run of frames that stand one behind the other, whatever they count; may be empty."""
    stream = np.frombuffer(data, np.uint8)
    for offset in range(min(PACKET_BYTES, len(stream))):
        n_frames = (len(stream) - offset) // PACKET_BYTES
        frames = stream[offset : offset + n_frames * PACKET_BYTES].reshape(n_frames, PACKET_BYTES)
        good = (frames[:, 0] == HEAD) & (frames[:, -1] >= FOOTER_FIRST) & (frames[:, -1] <= FOOTER_LAST)
        if n_frames >= FRAMES_MIN and good[-FRAMES_MIN:].all():
            return frames[-FRAMES_MIN:, 1].copy()
    return np.empty(0, np.uint8)
