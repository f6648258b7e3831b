"""ZeroMQ publish/subscribe between the processes of TABLE 2: one socket per writer, one topic per stream and key.

A message travels as three frames: topic, header (process, incarnation, seq, sent_ns) and the msgpack payload, so the
recorder stores payloads without decoding them. `seq` counts per topic, which makes loss visible.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec
import zmq

from device.clock import Clock
from device.errors import SystemMissingError
from device.files.locks import is_held
from device.messages import Message
from device.processes import ALWAYS_FOLDER
from device.streams import STREAMS, stream_of, topic_of

HIGH_WATER_MARK = 20_000
BATCH_MAX = 1000
"""Messages that are taken at once: a flood must not keep a process from its heartbeat."""
LINGER_MS = 500
SOCKET_PATH_MAX = 100
"""Linux allows 107 bytes in a socket's path."""

_encode = msgspec.msgpack.Encoder().encode
_decode_header = msgspec.msgpack.Decoder(tuple[str, int, int, int]).decode


@functools.cache
def decoder(stream: str) -> msgspec.msgpack.Decoder[Message]:
    """Decoder of a stream's payloads."""
    return msgspec.msgpack.Decoder(STREAMS[stream].type)


def endpoint(run_dir: Path, process: str) -> str:
    """The address at which a process publishes.

    Raises:
        SystemMissingError: the path is longer than the kernel takes.
    """
    path = run_dir / f"{process}.ipc"
    if len(os.fsencode(path)) > SOCKET_PATH_MAX:
        raise SystemMissingError(f"The run folder {run_dir} has too long a path for a socket.", "Use a shorter one.")
    return f"ipc://{path}"


def always_dir(run_dir: Path) -> Path:
    """The folder in which processes that outlive sessions publish: beside the run folders of the sessions they hear."""
    return run_dir.parent / ALWAYS_FOLDER


def is_publishing(run_dir: Path, process: str) -> bool:
    """Whether a process of that name lives there."""
    return is_held(run_dir / f"{process}.lock")


class Received(NamedTuple):
    """A message as it came off the bus."""

    topic: str
    process: str
    incarnation: int
    seq: int
    sent_ns: int
    payload: bytes

    @property
    def stream(self) -> str:
        return stream_of(self.topic)

    @property
    def message(self) -> Message:
        return decoder(self.stream).decode(self.payload)


class Publisher:
    """The one writer of a process's streams; a lock file keeps a second one out.

    Raises:
        SystemMissingError: another process of that name is running in the same run folder.
    """

    def __init__(self, run_dir: Path, process: str, incarnation: int, clock: Clock) -> None:
        self.process, self.incarnation, self._clock = process, incarnation, clock
        self._seq: dict[str, int] = {}
        self.n_sent = 0
        address = endpoint(run_dir, process)
        # A second bind of an ipc endpoint silently takes it over (libzmq #2059): hence the lock.
        self._lock = (run_dir / f"{process}.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise SystemMissingError(
                f"A process `{process}` is already running in {run_dir}.", "Stop that session first."
            ) from error
        self._socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.PUB)
        self._socket.setsockopt(zmq.SNDHWM, HIGH_WATER_MARK)
        self._socket.setsockopt(zmq.LINGER, LINGER_MS)
        self._socket.bind(address)

    def send(self, message: Message) -> Received:
        """Publish a message; returns it as others receive it."""
        topic = topic_of(message)
        seq = self._seq.get(topic, 0)
        self._seq[topic] = seq + 1
        self.n_sent += 1
        sent = Received(topic, self.process, self.incarnation, seq, self._clock.now_ns(), _encode(message))
        self._socket.send_multipart((topic.encode(), _encode(sent[1:5]), sent.payload))
        return sent

    def close(self) -> None:
        self._socket.close()
        self._lock.close()


class Subscriber:
    """Hears `streams` (`*`: all) of the given processes, whenever they come up and however often they restart."""

    def __init__(self, run_dir: Path, processes: Iterable[str], streams: Iterable[str]) -> None:
        self._socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.SUB)
        self._socket.setsockopt(zmq.RCVHWM, HIGH_WATER_MARK)
        self._socket.setsockopt(zmq.RECONNECT_IVL, 10)
        self._socket.setsockopt(zmq.RECONNECT_IVL_MAX, 500)
        for stream in streams:
            self._socket.subscribe(b"" if stream == "*" else stream.encode())
        self._poller = zmq.Poller()
        self._poller.register(self._socket, zmq.POLLIN)
        self.hear(run_dir, processes)

    def hear(self, run_dir: Path, processes: Iterable[str]) -> None:
        """Hear more processes, which publish in `run_dir`."""
        for process in processes:
            self._socket.connect(endpoint(run_dir, process))

    def forget(self, run_dir: Path, processes: Iterable[str]) -> None:
        """Hear processes no longer: their session is over."""
        for process in processes:
            self._socket.disconnect(endpoint(run_dir, process))

    def wake_on(self, descriptor: int) -> None:
        """Let `receive` return at once when this file descriptor is readable too."""
        self._poller.register(descriptor, zmq.POLLIN)

    def receive(self, timeout_ms: int) -> list[Received]:
        """Messages that are there, `BATCH_MAX` at the most, waiting up to `timeout_ms` for the first."""
        received: list[Received] = []
        if not self._poller.poll(timeout_ms):
            return received
        with contextlib.suppress(zmq.Again):
            while len(received) < BATCH_MAX:
                topic, header, payload = self._socket.recv_multipart(zmq.NOBLOCK)
                received.append(Received(topic.decode(), *_decode_header(header), payload))
        return received

    def close(self) -> None:
        self._socket.close(linger=0)


class GapCounter:
    """Counts messages lost on the bus: by topic from sequence numbers, and by writer from what its heartbeats say.

    A gap shows when the next message of its topic comes. The last message of a topic has none after it, and the first
    none before; so a writer tells how many it sent in all, in order with the rest.
    """

    def __init__(self) -> None:
        self._expected: dict[tuple[str, str, int], int] = {}
        self._heard: dict[tuple[str, int], int] = {}
        self._unheard: dict[tuple[str, int], int] = {}
        """Messages that were lost and not found in any topic yet, by writer; the first heartbeat heard begins it."""

    def count(self, received: Received) -> int:
        """Messages of this topic lost just before this one, as far as `count_sent` has not told of them already."""
        key, writer = (received.topic, received.process, received.incarnation), (received.process, received.incarnation)
        lost = max(0, received.seq - self._expected.get(key, received.seq))
        self._expected[key] = received.seq + 1
        self._heard[writer] = self._heard.get(writer, 0) + 1 + lost
        told = min(lost, self._unheard.get(writer, 0))
        if told:
            self._unheard[writer] -= told
            self._heard[writer] -= told
        return lost - told

    def count_sent(self, process: str, incarnation: int, sent: int) -> int:
        """Messages of this writer that were lost on any topic before the heartbeat that says so was sent."""
        writer = (process, incarnation)
        heard = self._heard.get(writer, 1) - 1  # but for the heartbeat itself
        if writer not in self._unheard:
            self._unheard[writer] = 0
            self._heard[writer] = sent + 1
            return 0
        lost = max(0, sent - heard)
        self._unheard[writer] += lost
        self._heard[writer] += lost
        return lost
