"""TABLE 2: process -> entry, stages it hosts, cores, priority, CPU and memory budget, restart rule.

The only module that knows all rooms; it names them as strings, which `host` imports in the process concerned.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

RunCondition = Literal["always", "session"]
"""`always`: it outlives sessions and hears each of them; `session`: it lives and dies with one."""
ALWAYS_FOLDER = "always"
"""Folder beside the run folders of sessions, in which processes publish that outlive them."""


class Process(NamedTuple):
    entry: str
    """`module:function`, called with the process's `ProcessContext`."""
    stages: tuple[str, ...] = ()
    """`module:Class` of the pure stages it hosts, in the order messages pass them."""
    late: tuple[str, ...] = ()
    """`module:function` by which it loads a library only as it begins; whoever copies it calls them beforehand."""
    reads: tuple[str, ...] = ()
    """Streams an edge process reads; a stage says so itself."""
    cores: tuple[int, ...] = ()
    """Cores it may use where the board has four or more; empty: any."""
    realtime_priority: int = 0
    """SCHED_FIFO priority; 0: ordinary scheduling."""
    nice: int = 0
    cpu_budget_percent: float = 10.0
    memory_budget_mb: float = 60.0
    when_it_dies: Literal["restart", "end"] = "restart"
    runs: RunCondition = "session"
    switch: str = ""
    """Table of device.toml whose `on` starts it; empty: it always starts."""


PROCESSES: dict[str, Process] = {
    "sensors": Process("device.acquisition.sensors:main", cores=(0,), cpu_budget_percent=10, memory_budget_mb=60),
    "loop": Process(
        "device.runtime.context:run_stages",
        stages=(
            "device.dsp.features:Features",
            "device.affect.estimator:Estimator",
            "device.control.controller:Controller",
        ),
        late=("onnxruntime:get_device",),
        cores=(0,),
        cpu_budget_percent=8,
        memory_budget_mb=100,
    ),
    "composer": Process(
        "device.runtime.context:run_stages",
        stages=("device.music.composer:Composer",),
        late=("onnxruntime:get_device",),
        cores=(1, 2),
        nice=5,
        cpu_budget_percent=15,
        memory_budget_mb=110,
    ),
    "audio": Process(
        "device.audio.engine:main",
        stages=("device.audio.conductor:Conductor",),
        late=("device.audio.synth:open_library",),
        reads=("prompts",),
        cores=(3,),
        realtime_priority=20,
        cpu_budget_percent=15,
        memory_budget_mb=90,
    ),
    "recorder": Process(
        "device.sessions.recorder:main",
        reads=("*",),
        cores=(0,),
        cpu_budget_percent=5,
        memory_budget_mb=45,
    ),
    "panel": Process(
        "device.panel.panel:main",
        reads=("box",),
        cores=(0,),
        cpu_budget_percent=1,
        memory_budget_mb=30,
        runs="always",
    ),
    "web": Process(
        "device.web.server:main",
        reads=(
            "box", "affect", "intents", "decisions", "bars", "played", "audio_report", "exposure", "features",
            "sensor_status", "answers", "health", "faults",
        ),
        cores=(0,),
        nice=5,
        cpu_budget_percent=2,
        memory_budget_mb=60,
        runs="always",
        switch="web",
    ),
}  # fmt: skip


BOX = "box"
"""The daemon that starts sessions and what runs `always`: it publishes like those, and is itself no row."""


def names_that_run(condition: RunCondition) -> tuple[str, ...]:
    return tuple(name for name, row in PROCESSES.items() if row.runs == condition)


def names_that_outlive_sessions() -> tuple[str, ...]:
    """Whoever publishes in `ALWAYS_FOLDER`."""
    return (BOX, *names_that_run("always"))
