"""Sound's own door: it takes nothing but `stop`, and needs neither box nor manager nor bus."""

from __future__ import annotations

from pathlib import Path

from device.clock import Clock
from device.messages import Stop
from device.runtime.door import ROLES, Door, Reply, stop_path


class StopDoor:
    """Stands in `folder` for as long as `process` may sound.

    Raises:
        OSError: a socket cannot be made.
    """

    def __init__(self, folder: Path, clock: Clock, process: str) -> None:
        self._process = process
        self._door = Door({role: stop_path(folder, role) for role in ROLES}, clock)

    def stops(self) -> list[Stop]:
        """The stops that were asked since the last call, which are answered; never waits."""
        stops = []
        for request in self._door.requests():
            if isinstance(request.wish, Stop):
                stops.append(request.wish)
                request.answer(Reply(answer="taken", process=self._process))
            else:
                sentence = "This door takes nothing but `stop`."
                request.answer(Reply(answer="refused", sentence=sentence, process=self._process))
        return stops

    def close(self) -> None:
        self._door.close()
