"""Doors of a running session: sockets in its run folder, one for each role, that take wishes and answer each of them.

A request is one line of JSON, such as `{"kind": "self_report", "value": -0.5}`, and so is its answer, such as
`{"answer": "refused", "sentence": "No phase is held."}`. A client may ask again on the same connection once it was
answered. Who wishes is told by the socket and by the kernel (SO_PEERCRED), never by the client. Nothing here waits,
and whatever a client sends costs one refusal.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from device.clock import Clock
from device.messages import UNDECODABLE, WISHES, Answer, Author, Command
from device.wishes import Allowance, forbidden

ROLES: tuple[Author, ...] = ("patient", "therapist")
LINE_MAX = 4096
"""Bytes of one request."""
CLIENTS_MAX = 16
"""Connections at a door; the one that has waited longest without a request makes room for the next."""
REQUEST_NS = 2_000_000_000
"""A request that began must be whole after this time."""
OWN_FIELDS = {"t_ns", "author", "id"}
"""What the door fills in itself."""


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a client is told about its wish."""

    answer: Answer | Literal["unanswered"]
    """`unanswered`: nobody who could obey has said anything; whether it was obeyed is not known."""
    sentence: str = ""
    process: str = ""
    """Who obeyed or refused."""


class RefusedError(ValueError):
    """A request that is no wish, in words."""


def door_path(run_dir: Path, role: Author) -> Path:
    """The door to everything, which the manager keeps."""
    return run_dir / f"{role}.door"


def stop_path(run_dir: Path, role: Author) -> Path:
    """The door to silence, which audio keeps: it takes nothing but `stop`."""
    return run_dir / f"{role}.stop"


def read_wish(line: bytes, author: Author) -> Command:
    """The wish that a line tells.

    Raises:
        RefusedError: it tells none.
    """
    try:
        told = msgspec.json.decode(line)
        kind = WISHES[told["kind"]]
        extra = set(told) - {"kind"} - (set(kind.__struct_fields__) - OWN_FIELDS)
        wish = msgspec.convert(told | {"t_ns": 0, "author": author, "id": ""}, kind)
        msgspec.msgpack.encode(wish)  # JSON knows numbers that the bus cannot carry
    except (msgspec.ValidationError, OverflowError) as error:
        raise RefusedError(f"This wish is not as it should be: {error}.") from error
    except (*UNDECODABLE, TypeError, KeyError) as error:
        raise RefusedError(f'This is no wish; send a line like {{"kind": "stop"}} with {_kinds()}.') from error
    if extra:
        raise RefusedError(f"A wish `{wish.kind}` has no `{min(extra)[:40]}`.")
    return wish


def _kinds() -> str:
    *others, last = sorted(WISHES)
    return f"{', '.join(others)} or {last}"


class Client:
    """One connection. It is read no further while it waits for its answer."""

    def __init__(self, line: socket.socket, author: Author, now_ns: int) -> None:
        self.line, self.author = line, author
        self.buffer = b""
        self.since_ns = now_ns
        """Time at which it came, was last answered, or began its request."""
        self.is_waiting = False
        self.is_ending = False
        """Whether it will ask nothing more."""

    def take_line(self) -> bytes | None:
        """The next whole request; what stands before the end of the connection is one too."""
        line, newline, rest = self.buffer.partition(b"\n")
        if newline or (self.is_ending and line):
            self.buffer = rest
            return line
        return None


class Request:
    """A wish that waits for its answer."""

    def __init__(self, door: Door, client: Client, wish: Command) -> None:
        self._door, self._client, self.wish = door, client, wish

    def answer(self, reply: Reply) -> None:
        self._door.answer(self._client, reply)


class Door:
    """Listens at one socket for each role.

    Raises:
        OSError: a socket cannot be made.
    """

    def __init__(self, paths: dict[Author, Path], clock: Clock) -> None:
        self._clock, self._selector = clock, selectors.DefaultSelector()
        self._clients: list[Client] = []
        self._listeners = {author: self._listen(path, author) for author, path in paths.items()}
        self._allowance = Allowance(clock.now_ns())

    def _listen(self, path: Path, author: Author) -> socket.socket:
        if path.is_socket():
            path.unlink()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            listener.bind(str(path))
        except OSError:
            listener.close()
            raise
        path.chmod(0o600)
        listener.listen(CLIENTS_MAX)
        self._selector.register(listener, selectors.EVENT_READ, author)
        return listener

    def fileno(self) -> int:
        """Readable when somebody asks something."""
        return self._selector.fileno()

    def requests(self) -> list[Request]:
        """Wishes that came since the last call; what is none was refused."""
        for key, _ in self._selector.select(0):
            if isinstance(key.data, Client):
                self._read(key.data)
            else:
                self._admit(key.data)
        now_ns = self._clock.now_ns()
        for client in list(self._clients):
            if client.buffer and not client.is_waiting and now_ns - client.since_ns > REQUEST_NS:
                self._refuse(client, "The request was not whole within two seconds.")
        return [request for client in list(self._clients) for request in self._request_of(client, now_ns)]

    def _admit(self, author: Author) -> None:
        try:
            line, _ = self._listeners[author].accept()
        except OSError:
            return
        line.setblocking(False)
        client = Client(line, author, self._clock.now_ns())
        self._selector.register(line, selectors.EVENT_READ, client)
        self._clients.append(client)
        if not _is_trusted(line):
            self._refuse(client, "Only the user who runs the session may speak here.")
            return
        idle = [other for other in self._clients if not other.is_waiting]
        if len(self._clients) > CLIENTS_MAX and len(idle) > 1:
            self._refuse(min(idle, key=lambda other: other.since_ns), "Too many are speaking at once.")
        self._read(client)

    def _read(self, client: Client) -> None:
        try:
            data = client.line.recv(LINE_MAX)
        except BlockingIOError:
            return
        except OSError:
            self._forget(client)
            return
        if not client.buffer:
            client.since_ns = self._clock.now_ns()
        client.buffer += data
        client.is_ending = not data
        if client.is_ending and not client.buffer:
            self._forget(client)
        elif len(client.buffer) > LINE_MAX:
            self._refuse(client, f"A request may have {LINE_MAX} bytes.")

    def _request_of(self, client: Client, now_ns: int) -> Iterator[Request]:
        if client.is_waiting or (line := client.take_line()) is None:
            return
        client.is_waiting = True
        self._selector.unregister(client.line)
        try:
            wish = read_wish(line, client.author)
            refusal = forbidden(wish) or self._allowance.spend(wish, now_ns)
        except RefusedError as error:
            refusal = str(error)
        if refusal:
            self.answer(client, Reply(answer="refused", sentence=refusal))
        else:
            yield Request(self, client, wish)

    def answer(self, client: Client, reply: Reply) -> None:
        """Answer a client that waits, and listen to it again."""
        if not client.is_waiting:
            return
        client.is_waiting = False
        self._selector.register(client.line, selectors.EVENT_READ, client)
        client.since_ns = self._clock.now_ns()
        try:
            client.line.send(msgspec.json.encode(reply) + b"\n")
        except OSError:
            # It left, or does not read what it asked for.
            self._forget(client)

    def _refuse(self, client: Client, sentence: str) -> None:
        """Tell it why, and hang up."""
        with contextlib.suppress(OSError):
            client.line.send(msgspec.json.encode(Reply(answer="refused", sentence=sentence)) + b"\n")
        self._forget(client)

    def _forget(self, client: Client) -> None:
        if client in self._clients:
            self._clients.remove(client)
            if not client.is_waiting:
                self._selector.unregister(client.line)
            client.line.close()

    def close(self) -> None:
        for client in list(self._clients):
            self._forget(client)
        for listener in self._listeners.values():
            path = Path(listener.getsockname())
            listener.close()
            path.unlink(missing_ok=True)
        self._selector.close()


def _is_trusted(line: socket.socket) -> bool:
    """Whether our own user or root is at the other end, as the kernel says."""
    _, uid, _ = struct.unpack("3i", line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return uid in (os.geteuid(), 0)
