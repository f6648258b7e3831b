"""A process that outlives sessions: a row of TABLE 2 that runs `always`.

It publishes in a folder beside the run folders and hears each session that comes, until that goes. A daemon starts
such rows with a `Supervisor` whose children are `Interpreter(name, incarnation, folder)`; sessions hear them where they
are, and never wait for them.
"""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec

from device.clock import Clock, SystemClock
from device.config import DeviceConfig
from device.errors import ConfigError
from device.messages import UNDECODABLE, Fault, Message
from device.processes import PROCESSES, names_that_outlive_sessions, names_that_run
from device.runtime.bus import Publisher, Received, Subscriber
from device.runtime.life import HEARTBEAT_NS, Lifeline, health_of, leave_fault, run_entry
from device.runtime.run_folder import living_sessions
from device.streams import STREAMS

LOOK_NS = 500_000_000
"""A session that came or went is noticed within this time."""


def device_path(folder: Path) -> Path:
    """The file in which whoever starts such processes leaves the configuration of the box for them."""
    return folder / "device.json"


class ResidentContext:
    """What the entry of such a process is given: the bus, every living session, the clock and the heartbeat."""

    def __init__(
        self,
        name: str,
        incarnation: int,
        config: DeviceConfig,
        folder: Path,
        clock: Clock,
        stop: threading.Event | None = None,
    ) -> None:
        self.name, self.incarnation, self.config, self.clock = name, incarnation, config, clock
        self.sessions: list[Path] = []
        """Run folders of the sessions that are heard, oldest first."""
        self.folder, self._lifeline = folder, Lifeline(stop)
        reads = PROCESSES[name].reads
        writers = {STREAMS[stream].writer for stream in reads if stream != "*"}
        wanted = {*PROCESSES, *names_that_outlive_sessions()} if {"*"} & {*reads, *writers} else writers
        self._in_sessions = {"manager", *(wanted & set(names_that_run("session")))}
        self._publisher = Publisher(folder, name, incarnation, clock)
        others = wanted & set(names_that_outlive_sessions()) - {name}
        self._subscriber = Subscriber(folder, others, reads)
        self._looked_ns = self._beat_ns = 0

    def publish(self, message: Message) -> Received:
        return self._publisher.send(message)

    def receive(self, timeout_ms: int) -> list[Received]:
        """What was said that it reads, in whichever session, waiting up to `timeout_ms` for the first."""
        self._look()
        return self._subscriber.receive(timeout_ms)

    def wake_on(self, descriptor: int) -> None:
        """Let `receive` return at once when this file descriptor is readable too."""
        self._subscriber.wake_on(descriptor)

    def _look(self) -> None:
        """Begin to hear sessions that came, and forget those that went."""
        now_ns = self.clock.now_ns()
        if now_ns - self._looked_ns < LOOK_NS:
            return
        self._looked_ns = now_ns
        living = living_sessions()
        for run_dir in living:
            if run_dir not in self.sessions:
                self._subscriber.hear(run_dir, self._in_sessions)
        for run_dir in self.sessions:
            if run_dir not in living:
                self._subscriber.forget(run_dir, self._in_sessions)
        self.sessions = living

    def beat(self) -> bool:
        """Call at least five times a second; false once the process must stop."""
        now_ns = self.clock.now_ns()
        if now_ns - self._beat_ns >= HEARTBEAT_NS:
            self._beat_ns = now_ns
            self.publish(health_of(self._publisher, now_ns, ready=True))
        return not self._lifeline.cut_by()

    def fail(self, code: str, sentence: str, action: str) -> None:
        """Leave the reason of a fatal fault where whoever started us finds it."""
        now_ns = self.clock.now_ns()
        fault = Fault(t_ns=now_ns, process=self.name, code=code, sentence=sentence, action=action, fatal=True)
        self.publish(fault)
        leave_fault(self.folder, fault)

    def close(self) -> None:
        self._publisher.close()
        self._subscriber.close()


def run_resident(name: str, incarnation: int, folder: Path, stop: threading.Event) -> int:
    """Run a process that outlives sessions to its end; returns its exit code."""
    return run_entry(
        name,
        folder,
        lambda: ResidentContext(name, incarnation, read_device(folder), folder, SystemClock(), stop),
    )


def read_device(folder: Path) -> DeviceConfig:
    """The configuration that was left for them.

    Raises:
        ConfigError: there is none that can be read.
    """
    try:
        return msgspec.json.decode(device_path(folder).read_bytes(), type=DeviceConfig)
    except (OSError, *UNDECODABLE) as error:
        raise ConfigError(f"{device_path(folder)} cannot be read: {error}.", "Start the box again.") from error
