"""The hosted stages as one deterministic unit: what a process runs live and what replay runs again."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from device.config import SessionConfig
from device.imports import import_name
from device.messages import Message, Tick
from device.processes import Process
from device.stage import Stage
from device.streams import STREAM_OF


def build_stages(row: Process, config: SessionConfig) -> tuple[Stage, ...]:
    """Build the stages of a row, in the order messages pass them.

    Raises:
        IsotoneError: a stage refuses its configuration, or its model cannot be used.
    """
    return tuple(import_name(name)(config) for name in row.stages)


def reads_of(row: Process, stages: Sequence[Stage]) -> tuple[str, ...]:
    """Streams a process must subscribe to: what its entry and its stages read and its stages do not write."""
    written = {name for stage in stages for name in stage.writes}
    wanted = set(row.reads).union(*(stage.reads for stage in stages)) if stages else set(row.reads)
    return tuple(sorted(wanted - written))


class StageRunner:
    """The hosted stages as one deterministic unit: a message in, everything that follows from it out."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        self._stages = tuple(stages)

    def step(self, message: Message, now_ns: int) -> list[Message]:
        """Feed all stages that read the message's stream, then what they emit, in order."""
        return self._drain(deque([(STREAM_OF[type(message)], message)]), now_ns)

    def tick(self, index: int, tick: Tick) -> list[Message]:
        """Give one stage a tick; `now_ns` is the tick's own time."""
        emitted = list(self._stages[index].step(tick, tick.t_ns))
        pending = deque((STREAM_OF[type(message)], message) for message in emitted)
        return emitted + self._drain(pending, tick.t_ns)

    def _drain(self, pending: deque[tuple[str, Message]], now_ns: int) -> list[Message]:
        emitted: list[Message] = []
        while pending:
            stream, message = pending.popleft()
            for stage in self._stages:
                if stream in stage.reads:
                    following = stage.step(message, now_ns)
                    emitted.extend(following)
                    pending.extend((STREAM_OF[type(item)], item) for item in following)
        return emitted
