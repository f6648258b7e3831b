"""What a process of a session is given: its stages, the bus, the clock, its heartbeat and the trace for replay."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from device.clock import Clock, Standstill, SystemClock
from device.config import SessionConfig
from device.messages import Fault, Health, Message, Start, Tick, Trace, TraceEntry
from device.processes import BOX, PROCESSES, names_that_outlive_sessions
from device.runtime.bus import Publisher, Received, Subscriber, always_dir
from device.runtime.life import HEARTBEAT_NS, Lifeline, health_of, leave_fault, run_entry
from device.runtime.stage_runner import StageRunner, build_stages, reads_of
from device.streams import STREAMS

JOINING_HEARTBEAT_NS = 50_000_000
MANAGER_SILENCE_NS = 30_000_000_000
"""A manager that lives and says nothing for so long counts as gone; one that died is noticed at once."""
MANAGER_ABSENCE_NS = 30_000_000_000
"""How long a process waits for a manager it never heard."""
REJOIN_NS = 1_500_000_000
"""Three times the longest reconnection interval of the bus."""
TRACE_NS = 1_000_000_000
BEATS_TO_JOIN = 2
"""A publisher heard twice has taken all our subscriptions."""


class ProcessContext:
    """What a process entry is given: its stages, the bus, the clock and the heartbeat."""

    def __init__(
        self, name: str, incarnation: int, config: SessionConfig, clock: Clock, stop: threading.Event | None = None
    ) -> None:
        self.name, self.incarnation, self.config, self.clock = name, incarnation, config, clock
        self.stop_reason = ""
        row = PROCESSES[name]
        # Taken before the models are loaded, which takes long enough for a manager to die meanwhile.
        self._lifeline = Lifeline(stop)
        self.stages = build_stages(row, config)
        self._runner = StageRunner(self.stages)
        self._reads = reads_of(row, self.stages)
        run_dir = Path(config.run_dir)
        self._standstill = Standstill(clock)
        writers, always = _writers(self._reads) - {name}, set(names_that_outlive_sessions())
        # Processes that outlive sessions are heard where there are any, and never waited for.
        self._awaited = dict.fromkeys(writers - always, 0)
        self._publisher = Publisher(run_dir, name, incarnation, clock)
        self._subscriber = Subscriber(run_dir, self._awaited, {*self._reads, "commands", "health"})
        self._subscriber.hear(always_dir(run_dir), writers & always)
        self._loaded = False
        self._began_ns = clock.now_ns()
        self._beat_ns = self._traced_ns = 0
        self._manager_ns = 0
        self._start_heard = False
        self._entries: list[TraceEntry] = []

    @property
    def ready(self) -> bool:
        """Whether it is loaded, hears every process it reads from and takes what they say, and is heard by them."""
        return self._loaded and self._rejoined and all(beats >= BEATS_TO_JOIN for beats in self._awaited.values())

    @property
    def started(self) -> bool:
        """The manager said start. Before, nothing is produced, so the log holds all of a session."""
        return self._start_heard and self._rejoined

    @property
    def _rejoined(self) -> bool:
        """A process that is started again waits until those who listen have found it: what it says before is lost."""
        return self.incarnation == 0 or self.clock.now_ns() - self._began_ns > REJOIN_NS

    def loaded(self) -> None:
        """Call once everything is loaded and the process could start."""
        self._loaded = True

    def publish(self, message: Message) -> Received:
        """Send a message to whoever listens; returns it as they receive it."""
        return self._publisher.send(message)

    def receive(self, timeout_ms: int) -> list[Received]:
        """The messages this process reads that have come in, waiting up to `timeout_ms` for the first."""
        return [item for item in self._subscriber.receive(timeout_ms) if self._note(item)]

    def _note(self, item: Received) -> bool:
        """Take notice of heartbeats and the start; whether the entry is to see the message."""
        if item.stream == "health":
            if item.process in self._awaited:
                self._awaited[item.process] += 1
            if item.process == "manager":
                self._manager_ns = self.clock.now_ns()
                self._start_heard |= isinstance(item.message, Health) and item.message.ready
        elif item.stream == "commands" and isinstance(item.message, Start):
            self._start_heard = True
        # What comes before the start was sent after it: the start itself is still on its way.
        return "*" in self._reads or (self._rejoined and item.stream in self._reads)

    def step(self, given: Received | Tick, stage_index: int = 0) -> list[Message]:
        """Feed the hosted stages, publish what they return (and the trace before it), and return it."""
        if isinstance(given, Tick):
            entry = TraceEntry(f"tick/{stage_index}", 0, given.frame, given.t_ns)
            emitted = self._runner.tick(stage_index, given)
        else:
            entry = TraceEntry(given.topic, given.incarnation, given.seq, self.clock.now_ns())
            emitted = self._runner.step(given.message, entry.now_ns)
        self._entries.append(entry)
        if emitted:
            self._send_trace()
        for message in emitted:
            self.publish(message)
        return emitted

    def _send_trace(self) -> None:
        self._traced_ns = self.clock.now_ns()
        if self._entries:
            self.publish(
                Trace(
                    t_ns=self._traced_ns,
                    process=self.name,
                    incarnation=self.incarnation,
                    entries=tuple(self._entries),
                )
            )
            self._entries.clear()

    def beat(self) -> bool:
        """Call at least five times a second; false once the process must stop (`stop_reason` says why)."""
        now_ns = self.clock.now_ns()
        if self._standstill.passed_ns() and self._manager_ns:
            # We did not listen: the manager gets time anew.
            self._manager_ns = now_ns
        if now_ns - self._beat_ns >= (HEARTBEAT_NS if self.ready and self.started else JOINING_HEARTBEAT_NS):
            self._beat_ns = now_ns
            self._send_health(now_ns)
        if now_ns - self._traced_ns >= TRACE_NS:
            self._send_trace()
        self.stop_reason = self._lifeline.cut_by() or ("manager gone" if self._is_manager_silent(now_ns) else "")
        return not self.stop_reason

    def _is_manager_silent(self, now_ns: int) -> bool:
        if self._manager_ns:
            return now_ns - self._manager_ns > MANAGER_SILENCE_NS
        return now_ns - self._began_ns > MANAGER_ABSENCE_NS

    def _send_health(self, now_ns: int) -> None:
        self.publish(health_of(self._publisher, now_ns, ready=self.ready))

    def fail(self, code: str, sentence: str, action: str) -> None:
        """Leave the reason of a fatal fault where the manager finds it even if nobody hears the bus yet."""
        fault = Fault(
            t_ns=self.clock.now_ns(), process=self.name, code=code, sentence=sentence, action=action, fatal=True
        )
        self.publish(fault)
        leave_fault(Path(self.config.run_dir), fault)

    def close(self) -> None:
        self._send_trace()
        self._send_health(self.clock.now_ns())
        self._publisher.close()
        self._subscriber.close()


def _writers(reads: Sequence[str]) -> set[str]:
    """Processes to listen to: the manager, and the writers of what is read (a `*` stream is written by all)."""
    writers = {STREAMS[name].writer if name != "*" else "*" for name in reads}
    return {"manager", BOX, *PROCESSES} if "*" in writers else {"manager", *writers}


def run_stages(context: ProcessContext) -> None:
    """Entry of a process that is nothing but pure stages: a plain loop."""
    context.loaded()
    periods_ns = [round(1e9 / stage.tick_hz) if stage.tick_hz else 0 for stage in context.stages]
    due_ns = [context.clock.now_ns()] * len(periods_ns)
    while context.beat():
        for received in context.receive(timeout_ms=50):
            context.step(received)
        now_ns = context.clock.now_ns()
        for index, period_ns in enumerate(periods_ns):
            if period_ns and now_ns >= due_ns[index] and context.started:
                due_ns[index] = max(due_ns[index] + period_ns, now_ns - period_ns)
                context.step(Tick(t_ns=now_ns), index)


def run_process(name: str, incarnation: int, config: SessionConfig, stop: threading.Event) -> int:
    """Run a process of a session to its end; returns its exit code."""
    return run_entry(name, Path(config.run_dir), lambda: ProcessContext(name, incarnation, config, SystemClock(), stop))
