"""Starts, watches, restarts and stops the processes of TABLE 2, and tells systemd that the whole is alive.

A process that dies is started again under playing music; the third death within a minute ends the session by a fade.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import msgspec

from device.clock import Clock, Standstill
from device.config import SessionConfig
from device.errors import Exit, SystemMissingError
from device.files.outputs import write_whole
from device.messages import (
    AudioReport,
    Author,
    Command,
    CommandAnswer,
    DirectStop,
    Exposure,
    Fault,
    Health,
    Marker,
    Message,
    MusicIntent,
    PersonalBaseline,
    SensorStatus,
    Start,
    Stop,
)
from device.processes import names_that_outlive_sessions, names_that_run
from device.runtime.bus import Publisher, Received, Subscriber, always_dir
from device.runtime.children import Child, Launcher
from device.runtime.desk import Desk
from device.runtime.life import HEARTBEAT_NS, health_of, session_path
from device.runtime.rests import Rests
from device.runtime.standing import OBEYED_BY, Standing
from device.runtime.supervisor import Death, Supervisor
from device.runtime.systemd_notify import Notifier
from device.streams import STREAMS

JOIN_TIMEOUT_S = 30.0
FADE_TIMEOUT_S = 8.0
STOP_AGAIN_NS = 500_000_000
"""A stop is said again so often until it is silent: audio that was only just started again has not heard it."""
HEARD = tuple(name for name, row in STREAMS.items() if row.log == "mcap" and name not in {"trace", "digest"})

TAKEN = {"baselines", "sensor_status", "health", "answers", "intents", "stops", "audio_report", "exposure", "faults"}
"""Streams the manager acts on itself; the others only pass to its observer."""


class Observer(Protocol):
    """Whoever watches a running session: the terminal view, a JSON printer, a test."""

    def see(self, received: Received) -> None:
        """Take a message that the manager heard, also one that it acts on itself."""
        ...

    def refresh(self, now_ns: int) -> None:
        """Called about ten times a second."""
        ...


class Manager:
    """Runs one session from start to end.

    `run` returns the exit code: OK after a whole or a stopped session, a fault's own code or SESSION_FAULT otherwise.
    """

    def __init__(self, config: SessionConfig, clock: Clock, launcher: Launcher, observer: Observer) -> None:
        self._config, self._clock, self._launcher, self._observer = config, clock, launcher, observer
        self._run_dir = Path(config.run_dir)
        self._run_dir.mkdir(parents=True, exist_ok=True)
        self._tell_children()
        self._publisher = Publisher(self._run_dir, "manager", 0, clock)
        names = names_that_run("session")
        self._supervisor = Supervisor(names, self._launch, self._run_dir, clock)
        self._subscriber = Subscriber(self._run_dir, names, HEARD)
        self._subscriber.hear(always_dir(self._run_dir), names_that_outlive_sessions())
        self._desk = Desk(self._run_dir, clock, self.wish)
        self._subscriber.wake_on(self._desk.fileno())
        self._standing, self._rests, self._told_incarnation = Standing(), Rests(), 0
        self._standstill = Standstill(clock)
        self._notifier = Notifier()
        self._beat_ns = self._join_by_ns = self._n_wishes = 0
        self._stop_requested = False
        self._stop_asked_ns = self._stop_said_ns = 0
        self._ended = self._is_final = False
        self._started = False
        self._exit = Exit.OK
        self.fault: Fault | None = None
        """The fault that ended the session."""

    # -- life of a session

    def run(self) -> Exit:
        """Run the session to its end and say how it ended; every child is gone afterwards."""
        try:
            self._supervisor.start()
            self._join()
            while not self._is_over():
                self._turn()
        finally:
            self._shut_down()
        return self._exit

    def request_stop(self) -> None:
        """Have the next turn stop; for signal handlers, which may interrupt a message half sent."""
        self._stop_requested = True

    def stop(self, author: Author = "manager") -> None:
        """Ask for the fade that ends the session; safe to call again."""
        if not self._stop_asked_ns:
            self.wish(Stop(t_ns=0, author=author))

    def wish(self, command: Command) -> str:
        """Publish a command under this moment and an id of its own, which is returned; a stop ends the session."""
        if isinstance(command, Stop):
            self._stop_said_ns = self._clock.now_ns()
            self._stop_asked_ns = self._stop_asked_ns or self._stop_said_ns
        wish = self._publish(command)
        self._standing.ask(wish)
        return wish.id

    def _publish(self, command: Command) -> Command:
        """Send a command under this moment and an id of its own."""
        self._n_wishes += 1
        wish_id = f"{command.author}-{self._n_wishes}"
        wish = msgspec.structs.replace(command, t_ns=self._clock.now_ns(), id=wish_id)
        self._publisher.send(wish)
        return wish

    def mark(self, text: str) -> None:
        """Write a note into the log."""
        self._publisher.send(Marker(t_ns=self._clock.now_ns(), text=text))

    def _join(self) -> None:
        """Wait until every process hears what it reads, then start the music."""
        self._join_by_ns = self._clock.now_ns() + round(JOIN_TIMEOUT_S * 1e9)
        while not self._is_over() and (late := self._supervisor.unready()):
            self._turn()
            if self._clock.now_ns() > self._join_by_ns:
                sentence = f"Not ready after {JOIN_TIMEOUT_S:.0f} s: {', '.join(late)}."
                self._fail("not-ready", sentence, "Run `isotone doctor`.")
        if not self._is_over():
            self._started = True
            start = Start(t_ns=self._clock.now_ns(), author="manager")
            self._config = msgspec.structs.replace(self._config, started_ns=start.t_ns)
            self._tell_children()
            self._publisher.send(start)
            for sentence in self._config.heard:
                self.mark(sentence)
            for remark in self._config.remarks:
                self._report("preference", remark, "")
            self._notifier.ready()

    def _tell_children(self) -> None:
        """Write what processes begin with. One may be starting again just now: it is read whole, old or new."""
        write_whole(session_path(self._run_dir), msgspec.json.encode(self._config), 0o600)

    def _is_over(self) -> bool:
        if self._ended or (self._exit is not Exit.OK and not self._started):
            return True
        if not self._stop_asked_ns:
            return False
        silent = not self._started or self._supervisor.watched["audio"].child is None
        return silent or self._clock.now_ns() - self._stop_asked_ns > FADE_TIMEOUT_S * 1e9

    def _turn(self) -> None:
        for received in self._subscriber.receive(timeout_ms=50):
            self._take(received)
            self._observer.see(received)
        self._desk.take("" if self._started else "The session is still starting.")
        if self._stop_requested:
            self.stop("patient")
        now_ns = self._clock.now_ns()
        if self._stop_asked_ns and now_ns - self._stop_said_ns > STOP_AGAIN_NS:
            self.wish(Stop(t_ns=0, author="manager"))
        if now_ns - self._beat_ns >= (HEARTBEAT_NS if self._started else HEARTBEAT_NS // 10):
            self._beat(now_ns)
        self._forgive_standstill()
        # We judge as of before we looked for a standstill of our own: one that comes just now is found next time.
        for death in self._supervisor.watch(now_ns, kill_hung=self._started):
            self._bury(death)
        self._observer.refresh(now_ns)

    def _forgive_standstill(self) -> None:
        """Blame no other process where we ourselves stood still: stopped, swapped out, or asleep with the machine."""
        still_ns = self._standstill.passed_ns()
        if still_ns:
            self._supervisor.forgive()
            self._join_by_ns += still_ns
            self.mark(f"the manager stood still for {still_ns / 1e9:.1f} s")

    # -- what comes in

    def _take(self, received: Received) -> None:
        if received.stream not in TAKEN:
            return
        match received.message:
            case Health() as health:
                self._supervisor.hear(health)
                self._remind(health)
            case CommandAnswer() as answer:
                self._desk.hear(answer)
                self._standing.hear(answer)
            case MusicIntent() as intent:
                self._is_final = self._is_final or intent.final
                self._standing.see(intent)
            case DirectStop():
                self._stop_said_ns = self._clock.now_ns()
                self._stop_asked_ns = self._stop_asked_ns or self._stop_said_ns
            case PersonalBaseline() | SensorStatus() as told:
                self._rests.hear(told)
            case Exposure(session_pa2h=heard_pa2h):
                hearing = msgspec.structs.replace(self._config.hearing, session_pa2h=heard_pa2h)
                self._config = msgspec.structs.replace(self._config, hearing=hearing)
            case AudioReport(state=state, volume_db=volume_db):
                self._config = msgspec.structs.replace(self._config, volume_db=min(0.0, volume_db))
                if state == "ended":
                    self._end()
            case Fault(fatal=True) as fault:
                self._end_by(fault)

    def _remind(self, health: Health) -> None:
        """Tell a loop that was started again what people decided and how they rested, once it listens."""
        if health.process == OBEYED_BY and health.ready and health.incarnation > self._told_incarnation:
            self._told_incarnation = health.incarnation
            for command in self._standing.again():
                self._publish(command)
            if taken := self._rests.again(self._clock.now_ns()):
                self._publisher.send(taken)

    def _end(self) -> None:
        """Audio is silent for good: as was planned, or as was asked, or else it is a fault."""
        self._ended = True
        if not self._is_final and not self._stop_asked_ns:
            self._fail("ended-early", "The music ended before its time, and nobody had stopped it.", self._advice())

    # -- children

    def _launch(self, name: str, incarnation: int) -> Child:
        return self._launcher.start(name, incarnation, self._config)

    def _bury(self, death: Death) -> None:
        if death.fault:
            self._end_by(death.fault, death.exit_code)
        elif not self._stop_asked_ns:
            how = f"The process `{death.name}` ended unexpectedly ({death.exit_code})"
            if death.is_last or not self._started:
                self._fail("process-died", f"{how}.", self._advice())
                return
            self._report("restart", f"{how} and is started again. {self._remembered(death.name)}".rstrip(), "None.")
            self.mark(f"restart {death.name}")
            self._tell_children()  # audio forgot what the ears have had
            try:
                self._supervisor.restart(death.name)
            except SystemMissingError as error:
                self._fail(type(error).__name__, error.sentence, error.action)

    def _remembered(self, name: str) -> str:
        """What a process that died is told again of what people decided, in words."""
        if name != OBEYED_BY:
            return ""
        self._standing.freeze()
        return self._standing.words()

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
            own = Exit(exit_code) if exit_code in FAULT_EXITS.values() else Exit.SESSION_FAULT
            self._exit = FAULT_EXITS.get(fault.code, own)
            self._observer.see(_as_received(f"faults/{fault.process}", fault))
        self.stop()

    # -- heartbeat and end

    def _beat(self, now_ns: int) -> None:
        self._beat_ns = now_ns
        health = health_of(self._publisher, now_ns, ready=self._started)
        self._publisher.send(health)
        self._observer.see(_as_received("health/manager", health))
        if self._supervisor.is_fresh():
            self._notifier.feed_watchdog()

    def _shut_down(self) -> None:
        """Audio is silent by now: stop the others first, the recorder last, so that it records the end."""
        self._notifier.stopping()
        self._desk.close()
        for names in ([name for name in self._supervisor.watched if name != "recorder"], ["recorder"]):
            self._beat(self._clock.now_ns())
            self._supervisor.stop(names, lambda: self._beat(self._clock.now_ns()))
        self._publisher.close()
        self._subscriber.close()


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
