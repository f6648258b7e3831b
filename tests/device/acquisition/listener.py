"""Runs a source as the process `sensors` does and collects what it says."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import numpy as np

from device.acquisition.source import Source
from device.messages import Fault, Message, SampleChunk, SensorStatus


class Listener:
    def __init__(self) -> None:
        self.chunks: list[SampleChunk] = []
        self.statuses: list[SensorStatus] = []
        self.faults: list[Fault] = []

    def hear(self, message: Message) -> None:
        if isinstance(message, SampleChunk):
            self.chunks.append(message)
        elif isinstance(message, SensorStatus):
            self.statuses.append(message)
        elif isinstance(message, Fault):
            self.faults.append(message)

    @property
    def states(self) -> list[str]:
        return [status.state for status in self.statuses]

    @property
    def sentence(self) -> str:
        return self.statuses[-1].sentence if self.statuses else ""

    @property
    def n_samples(self) -> int:
        return sum(len(rows_of(chunk)) for chunk in self.chunks)

    @property
    def n_lost(self) -> int:
        return sum(chunk.n_lost for chunk in self.chunks)

    async def until(self, condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
        async with asyncio.timeout(timeout_s):
            while not condition():  # noqa: ASYNC110 - any condition, not one that could set an event
                await asyncio.sleep(0.02)


def rows_of(chunk: SampleChunk) -> np.ndarray:
    return np.frombuffer(chunk.data, "<f4").reshape(-1, len(chunk.ch_names))


@contextlib.asynccontextmanager
async def running(source: Source) -> AsyncIterator[Listener]:
    listener = Listener()
    task = asyncio.create_task(source.run(listener.hear))
    try:
        yield listener
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
