"""Whether the machine itself stood still: a process with nothing to do and the highest priority looks at the clock.

    python -m hardware.bench.witness SECONDS      # says for how long it was held up at worst, in ms

Where it is held up, nobody had a processor: a virtual machine whose host is busy, or firmware. No music can help it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time

LOOK_S = 0.002
PRIORITY = 80
"""SCHED_FIFO priority, above audio's and the card's."""


def longest_ms(seconds: float) -> float:
    """The longest time by which a sleep was too long."""
    end_s, longest_s = time.monotonic() + seconds, 0.0
    while (asleep_s := time.monotonic()) < end_s:
        time.sleep(LOOK_S)
        longest_s = max(longest_s, time.monotonic() - asleep_s - LOOK_S)
    return 1000.0 * longest_s


if __name__ == "__main__":
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    print(longest_ms(float(sys.argv[1])))
