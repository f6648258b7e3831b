"""What a session and whoever renews the box agree upon: a lock that says that somebody listens.

It stands apart from `folders`, so that a process of a session loads nothing of updates.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from device.files.locks import share

PLAYING = "playing.lock"


@contextlib.contextmanager
def playing(home: str) -> Iterator[None]:
    """Held by each session that was started from `home`: whoever renews it sees that somebody listens.

    That is so whatever user and runtime folder the session has. Without a home, or where it takes no lock, the run
    folders alone tell.
    """
    with contextlib.ExitStack() as held:
        if home:
            with contextlib.suppress(OSError):
                held.enter_context(share(Path(home) / PLAYING))
        yield
