"""Locks (flock) on files and folders: the kernel lets go of them however their holder dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


def is_held(path: Path, *, even_shared: bool = False) -> bool:
    """Whether a living process has locked it for itself, or `even_shared` with others.

    Without that the look disturbs nobody, as it locks only to read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if even_shared else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextlib.contextmanager
def share(path: Path) -> Iterator[None]:
    """Hold a lock that others may share, on a file that is made where it is missing and that anybody may look at.

    Raises:
        OSError: it cannot be made, or its file system has no locks.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        with contextlib.suppress(PermissionError):  # somebody else made it
            os.fchmod(descriptor, 0o644)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def claim(path: Path) -> Iterator[None]:
    """Hold a lock on a file, which is made where it is missing, for as long as the block runs.

    Raises:
        BlockingIOError: another process has locked it.
        OSError: it cannot be made, or its file system has no locks.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
