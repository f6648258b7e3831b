"""Gives a running session a wish from a program outside, and hears what became of it."""

from __future__ import annotations

import contextlib
import selectors
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from device.clock import Clock
from device.messages import UNDECODABLE, Author
from device.runtime.door import LINE_MAX, Reply, door_path, stop_path

PATIENCE_S = 0.1
"""A manager that is silent for so long is not waited for with a stop: audio is told itself."""
ANSWER_S = 4.0
STOP_S = 15.0
"""A session whose audio hangs is ended by its manager within this time."""
SILENT = Reply(answer="unanswered", sentence="The session does not answer; its manager seems to hang.")


def ask(run_dir: Path, author: Author, wish: Mapping[str, Any], clock: Clock) -> Reply | None:
    """Give the session in `run_dir` a wish (`{"kind": "calmer"}`) and wait for its answer; None: nobody is there.

    A stop goes to audio itself where the manager is silent, so it needs neither manager nor loop.
    """
    request = msgspec.json.encode(wish) + b"\n"
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as answers:
        is_stop = wish["kind"] == "stop"
        is_heard = _send(door_path(run_dir, author), request, stack, answers)
        if is_stop and not (reply := _first(answers, PATIENCE_S, clock) if is_heard else None):
            is_heard |= _send(stop_path(run_dir, author), request, stack, answers)
        elif is_stop:
            return reply
        return (_first(answers, STOP_S if is_stop else ANSWER_S, clock) or SILENT) if is_heard else None


def knock(door: Path, wish: Mapping[str, Any]) -> socket.socket | None:
    """Leave a wish at a door without waiting, for whoever may not stand still because a session does.

    The line is open, for who wants to hear the answer; None: nobody is there, or not yet.
    """
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        line.connect(str(door))
        line.send(msgspec.json.encode(wish) + b"\n")
    except OSError:
        line.close()
        return None
    return line


def _send(door: Path, request: bytes, stack: contextlib.ExitStack, answers: selectors.BaseSelector) -> bool:
    """Send a request; whether somebody listens there."""
    line = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
    line.settimeout(PATIENCE_S)
    try:
        line.connect(str(door))
        line.sendall(request)
    except OSError:
        return False
    answers.register(line, selectors.EVENT_READ)
    return True


def _first(answers: selectors.BaseSelector, timeout_s: float, clock: Clock) -> Reply | None:
    """The first answer on any line; None where none comes."""
    deadline_ns = clock.now_ns() + round(timeout_s * 1e9)
    while answers.get_map() and (left_s := (deadline_ns - clock.now_ns()) / 1e9) > 0:
        for key, _ in answers.select(left_s):
            line = key.fileobj
            assert isinstance(line, socket.socket)
            with contextlib.suppress(OSError, *UNDECODABLE):
                return msgspec.json.decode(line.recv(LINE_MAX), type=Reply)
            answers.unregister(line)
    return None
