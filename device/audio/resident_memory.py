"""Keeps in memory what audio has touched: a page that is read from a busy disk again takes longer than the sound lasts.

The kernel gives up pages of programs and libraries when it wants memory for files, as a recorder or an update writes
them, and reads them anew when they are next used.
"""

from __future__ import annotations

import contextlib
import ctypes
import re
import resource
import threading
from collections.abc import Iterator
from pathlib import Path

CAP_IPC_LOCK = 14
MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT = 1, 2, 4
"""Of `sys/mman.h`. Pages are kept from their first use on, so that nothing is loaded that is never used."""


@contextlib.contextmanager
def kept_in_memory() -> Iterator[None]:
    """No page of this process is given up meanwhile, where that is allowed (`LimitMEMLOCK` of the unit).

    Only where there is no limit: at one the next allocation would fail, which is worse than a late one. And only where
    the process is audio's own.
    """
    if not _is_unlimited() or threading.current_thread() is not threading.main_thread():
        yield
        return
    libc = ctypes.CDLL(None)
    libc.mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)  # What the kernel refuses stays as it was.
    try:
        yield
    finally:
        libc.munlockall()


def _is_unlimited() -> bool:
    if resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY:
        return True
    capabilities = re.search(r"CapEff:\s+([0-9a-f]+)", Path("/proc/self/status").read_text("utf-8"))
    return bool(capabilities and int(capabilities[1], 16) >> CAP_IPC_LOCK & 1)
