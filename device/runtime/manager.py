"""Starts, watches, restarts and stops the processes of TABLE 2, and tells systemd that the whole is alive.

A process that dies is started again under playing music; the third death within a minute ends the session by a fade.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from pathlib import Path
from typing import Protocol

import msgspec
import zmq

from device.clock import Clock, cpu_seconds
from device.config import SessionConfig
from device.errors import Exit
from device.host import HEARTBEAT_NS, fault_path, resident_mb, session_path
from device.messages import AnyCommand, AudioReport, Author, Command, Fault, Health, Marker, Message, Start, Stop
from device.processes import PROCESSES
from device.runtime.bus import Publisher, Received, Subscriber, endpoint
from device.runtime.children import Child, Launcher
from device.runtime.systemd_notify import Notifier
from device.streams import STREAMS

JOIN_TIMEOUT_S = 30.0
HUNG_S = 6.0
"""A child silent for this long is killed and started again."""
DEATHS_PER_MINUTE = 3
FADE_TIMEOUT_S = 8.0
STOP_TIMEOUT_S = 5.0
HEARD = tuple(name for name, row in STREAMS.items() if row.log == "mcap" and name not in {"trace", "digest"})


class Observer(Protocol):
    """Whoever watches a running session: the terminal view, a JSON printer, a test."""

    def see(self, received: Received) -> None: ...

    def refresh(self, now_ns: int) -> None:
        """Called about ten times a second."""
        ...


class Watched:
    """One row of the table while it runs."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.child: Child | None = None
        self.incarnation = -1
        self.ready = False
        self.heard_ns = 0
        self.deaths_ns: deque[int] = deque(maxlen=DEATHS_PER_MINUTE)

    def died_too_often(self, now_ns: int) -> bool:
        return len(self.deaths_ns) == DEATHS_PER_MINUTE and now_ns - self.deaths_ns[0] < 60e9


class Manager:
    """Runs one session from start to end.

    `run` returns the exit code: OK after a whole or a stopped session, a fault's own code or SESSION_FAULT otherwise.
    """

    def __init__(self, config: SessionConfig, clock: Clock, launcher: Launcher, observer: Observer) -> None:
        self._config, self._clock, self._launcher, self._observer = config, clock, launcher, observer
        self._run_dir = Path(config.run_dir)
        self._run_dir.mkdir(parents=True, exist_ok=True)
        session_path(self._run_dir).write_bytes(msgspec.json.encode(config))
        self._publisher = Publisher(self._run_dir, "manager", 0, clock)
        self._subscriber = Subscriber(self._run_dir, PROCESSES, HEARD)
        self._door: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.PULL)
        self._door.bind(endpoint(self._run_dir, "control"))
        self._watched = {name: Watched(name) for name in PROCESSES}
        self._notifier = Notifier()
        self._beat_ns = self._n_wishes = 0
        self._stop_requested = False
        self._stop_asked_ns = 0
        self._ended = False
        self._started = False
        self._exit = Exit.OK
        self.fault: Fault | None = None
        """The fault that ended the session."""

    # -- life of a session

    def run(self) -> Exit:
        try:
            for watched in self._watched.values():
                self._start(watched)
            self._join()
            while not self._is_over():
                self._turn()
        finally:
            self._shut_down()
        return self._exit

    def request_stop(self) -> None:
        """For signal handlers, which may interrupt a message half sent: the next turn stops."""
        self._stop_requested = True

    def stop(self, author: Author = "manager") -> None:
        """Ask for the fade that ends the session; safe to call again."""
        if not self._stop_asked_ns:
            self.wish(Stop(t_ns=0, author=author))

    def wish(self, command: Command) -> str:
        """Publish a command under this moment and an id of its own, which is returned; a stop ends the session."""
        if isinstance(command, Stop) and not self._stop_asked_ns:
            self._stop_asked_ns = self._clock.now_ns()
        self._n_wishes += 1
        wish_id = f"{command.author}-{self._n_wishes}"
        self._publisher.send(msgspec.structs.replace(command, t_ns=self._clock.now_ns(), id=wish_id))
        return wish_id

    def mark(self, text: str) -> None:
        """Write a note into the log."""
        self._publisher.send(Marker(t_ns=self._clock.now_ns(), text=text))

    def _join(self) -> None:
        """Wait until every process hears what it reads, then start the music."""
        deadline_ns = self._clock.now_ns() + round(JOIN_TIMEOUT_S * 1e9)
        while not self._is_over() and not all(watched.ready for watched in self._watched.values()):
            self._turn()
            if self._clock.now_ns() > deadline_ns:
                late = ", ".join(watched.name for watched in self._watched.values() if not watched.ready)
                self._fail("not-ready", f"Not ready after {JOIN_TIMEOUT_S:.0f} s: {late}.", "Run `isotone doctor`.")
        if not self._is_over():
            self._started = True
            start = Start(t_ns=self._clock.now_ns(), author="manager")
            self._config = msgspec.structs.replace(self._config, started_ns=start.t_ns)
            session_path(self._run_dir).write_bytes(msgspec.json.encode(self._config))
            self._publisher.send(start)
            for remark in self._config.remarks:
                self._report("preference", remark, "")
            self._notifier.ready()

    def _is_over(self) -> bool:
        if self._ended or (self._exit is not Exit.OK and not self._started):
            return True
        if not self._stop_asked_ns:
            return False
        silent = not self._started or self._watched["audio"].child is None
        return silent or self._clock.now_ns() - self._stop_asked_ns > FADE_TIMEOUT_S * 1e9

    def _turn(self) -> None:
        for received in self._subscriber.receive(timeout_ms=50):
            self._take(received)
            self._observer.see(received)
        self._take_requests()
        if self._stop_requested:
            self.stop("patient")
        now_ns = self._clock.now_ns()
        if now_ns - self._beat_ns >= (HEARTBEAT_NS if self._started else HEARTBEAT_NS // 10):
            self._beat(now_ns)
        self._watch(now_ns)
        self._observer.refresh(now_ns)

    # -- what comes in

    def _take(self, received: Received) -> None:
        if received.stream == "health":
            watched = self._watched.get(received.process)
            message = received.message
            if watched and isinstance(message, Health) and message.incarnation == watched.incarnation:
                watched.heard_ns = self._clock.now_ns()
                watched.ready = message.ready
        elif received.stream == "audio_report":
            message = received.message
            self._ended |= isinstance(message, AudioReport) and message.state == "ended"
        elif received.stream == "faults":
            message = received.message
            if isinstance(message, Fault) and message.fatal:
                self._end_by(message)

    def _take_requests(self) -> None:
        """Commands from outside: `isotone send`, later the web pages."""
        with contextlib.suppress(zmq.Again):
            while True:
                request = self._door.recv(zmq.NOBLOCK)
                with contextlib.suppress(msgspec.DecodeError, msgspec.ValidationError):
                    command = msgspec.msgpack.decode(request, type=AnyCommand)
                    if not isinstance(command, Start):
                        self.wish(command)

    # -- children

    def _start(self, watched: Watched) -> None:
        watched.incarnation += 1
        watched.ready = False
        watched.heard_ns = self._clock.now_ns()
        fault_path(self._run_dir, watched.name).unlink(missing_ok=True)
        watched.child = self._launcher.start(watched.name, watched.incarnation, self._config)

    def _watch(self, now_ns: int) -> None:
        for watched in self._watched.values():
            child = watched.child
            if child is None:
                continue
            if now_ns - watched.heard_ns > HUNG_S * 1e9 and self._started:
                child.kill()
                child.wait(1.0)
            exit_code = child.exit_code()
            if exit_code is not None:
                self._bury(watched, exit_code, now_ns)

    def _bury(self, watched: Watched, exit_code: int, now_ns: int) -> None:
        watched.child = None
        left = fault_path(self._run_dir, watched.name)
        if left.exists():
            self._end_by(msgspec.json.decode(left.read_bytes(), type=Fault), exit_code)
            return
        if self._stop_asked_ns:
            return
        watched.deaths_ns.append(now_ns)
        if watched.died_too_often(now_ns) or not self._started:
            self._fail(
                "process-died", f"The process `{watched.name}` ended unexpectedly ({exit_code}).", self._advice()
            )
            return
        self._report("restart", f"The process `{watched.name}` ended ({exit_code}) and is started again.", "None.")
        self.mark(f"restart {watched.name}")
        self._start(watched)

    def _advice(self) -> str:
        return f"Look into the logs in {self._config.session_dir} and run `isotone doctor`."

    def _report(self, code: str, sentence: str, action: str) -> None:
        fault = Fault(t_ns=self._clock.now_ns(), process="manager", code=code, sentence=sentence, action=action)
        self._publisher.send(fault)
        self._observer.see(_as_received("faults/manager", fault))

    def _fail(self, code: str, sentence: str, action: str) -> None:
        fault = Fault(
            t_ns=self._clock.now_ns(), process="manager", code=code, sentence=sentence, action=action, fatal=True
        )
        self._publisher.send(fault)
        self._end_by(fault)

    def _end_by(self, fault: Fault, exit_code: int = Exit.SESSION_FAULT) -> None:
        """A fatal fault: remember the first, end by a fade."""
        if self.fault is None:
            self.fault = fault
            self._exit = FAULT_EXITS.get(fault.code, Exit(exit_code) if exit_code in set(Exit) else Exit.SESSION_FAULT)
            self._observer.see(_as_received(f"faults/{fault.process}", fault))
        self.stop()

    # -- heartbeat and end

    def _beat(self, now_ns: int) -> None:
        self._beat_ns = now_ns
        health = Health(
            t_ns=now_ns,
            process="manager",
            pid=os.getpid(),
            incarnation=0,
            ready=self._started,
            rss_mb=resident_mb(),
            cpu_s=cpu_seconds(),
            sent=self._publisher.n_sent,
        )
        self._publisher.send(health)
        self._observer.see(_as_received("health/manager", health))
        if all(now_ns - watched.heard_ns < HUNG_S * 1e9 for watched in self._watched.values()):
            self._notifier.feed_watchdog()

    def _shut_down(self) -> None:
        """Audio is silent by now: stop the others first, the recorder last, so that it records the end."""
        self._notifier.stopping()
        for names in ([name for name in self._watched if name != "recorder"], ["recorder"]):
            self._beat(self._clock.now_ns())
            for name in names:
                self._ask_to_stop(name)
            for name in names:
                self._await_end(name)
        self._publisher.close()
        self._subscriber.close()
        self._door.close()

    def _ask_to_stop(self, name: str) -> None:
        child = self._watched[name].child
        if child:
            child.ask_to_stop()

    def _await_end(self, name: str) -> None:
        child = self._watched[name].child
        deadline_ns = self._clock.now_ns() + round(STOP_TIMEOUT_S * 1e9)
        while child and child.exit_code() is None:
            if self._clock.now_ns() > deadline_ns:
                child.kill()
                child.wait(1.0)
                return
            child.wait(0.2)
            self._beat(self._clock.now_ns())


FAULT_EXITS = {
    "ConfigError": Exit.CONFIG,
    "SensorError": Exit.SENSOR,
    "SoundError": Exit.SOUND,
    "ModelError": Exit.MODEL,
    "DiskError": Exit.DISK,
    "disk-full": Exit.DISK,
    "SystemMissingError": Exit.SYSTEM,
}


def _as_received(topic: str, message: Message) -> Received:
    return Received(topic, "manager", 0, 0, message.t_ns, msgspec.msgpack.encode(message))
