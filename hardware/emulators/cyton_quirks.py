"""Cyton boards and dongles that differ from today's firmware, as users met them, for tests of what is said of each."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hardware.emulators.cyton_board import BOARD_OFF, RESET_S, CytonBoard, Feed

Quirk = Literal[
    "repeats", "old packets", "old dongle", "shared halves", "half missing", "no count", "missed poll",
    "first firmware", "dead daisy", "no cyton",
]  # fmt: skip
FIRST_BANNER = (
    "OpenBCI V3 32bit Board\nSetting ADS1299 Channel Values\nADS1299 Device ID: 0x12\nLIS3DH Device ID: 0x33\n"
)
FIRST_RESET_S = 1.2
OVERFLOWED = b"Failure: Board RFduino buffer overflowed. Soft reset command sent to Board.$$$"
GPS = b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n"
REPEAT_EVERY = 13
OLD = 38
"""How many packets an old one is behind."""


class QuirkyBoard(CytonBoard):
    """A board with one quirk."""

    def __init__(self, feed: Feed, quirk: Quirk, *, daisy: bool = False) -> None:
        super().__init__(feed, daisy=daisy)
        self._quirk = quirk
        self._polls_missed = 0
        self._past = b""
        self._n_packets = 0

    def overflow(self) -> None:
        """The dongle's buffer runs over: it says so among the packets and resets the board."""
        self._reply(OVERFLOWED)
        self._reset()

    def _obey(self, command: bytes) -> None:
        if command == b"v" and self._quirk == "missed poll" and not self._polls_missed:
            self._polls_missed = 1
            self._reply(BOARD_OFF)
        elif command == b"v" and self._quirk == "no cyton":
            self._reply(GPS)
        elif command == b"v" and self._quirk == "first firmware":
            self._reset()
            self._reply(FIRST_BANNER, FIRST_RESET_S)
        elif command == b"v" and self._quirk == "dead daisy":
            self._reset()
            self._reply(self._banner().replace("LIS3DH", "On Daisy ADS1299 Device ID: 0x00\nLIS3DH"), RESET_S)
        else:
            super()._obey(command)

    def _send(self, rows: NDArray[np.uint8]) -> bytes:
        match self._quirk:
            case "old dongle":
                inner = np.column_stack((np.full(len(rows), 0x41, np.uint8), rows[:, 1:31]))
                rows = np.column_stack((rows[:, :1], inner, rows[:, 32:])).astype(np.uint8)
            case "no count":
                rows[:, 1] = 0
            case "shared halves":
                # Counted from 1, as an odd packet is the Cyton's half here.
                rows[:, 1] = (rows[:, 1].astype(int) - 1) // 2 % 256
            case "half missing":
                rows = rows[rows[:, 1] % 2 == 1]
            case _:
                pass
        sent = super()._send(rows)
        return self._repeat(sent) if self._quirk in {"repeats", "old packets"} else sent

    def _repeat(self, sent: bytes) -> bytes:
        """The packets with every so many one more: the one before again, or an old one."""
        out = b""
        for begin in range(0, len(sent), 33):
            packet = sent[begin : begin + 33]
            self._past = (self._past + packet)[-33 * (OLD + 1) :]
            self._n_packets += 1
            out += packet
            if self._n_packets > OLD and self._n_packets % REPEAT_EVERY == 0:
                out += packet if self._quirk == "repeats" else self._past[:33]
        return out
