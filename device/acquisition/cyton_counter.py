"""Tells what the 8-bit counter of a Cyton's packets means: which come again, which were lost, when it began anew.

A counter that goes back is a repeat, not a loss of nearly a turn: radios send packets twice and hand out old ones
(OpenBCI_NodeJS#15, brainflow#158). What was lost takes time, so the host's clock decides where the counter cannot.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

PACKETS_PER_S = 250.0
TURN = 256
SLACK_PACKETS = 64
"""Packets that may have come beyond what the clock saw (0.26 s): radio, cable and a stalled reader held them back."""
RESTART_RUN = 3
"""This many new packets in a row behind the newest are no repeats: the counter began anew."""
RESTART_RUN_SAME = 64
"""The same number for packets that look like those that had their number before."""
SHARED_MIN, SHARED_SHARE = 2, 0.3
"""Least number of different packets that have the number of the one before, and their share, where halves share one."""


class CounterUnwrapper:
    """Gives packets a running number, with the host's time for outages beyond one turn (1.02 s).

    A number has the parity of its counter, which tells the two boards of a Daisy apart.
    """

    def __init__(self, turn: int = TURN) -> None:
        self._turn = turn
        self._last: tuple[int, int, int] | None = None
        """Counter and number of the newest packet, and when it was read."""
        self._seen: dict[int, bytes] = {}
        self._is_steady = False
        """Whether the newest packets look alike, as of loose electrodes: then likeness tells nothing."""
        self._behind = (-1, 0)
        """The last packet behind the newest, and how many there were in a row."""
        self.n_repeats = 0
        """Packets left out because they came before."""

    def unwrap(
        self, counter: Sequence[int], following: Sequence[int], payload: NDArray[np.int32], now_ns: int
    ) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
        """Numbers of the packets that were read together at `now_ns`, and which of them (indices) are no repeats.

        `following` is the counter behind each packet (-1: not known), `payload` (n, channels). The first number ever
        is 0 or 1.
        """
        if self._last is None:
            first = counter[0]
            began_ns = now_ns - round(len(counter) * 1e9 / PACKETS_PER_S)
            self._last = ((first - 1) % self._turn, (first & 1) - 1, began_ns)
        newest, number, last_ns = self._last
        expected = (now_ns - last_ns) * PACKETS_PER_S / 1e9
        spare = expected + SLACK_PACKETS - len(counter)
        steps: list[int] = []
        kept: list[int] = []
        for index, (value, after) in enumerate(zip(counter, following, strict=True)):
            step = self._step(newest, value, after, payload[index].tobytes(), spare)
            if step:
                newest, spare = value, spare - (step - 1)
                steps.append(step)
                kept.append(index)
        self.n_repeats += len(counter) - len(kept)
        if not kept:
            return np.empty(0, np.int64), np.empty(0, np.intp)
        numbers = number + np.cumsum(_add_turns(np.array(steps), expected, self._turn))
        self._last = (newest, int(numbers[-1]), now_ns)
        return numbers, np.array(kept, np.intp)

    def _step(self, newest: int, value: int, after: int, payload: bytes, spare: float) -> int:
        """How far a packet is ahead of the newest; 0: it is a repeat."""
        ahead = (value - newest) % self._turn or self._turn
        goes_on_without = after >= 0 and (after - newest) % self._turn == 1
        if ahead > 1 and goes_on_without and spare < self._turn:
            return 0
        is_same = not self._is_steady and self._seen.get(value) == payload
        if ahead == 1 or (ahead - 1 <= spare and not (is_same and ahead > self._turn // 2)):
            self._behind = (-1, 0)
            self._is_steady = self._seen.get(newest) == payload
            self._seen[value] = payload
            return ahead
        before, length = self._behind
        length = length + 1 if (value - before) % self._turn == 1 else 1
        self._behind = (value, length)
        if length < (RESTART_RUN_SAME if is_same else RESTART_RUN):
            return 0
        self._behind, self._seen = (-1, 0), {value: payload}
        return 1 if ahead & 1 else 2


def _add_turns(steps: NDArray[np.int64], expected: float, turn: int) -> NDArray[np.int64]:
    """Make the widest step wider by the turns that only the clock saw."""
    surplus = int(steps.sum() - expected)
    if surplus < 0:
        steps[int(np.argmax(steps))] += turn * round(-surplus / turn)
    return steps


class HalfCounter:
    """Tells the halves of a Daisy's sample apart where both carry the same number: 0, 0, 1, 1 and so on.

    It numbers them as other firmware does, on a turn twice as long: odd for the Cyton's half, even for the Daisy's.
    """

    TURN = 2 * TURN

    def __init__(self) -> None:
        self._last: tuple[int, bytes, bool] = (-1, b"", False)
        """Counter and payload of the packet before, and whether it was a second half."""

    @staticmethod
    def is_needed(counter: NDArray[np.uint8], payload: NDArray[np.int32]) -> bool:
        """Whether these first packets of a connection come in pairs."""
        if len(counter) < 2:
            return False
        shared = (np.diff(counter) == 0) & (np.diff(payload, axis=0) != 0).any(axis=1)
        return bool(shared.sum() >= SHARED_MIN and shared.mean() > SHARED_SHARE)

    def apply(self, counter: NDArray[np.uint8], payload: NDArray[np.int32]) -> list[int]:
        """The counter that other firmware would have sent."""
        numbers: list[int] = []
        for value, row in zip(counter.tolist(), payload, strict=True):
            last_value, last_payload, was_second = self._last
            raw = row.tobytes()
            is_second = value == last_value and (was_second or raw != last_payload)
            self._last = (value, raw, is_second)
            numbers.append((2 * value + 1 + is_second) % self.TURN)
        return numbers
