"""Sessions whose log or documents are damaged or say what cannot be: listed, shown, summed up, drawn, replayed."""

from __future__ import annotations

import io
import json
import random
import shutil
import struct
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import zstandard
from mcap.writer import CompressionType, IndexType, Writer

from device.reading import open_recordings, read_affect
from device.replay import replay_session
from device.sessions.figure import draw
from device.sessions.history import History
from device.sessions.interchange import write_midi
from device.sessions.listing import list_sessions, show
from device.sessions.problems import Problems
from device.sessions.reader import SessionReader
from device.sessions.records import MAGIC, Logged, SegmentReader
from device.sessions.store import CONFIG_FILE
from device.sessions.summary import describe
from hardware.fuzz.mutations import mutate
from hardware.fuzz.values import spoil

WHOLE = Path(__file__).resolve().parents[2] / "tests" / "replay" / "releases" / "0.3.0" / "faults"
"""A session as it was recorded; its first seconds serve here, so that a case takes milliseconds."""
BEGIN_S = 3.0
"""Seconds of music that are taken, with all kinds of messages."""
SPOILT = 12
"""Messages of a case that are given odd values, at most."""
LOG = "log-0000.mcap"
SUMMARY = b'{"session_id": "s", "ended": "whole", "bars": 3, "faults": []}'
SECONDS_READ = 20
OFTEN = 0.03
"""Share of cases that also go where a visit takes a second."""


class Logs:
    """One folder of sessions; the second is never touched, and must stay listed whatever the first holds."""

    def __init__(self, folder: Path) -> None:
        self._root, self._session = folder, folder / "20261128T084039Z-fuzzed"
        logged = list(SegmentReader(WHOLE / LOG, Problems()).messages())
        first_ns = next(item.log_ns for item in logged if item.received.topic == "played")
        self._messages = [item for item in logged if item.log_ns < first_ns + BEGIN_S * 1e9]
        self._log = write_log(self._messages)
        self._document = (WHOLE / CONFIG_FILE).read_bytes()
        self._write(folder / "20261128T000000Z-neighbour", self._log, self._document, SUMMARY)

    def run(self, rng: random.Random) -> None:
        shutil.rmtree(self._session, ignore_errors=True)
        log, document, summary = self._log, self._document, SUMMARY
        match rng.choice(("log", "log", "messages", "messages", "bomb", "document", "fields", "summary")):
            case "log":
                log = mutate(log, rng)
            case "messages":
                log = write_log(self._spoilt(rng))
            case "bomb":
                log = rng.choice(BOMBS)(rng)
            case "document":
                document = mutate(document, rng)
            case "fields":
                document = json.dumps(spoil(json.loads(document), rng), default=str).encode()
            case "summary":
                summary = rng.choice(
                    (mutate(summary, rng), json.dumps(spoil({"ended": "whole"}, rng), default=str).encode())
                )
        self._write(self._session, log, document, summary)
        self._read(rng)

    @staticmethod
    def _write(folder: Path, log: bytes, document: bytes, summary: bytes) -> None:
        folder.mkdir()
        (folder / LOG).write_bytes(log)
        (folder / CONFIG_FILE).write_bytes(document)
        (folder / "summary.json").write_bytes(summary)

    def _spoilt(self, rng: random.Random) -> list[Logged]:
        messages = list(self._messages)
        for _ in range(rng.randint(1, SPOILT)):
            place = rng.randrange(len(messages))
            logged = messages[place]
            received = logged.received
            if rng.random() < 0.15:
                odd = rng.choice((0, 2**63, 2**64 - 1, 1, (received.sent_ns + 2**50) % 2**64))
                messages[place] = logged._replace(log_ns=odd, received=received._replace(sent_ns=odd))
                continue
            try:
                fields = spoil(msgspec.msgpack.decode(received.payload), rng)
                payload = msgspec.msgpack.encode(fields)
            except (OverflowError, msgspec.MsgspecError, UnicodeError):
                payload = b"\xc1"
            messages[place] = logged._replace(received=received._replace(payload=payload))
        return messages

    def _read(self, rng: random.Random) -> None:
        listed = {Path(info.folder).name for info in list_sessions(self._root)}
        if len(listed) != 2:
            raise AssertionError("a broken session is not listed, or hides another")
        show(self._session)
        history = History(SessionReader(self._session))
        msgspec.json.encode(describe(history))
        write_midi(self._session / "played.mid", history.played)
        for read in (self._draw, self._replay, self._affect):
            if rng.random() < OFTEN:
                read(history)

    def _draw(self, history: History) -> None:
        draw(history, self._session / "session.png")

    def _replay(self, _: History) -> None:
        replay_session(self._session)

    def _affect(self, _: History) -> None:
        list(islice(read_affect(open_recordings([self._session]), calibrate_s=1), SECONDS_READ))


def write_log(messages: list[Logged]) -> bytes:
    """A log as the recorder writes it, but with whatever payloads."""
    file = io.BytesIO()
    writer = Writer(file, compression=CompressionType.NONE, use_chunking=False, index_types=IndexType.NONE)
    writer.start(profile="isotone", library="fuzz")
    channels: dict[tuple[str, str, int, int], int] = {}
    for received, version, log_ns in messages:
        key = (received.topic, received.process, received.incarnation, version)
        if key not in channels:
            told = {"process": received.process, "incarnation": str(received.incarnation), "version": str(version)}
            channels[key] = writer.register_channel(
                topic=received.topic, message_encoding="msgpack", schema_id=0, metadata=told
            )
        writer.add_message(channels[key], log_ns, received.payload, received.sent_ns, received.seq)
    writer.finish()
    return file.getvalue()


def _record(opcode: int, body: bytes, length: int | None = None) -> bytes:
    return struct.pack("<BQ", opcode, len(body) if length is None else length) + body


def _text(words: bytes) -> bytes:
    return struct.pack("<I", len(words)) + words


def _channel(topic: bytes, metadata: bytes = b"") -> bytes:
    body = struct.pack("<HH", 0, 0) + _text(topic) + _text(b"msgpack") + struct.pack("<I", len(metadata)) + metadata
    return _record(4, body)


def _message(payload: bytes) -> bytes:
    return _record(5, struct.pack("<HIQQ", 0, 0, 0, 0) + payload)


def _packed_chunk(rng: random.Random) -> bytes:
    """Much in little: zeros, or many messages, packed; more or less than the chunk says."""
    size = rng.choice((2**20, 2**24, 2**26, 2**28))
    data = bytes(size) if rng.random() < 0.5 else (_message(b"\x80") * (size // 32))[: 2**24]
    said = rng.choice((len(data), 0, 2**40, len(data) // 2))
    packed = zstandard.compress(data)
    body = struct.pack("<QQQI", 0, 0, said, 0) + _text(b"zstd") + struct.pack("<Q", len(packed)) + packed
    return MAGIC + _channel(b"markers") + _record(6, body) * rng.choice((1, 8))


def _long_record(rng: random.Random) -> bytes:
    """A record, or a text in it, that says it is longer than the file."""
    opcode, length = rng.randrange(1, 16), rng.choice((2**20, 2**31, 2**40, 2**63, 2**64 - 1))
    inner = struct.pack("<Q", length) + struct.pack("<I", min(length, 2**32 - 1)) * 4
    return MAGIC + _channel(b"markers") + _record(opcode, inner, rng.choice((length, None))) + _message(b"\x80")


def _many_channels(rng: random.Random) -> bytes:
    """Topics and metadata by the thousand."""
    pairs = b"".join(_text(str(n).encode()) + _text(b"") for n in range(rng.choice((10, 4000))))
    return MAGIC + b"".join(_channel(b"samples/%d" % n, pairs) + _message(b"\x80") for n in range(rng.choice((1, 50))))


def _wide_message(rng: random.Random) -> bytes:
    """A message that says it holds more than it does, or holds very much."""
    head = rng.choice((b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff", b"\x91" * 50_000))
    wide: Any = {"t_ns": 0, "process": "x", "incarnation": 0, "entries": [["a", 0, 0, 0]] * rng.choice((10, 300_000))}
    payload = rng.choice((head, msgspec.msgpack.encode(wide), head + msgspec.msgpack.encode(wide)))
    return MAGIC + _channel(rng.choice((b"trace/x", b"samples/x", b"affect"))) + _message(payload)


BOMBS: tuple[Callable[[random.Random], bytes], ...] = (_packed_chunk, _long_record, _many_channels, _wide_message)
