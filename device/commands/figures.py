"""`isotone bench`: the figures of the spine, measured on a whole demo from outside, as anyone can repeat them."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import psutil

from device.clock import Clock, SystemClock
from device.commands.send import tell
from device.errors import NotObeyedError
from device.messages import (
    AudioReport,
    Bar,
    Calmer,
    Command,
    DirectStop,
    Livelier,
    Louder,
    Message,
    PlayedBar,
    SampleChunk,
    Softer,
    Stop,
    Trace,
)
from device.replay import replay_session
from device.runtime.interpreter import interpreter
from device.runtime.run_folder import living_sessions
from device.sessions.reader import SessionReader

SAMPLE_S = 0.5
START_UP_S = 12.0
"""Seconds at the beginning that are not counted as steady state."""
WISHES: tuple[type[Command], ...] = (Softer, Calmer, Louder, Livelier) * 4
WISH_EACH_S = 4.7
"""Pause between wishes: no multiple of a bar's length, so that wishes fall anywhere in it."""
SESSION_TIMEOUT_S = 60.0
"""Seconds that a session may take beyond its own minutes before it counts as hung."""


class Figure(msgspec.Struct, frozen=True):
    """One measured number beside the one asked for."""

    name: str
    value: float
    unit: str
    limit: float
    """The most it may be."""

    @property
    def is_met(self) -> bool:
        return self.value <= self.limit


class Usage:
    """Processor time and memory of a process tree, sampled while it runs."""

    def __init__(self, pid: int, clock: Clock) -> None:
        self._root, self._clock = psutil.Process(pid), clock
        self._cpu_s: dict[int, float] = {}
        self._first_cpu_s: dict[int, float] = {}
        self.pss_mb: list[float] = []
        self._began_ns = 0

    def sample(self, *, count: bool) -> None:
        """Take one sample; `count` once the session plays (start-up is not steady state)."""
        pss = 0.0
        for process in [self._root, *self._children()]:
            try:
                times = process.cpu_times()
                pss += process.memory_full_info().pss / 1e6
            except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
                continue
            if count:
                self._began_ns = self._began_ns or self._clock.now_ns()
                self._cpu_s[process.pid] = times.user + times.system
                self._first_cpu_s.setdefault(process.pid, times.user + times.system)
        if count:
            self.pss_mb.append(pss)

    def _children(self) -> list[psutil.Process]:
        try:
            return list(self._root.children(recursive=True))
        except psutil.NoSuchProcess:
            return []

    def cpu_percent(self) -> float:
        """Share of one core that was used over the counted time, in percent."""
        used_s = sum(self._cpu_s.values()) - sum(self._first_cpu_s.values())
        return 100e9 * used_s / max(1, self._clock.now_ns() - self._began_ns)


class Demo:
    """A demo session run as a user would, in a folder of its own."""

    def __init__(self, folder: Path, minutes: float, seed: int | None, clock: Clock) -> None:
        self.folder, self._clock, self._minutes = folder, clock, minutes
        command = interpreter("-m", "device.cli", "demo", "--no-sound", "--json")
        command += ["--minutes", str(minutes), "--out", str(folder)]
        command += ["--seed", str(seed)] if seed is not None else []
        self.began_ns = clock.now_ns()
        self._output = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - lives as long as the demo
        self.process = subprocess.Popen(command, stdout=self._output, stderr=self._output)

    def wait(self, each_sample: Callable[[float], None]) -> int | None:
        """Exit code, or None for a hang (which is then killed); `each_sample` is told the seconds since the start."""
        deadline_ns = self.began_ns + round((self._minutes * 60 + SESSION_TIMEOUT_S) * 1e9)
        while self.process.poll() is None:
            if self._clock.now_ns() > deadline_ns:
                self.process.kill()
                self.process.wait()
                return None
            each_sample((self._clock.now_ns() - self.began_ns) / 1e9)
            self._clock.sleep(SAMPLE_S)
        return self.process.returncode

    def last_line(self) -> dict[str, Any]:
        self._output.seek(0)
        lines = self._output.read().strip().splitlines()
        try:
            loaded: dict[str, Any] = json.loads(lines[-1])
        except (IndexError, json.JSONDecodeError):
            return {}
        return loaded


def wish(kind: type[Command]) -> None:
    """Give a wish to the session that was started last."""
    for told in tell(living_sessions()[-1:], "patient", {"kind": str(kind.__struct_config__.tag)}):
        if told.reply.answer == "unanswered":
            raise NotObeyedError(told.reply.sentence)


def messages_of(session_dir: Path) -> list[Message]:
    wanted = {"samples", "played", "audio_report", "commands", "stops"}
    return [item.message for item in SessionReader(session_dir).messages() if item.stream in wanted]


class Listener:
    """Watches a demo from outside, makes its wishes and stops it shortly before its end."""

    def __init__(self, usage: Usage, stop_at_s: float, clock: Clock) -> None:
        self.usage, self._clock = usage, clock
        times_s = [START_UP_S + index * WISH_EACH_S for index in range(len(WISHES))]
        wishes = [wish for wish in zip(times_s, WISHES, strict=True) if wish[0] < stop_at_s]
        self._wishes: list[tuple[float, type[Command]]] = [*wishes, (stop_at_s, Stop)]
        self._stop_at_s = stop_at_s

    def __call__(self, elapsed_s: float) -> None:
        self.usage.sample(count=START_UP_S < elapsed_s < self._stop_at_s)
        if self._wishes and elapsed_s > self._wishes[0][0]:
            _, kind = self._wishes.pop(0)
            wish(kind)


def bench_demo(minutes: float, clock: Clock | None = None) -> list[Figure]:
    """One demo in real time: losses, lateness, load, memory, time to first sound and from stop to silence."""
    clock = clock or SystemClock()
    with tempfile.TemporaryDirectory() as parent:
        demo = Demo(Path(parent) / "session", minutes, 1, clock)
        usage = Usage(demo.process.pid, clock)
        exit_code = demo.wait(Listener(usage, minutes * 60 - 5, clock))
        messages = messages_of(demo.folder)
        performed_ms, composed_bars = wish_figures(demo.folder)
    reports = [message for message in messages if isinstance(message, AudioReport)]
    bars = [message for message in messages if isinstance(message, PlayedBar)]
    lost = sum(message.n_lost for message in messages if isinstance(message, SampleChunk))
    return [
        Figure("exit code", -1 if exit_code is None else exit_code, "", 0),
        Figure("samples lost", lost, "", 0),
        Figure("audio underruns", reports[-1].underruns if reports else 1, "", 0),
        Figure("late bars", sum(bool(bar.fallback) for bar in bars), "", 0),
        Figure("start to first sound", (bars[0].t_ns - demo.began_ns) / 1e9 if bars else 99, "s", 8),
        Figure("stop to silence", stop_ms(messages), "ms", 300),
        Figure("softer, louder to changed sound, worst", performed_ms, "ms", 300),
        Figure("calmer, livelier to composed change, worst", composed_bars, "bars", 1),
        Figure("processor, whole tree", usage.cpu_percent(), "% of one core", 60),
        Figure("memory, whole tree (PSS)", max(usage.pss_mb, default=0), "MB", 450),
    ]


def bench_starts(n: int, minutes: float, progress: Callable[[int, str], None], clock: Clock | None = None) -> Figure:
    """`n` demos with random seeds; the figure is how many did not finish well or do not replay to the same."""
    clock = clock or SystemClock()
    failed = 0
    for index in range(n):
        with tempfile.TemporaryDirectory() as parent:
            demo = Demo(Path(parent) / "session", minutes, None, clock)
            exit_code = demo.wait(lambda _: None)
            result = demo.last_line()
            finished = exit_code == 0 and len(result.get("files", {})) == 3 and replay_session(demo.folder).is_same
            failed += not finished
            progress(index + 1, "finished" if finished else f"FAILED: exit {exit_code}, {result}")
    return Figure(f"unfinished of {n} starts", failed, "", 0)


def wish_figures(session_dir: Path) -> tuple[float, float]:
    """Delays from a wish to what is heard, in ms and in bars, as the log tells them: the worst of each kind.

    Audio ticks the first frame that a command acts on just before it takes the command, with the time at which that
    frame is heard: hence the milliseconds to the performance layer. The bars are counted from the last that audio had
    taken at the wish (which it does less than a second before it sounds) to the first that was composed after it.
    """
    performed_ms, composed_bars = [0.0], [0.0]
    items = list(SessionReader(session_dir).messages())
    # What different processes said at nearly the same time may lie in the log in any order.
    commands = {item.seq: item.message for item in items if isinstance(item.message, Command)}
    taken, heard_ns, waiting_for = 0, 0, -1
    for item in items:
        message = item.message
        if isinstance(message, Command):
            waiting_for = taken if isinstance(message, Calmer | Livelier) else waiting_for
        elif isinstance(message, PlayedBar):
            taken = message.bar_index
        elif isinstance(message, Bar) and waiting_for >= 0:
            composed_bars.append(message.bar_index - waiting_for)
            waiting_for = -1
        elif isinstance(message, Trace) and message.process == "audio":
            for entry in message.entries:
                heard_ns = entry.now_ns if entry.topic.startswith("tick") else heard_ns
                command = commands.get(entry.seq) if entry.topic == "commands" else None
                if isinstance(command, Softer | Louder):
                    performed_ms.append((heard_ns - command.t_ns) / 1e6)
    return max(performed_ms), max(composed_bars)


def stop_ms(messages: list[Message]) -> float:
    """Time from the stop command to the report that the last faded frame has gone out, in ms."""
    stops = [message.t_ns for message in messages if isinstance(message, Stop | DirectStop)]
    ends = [message.t_ns for message in messages if isinstance(message, AudioReport) and message.state == "ended"]
    return (ends[0] - stops[0]) / 1e6 if stops and ends else float("inf")
