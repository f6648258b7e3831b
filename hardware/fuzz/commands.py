"""What strangers say at the doors of a session, over a real socket, and what a child leaves as reason of its end."""

from __future__ import annotations

import contextlib
import json
import random
import socket
from pathlib import Path
from typing import Any

import msgspec

from device.clock import SystemClock
from device.errors import IsotoneError
from device.messages import UNDECODABLE, WISHES, Fault
from device.runtime.door import Door, Reply, door_path
from device.runtime.life import fault_path
from device.runtime.supervisor import read_fault
from hardware.fuzz.mutations import mutate
from hardware.fuzz.values import spoil

FAULT = Fault(t_ns=1, process="loop", code="broken", sentence="It broke.", action="Start again.", fatal=True)
HOSTILE = (
    lambda: b"[" * 4000,
    lambda: b'{"kind":' * 500,
    lambda: b'{"kind": "stop", "kind": ' + b"9" * 3000 + b"}",
    lambda: b'{"kind": "self_report", "value": 1e999}',
    lambda: b"x" * 20_000,
    lambda: b"\xff\xfe\xfd",
    lambda: b"\n" * 4000,
    lambda: msgspec.msgpack.encode({"t_ns": 1, "kind": "calmer", "author": "therapist", "text": "x"}),
    lambda: b"",
)


class UnansweredError(AssertionError):
    """Somebody asked and was told nothing."""


class Commands:
    """Several requests at one door, or one reason that was left."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = door_path(folder, "patient")

    def run(self, rng: random.Random) -> None:
        if rng.random() < 0.2:
            self._leave_fault(rng)
        else:
            with contextlib.closing(Door({"patient": self._path}, SystemClock())) as door:
                for _ in range(rng.choice((1, 1, 3))):
                    self._ask(door, _request(rng))

    def _ask(self, door: Door, request: bytes) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(1.0)
            line.connect(str(self._path))
            # The door hangs up on whoever says too much.
            with contextlib.suppress(OSError):
                line.sendall(request)
                line.shutdown(socket.SHUT_WR)
            for _ in range(2):
                for wish in door.requests():
                    wish.answer(Reply(answer="taken"))
            self._read_answer(line, request)
        door.requests()

    def _read_answer(self, line: socket.socket, request: bytes) -> None:
        try:
            told = line.recv(65_536).partition(b"\n")[0]
        except ConnectionResetError:
            return
        if not told and request.partition(b"\n")[0]:
            raise UnansweredError(repr(request[:80]))
        reply = msgspec.json.decode(told, type=Reply) if told else None
        if reply and reply.answer == "refused":
            raise IsotoneError(reply.sentence)

    def _leave_fault(self, rng: random.Random) -> None:
        left = msgspec.json.encode(FAULT)
        left = mutate(left, rng) if rng.random() < 0.6 else _spoilt(msgspec.to_builtins(FAULT), rng)
        fault_path(self._folder, FAULT.process).write_bytes(left)
        read_fault(self._folder, FAULT.process)


def _request(rng: random.Random) -> bytes:
    wish: dict[str, Any] = {"kind": rng.choice(sorted(WISHES))}
    if rng.random() < 0.5:
        wish |= {"value": rng.uniform(-2, 2), "valence": rng.choice((None, 0.3, 7)), "text": "so"}
    match rng.choice(("well", "bytes", "values", "hostile")):
        case "well":
            return json.dumps(wish).encode() + b"\n" * rng.randrange(3)
        case "bytes":
            return mutate(json.dumps(wish).encode() + b"\n", rng)
        case "values":
            return _spoilt(wish, rng) + b"\n"
        case _:
            return rng.choice(HOSTILE)() + b"\n"


def _spoilt(tree: Any, rng: random.Random) -> bytes:
    try:
        return msgspec.json.encode(spoil(tree, rng))
    except (*UNDECODABLE, TypeError):
        # A value that JSON does not have.
        return b"null"
