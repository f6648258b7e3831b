"""Lines that somebody's program tells `isotone decide`, damaged and hostile, through the command's own reader."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path
from typing import Any

import msgspec

from device.commands.decide import answers, remembered
from device.config import SessionConfig
from device.control.dialogue import Dialogue
from device.control.lines import LINE_MAX, Line
from device.errors import IsotoneError
from device.messages import UNDECODABLE, WISHES, PersonalResponse
from hardware.fuzz.mutations import mutate
from hardware.fuzz.values import spoil

ESTIMATE = {"known": True, "arousal": 0.4, "arousal_sd": 0.3, "valence": 0.1, "valence_sd": 0.9}
MORE = {"cue": "tempo", "value": 0.2, "arousal": -0.1, "valence": 0.1, "on": True, "voice": "bass", "proposal": 1}
HOSTILE = (
    lambda: b"",
    lambda: b"\xef\xbb\xbf{}",
    lambda: b"[" * 5000,
    lambda: b'{"t":' * 2000,
    lambda: b'{"t": ' + b"9" * 5000 + b', "known": false}',
    lambda: b'{"t": 1e999, "known": false}',
    lambda: b'{"t": 2, "known": false, "t": 1}',
    lambda: b'{"t": 3, "command": "\\ud800"}',
    lambda: b"x" * (3 * LINE_MAX),
    lambda: b'{"t": 3, "known": false, "x": "' + b"y" * (2 * LINE_MAX) + b'"}',
    lambda: b"\x00\xff\r",
)
MEMORY = (PersonalResponse(t_ns=1, policy="bandit", version="1", values={"gain": 0.4, "bias": -0.1}),)


class UnansweredError(AssertionError):
    """A line was told and not answered, or not as one that a program can read."""


class Lines:
    """A few lines to one session, or a memory that another program has written."""

    def __init__(self, folder: Path) -> None:
        self._memory = folder / "memory.json"

    def run(self, rng: random.Random) -> None:
        if rng.random() < 0.1:
            self._remember(rng)
            return
        told = b"".join(_line(rng, second) + rng.choice((b"\n", b"\n", b"\r\n")) for second in range(rng.randint(1, 8)))
        told = told if rng.random() < 0.9 else told.removesuffix(b"\n")
        session = Dialogue(SessionConfig(session_id="fuzz", minutes=1.0, run_dir="", session_dir="", models_dir=""))
        found = [
            msgspec.json.decode(msgspec.json.encode(line), type=Line) for line in answers(session, io.BytesIO(told))
        ]
        if len(found) != told.count(b"\n") + (not told.endswith(b"\n") and bool(told)):
            raise UnansweredError(repr(told[:200]))
        for line in found:
            if line.refusal is not None:
                raise IsotoneError(line.refusal)

    def _remember(self, rng: random.Random) -> None:
        kept = msgspec.json.encode(MEMORY)
        self._memory.write_bytes(mutate(kept, rng) if rng.random() < 0.5 else _spoilt(json.loads(kept), rng))
        remembered(self._memory)


def _line(rng: random.Random, second: int) -> bytes:
    told: dict[str, Any] = {"t": second} | (
        ESTIMATE if rng.random() < 0.5 else {"command": rng.choice(sorted(WISHES))} | MORE
    )
    match rng.choice(("well", "well", "bytes", "values", "hostile")):
        case "well":
            return json.dumps(told).encode()
        case "bytes":
            return mutate(json.dumps(told).encode(), rng)
        case "values":
            return _spoilt(told, rng)
        case _:
            return rng.choice(HOSTILE)()


def _spoilt(tree: Any, rng: random.Random) -> bytes:
    try:
        return msgspec.json.encode(spoil(tree, rng))
    except (*UNDECODABLE, TypeError):
        return b"null"  # a value that JSON does not have
