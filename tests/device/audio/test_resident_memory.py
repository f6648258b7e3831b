"""What audio has touched stays in memory where that is allowed, and nothing breaks where it is not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

KEPT = """
import os, re, resource, sys
from pathlib import Path
from device.audio.resident_memory import kept_in_memory
locked = lambda: re.search(r"VmLck:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]
if sys.argv[1] == "limited":
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (65536, 65536))
    if os.geteuid() == 0:
        os.setuid(65534)
with kept_in_memory():
    more = bytearray(8_000_000)
    print(locked())
print(locked())
"""


def kept_kb(limit: str) -> list[int]:
    done = subprocess.run([sys.executable, "-c", KEPT, limit], check=True, capture_output=True, text=True)
    return [int(line) for line in done.stdout.split()]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may keep memory without a limit everywhere")
def test_pages_are_kept_while_there_is_sound_and_no_longer() -> None:
    meanwhile, afterwards = kept_kb("none")
    if not meanwhile:
        pytest.skip("this container keeps nothing")
    assert meanwhile > 8_000
    assert afterwards == 0


def test_where_little_may_be_kept_nothing_is_and_memory_is_still_had() -> None:
    assert kept_kb("limited") == [0, 0]
