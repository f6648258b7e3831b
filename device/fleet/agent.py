"""The fleet's agent on a box: hears how the box is on its own bus, and tells the clinic's broker.

It is a process of its own, which the box does not know of: it may be absent, hang or die, and the music does not
notice. Nothing else of a box needs the network.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from device.clock import Clock, wall_time
from device.errors import IsotoneError
from device.fleet.broker import Broker
from device.fleet.layout import FleetConfig
from device.fleet.offer import read_offer
from device.fleet.renewal import Door, Renewal
from device.fleet.report import FleetReport, Reporter
from device.messages import BoxStatus, Exposure
from device.processes import BOX
from device.programme_layout import Hours, machine_zone
from device.runtime.bus import Subscriber
from device.runtime.run_folder import living_sessions
from device.streams import STREAMS

TELL_NS = 300_000_000_000
"""Where nothing changes it tells so often."""
SOON_NS = 2_000_000_000
"""Changes in a row are told together."""
FETCH_MS = 20
SILENT_NS = round(3 * STREAMS["box"].max_age_s * 1e9)
WAIT_MS = 500
MEGABYTE = 1 << 20


class Renewed(NamedTuple):
    """How a box is renewed by its clinic: where what was fetched lies, the door to install it by, and when."""

    folder: Path
    door: Door
    hours: Hours


class Agent:
    """`turn` is all it does, again and again. `count` gives sessions, and how many of them broke."""

    def __init__(
        self,
        config: FleetConfig,
        version: str,
        folder: Path,
        data: Path,
        count: Callable[[], tuple[int, int]],
        clock: Clock,
        renewed: Renewed | None = None,
    ) -> None:
        """A box that is not `renewed` by its clinic only tells it how it is."""
        self._broker = Broker(config, self._hear, is_box=True)
        self._renewal = Renewal(*renewed, self._broker.ask) if renewed else None
        self._reporter = Reporter(config.name, config.group, version)
        self._data, self._count, self._clock = data, count, clock
        self._subscriber = Subscriber(folder, (BOX,), ("box", "exposure"))
        self._sessions: set[Path] = set()
        self._told: FleetReport | None = None
        self._told_ns = self._looked_ns = self._heard_ns = clock.now_ns()
        self.trouble = ""
        """Why the broker does not let it in; empty: nothing is wrong."""

    def begin(self) -> None:
        self._broker.begin()

    def _hear(self, kind: str, _name: str, payload: bytes) -> None:
        """Called by the broker's own thread."""
        if self._renewal and kind == "offers":
            self._renewal.offer(read_offer(payload))
        elif self._renewal and kind == "pieces":
            self._renewal.hear(payload)

    def turn(self) -> None:
        self._listen()
        now_ns = self._clock.now_ns()
        for received in self._subscriber.receive(FETCH_MS if self._is_fetching else WAIT_MS):
            message = received.message
            if isinstance(message, BoxStatus | Exposure):
                self._reporter.hear(message)
                self._heard_ns = now_ns
        if now_ns - self._heard_ns > SILENT_NS:
            self._reporter.silent()
        self._renew(now_ns)
        self._tell(now_ns)
        self.trouble = self._broker.refusal

    @property
    def _is_fetching(self) -> bool:
        return self._renewal is not None and self._renewal.memory.phase == "fetching"

    def _renew(self, now_ns: int) -> None:
        """Go on with what the clinic offers; that it is being installed is told before it is."""
        if self._renewal is None:
            return
        if self._told and self._told.update == "installing":
            self._renewal.install()
        self._renewal.turn(now_ns, wall_time().astimezone(machine_zone()), plays=bool(self._sessions))
        self._reporter.renew(self._renewal.standing.version, self._renewal.memory)

    def _listen(self) -> None:
        """Hear the sound of sessions that came, and forget those that went."""
        try:
            living = set(living_sessions())
        except IsotoneError:
            return
        for run_dir in living - self._sessions:
            self._subscriber.hear(run_dir, ("audio",))
        for run_dir in self._sessions - living:
            self._subscriber.forget(run_dir, ("audio",))
        self._sessions = living

    def _tell(self, now_ns: int) -> None:
        """Look at what is told, which reads the disk, no more often than it may be told."""
        if self._told is not None and now_ns - self._looked_ns < SOON_NS:
            return
        self._looked_ns = now_ns
        report = self._reporter.report(self._free_mb(), *self._count())
        is_news = self._told is None or _rounded(report) != _rounded(self._told)
        if is_news or now_ns - self._told_ns >= TELL_NS:
            self._told, self._told_ns = report, now_ns
            self._broker.tell(
                msgspec.json.encode(msgspec.structs.replace(report, told_utc=f"{wall_time():%Y-%m-%dT%H:%M:%SZ}"))
            )

    def _free_mb(self) -> int:
        try:
            return shutil.disk_usage(self._data).free // MEGABYTE
        except OSError:
            return 0

    def close(self) -> None:
        self._broker.end()
        self._subscriber.close()


def _rounded(report: FleetReport) -> FleetReport:
    """What of it is news: a few megabytes are none."""
    return msgspec.structs.replace(report, disk_free_mb=report.disk_free_mb // 256)
