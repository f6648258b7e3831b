"""A damaged log costs what is damaged, and a small file never takes much memory or time."""

from __future__ import annotations

import struct
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import lz4.frame
import msgspec
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcap.writer import CompressionType, Writer

from device.config import SessionConfig
from device.messages import Marker
from device.runtime.bus import Received
from device.sessions import records
from device.sessions.problems import Problems
from device.sessions.records import MAGIC, SegmentReader
from device.sessions.store import Store, write_config

N = 40


def payload(seq: int) -> bytes:
    return msgspec.msgpack.encode(Marker(t_ns=seq, text=f"marker {seq:04d}"))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A segment of our own with `N` markers."""
    store = Store(tmp_path, 0)
    for seq in range(N):
        store.write(Received("markers", "manager", 0, seq, seq, payload(seq)), seq)
    store.close()
    return tmp_path / "log-0000.mcap"


def read(path: Path) -> tuple[list[int], list[str]]:
    problems = Problems()
    return [logged.received.seq for logged in SegmentReader(path, problems).messages()], problems.sentences()


def test_a_record_with_a_wrong_length_costs_itself_alone(log: Path) -> None:
    data = bytearray(log.read_bytes())
    place = data.index(payload(7)) - 30  # the length of the record, eight bytes
    data[place + 4] ^= 1
    log.write_bytes(data)
    found, problems = read(log)
    assert found == [seq for seq in range(N) if seq != 7]
    assert len(problems) == 1
    assert "cannot be read" in problems[0]


def test_a_lost_sector_costs_its_messages_and_is_named(log: Path) -> None:
    data = bytearray(log.read_bytes())
    begin, end = data.index(payload(10)) + 3, data.index(payload(14)) + 3
    data[begin:end] = bytes(end - begin)
    log.write_bytes(data)
    found, problems = read(log)
    assert set(range(N)) - set(found) <= set(range(10, 16))
    assert problems


def test_a_damaged_channel_costs_its_messages_and_no_others(tmp_path: Path) -> None:
    store = Store(tmp_path, 0)
    for seq in range(3):
        store.write(Received("markers", "manager", 0, seq, seq, payload(seq)), seq)
        store.write(Received("markers", "x", 0, seq, seq, payload(seq)), seq)
    store.close()
    log = tmp_path / "log-0000.mcap"
    log.write_bytes(log.read_bytes().replace(b"manager", b"man\xff\xfeer"))
    found, problems = read(log)
    assert found == [0, 1, 2]
    assert any("channel" in problem for problem in problems)


@given(place=st.floats(0, 0.999), bit=st.integers(0, 7), length=st.integers(1, 3))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_wherever_a_few_bits_flip_nearly_all_is_read(log: Path, place: float, bit: int, length: int) -> None:
    whole = log.read_bytes()
    first = whole.index(payload(0)) - 31
    data = bytearray(whole)
    at = first + int(place * (len(data) - first))
    for offset in range(length):
        data[min(at + offset, len(data) - 1)] ^= 1 << bit
    log.write_bytes(data)
    found, _ = read(log)
    log.write_bytes(whole)
    assert len(found) >= N - 3
    assert all(before < after for before, after in pairwise(found)) or len(set(found)) >= N - 3


@pytest.mark.parametrize("compression", list(CompressionType))
def test_a_log_that_was_packed_by_another_program_is_read(tmp_path: Path, compression: CompressionType) -> None:
    path = tmp_path / "log-0000.mcap"
    with path.open("wb") as file:
        writer = Writer(file, compression=compression)
        writer.start(profile="isotone")
        channel = writer.register_channel("markers", "msgpack", 0, {"process": "manager", "incarnation": "0"})
        for seq in range(N):
            writer.add_message(channel, seq, payload(seq), seq, seq)
        writer.finish()
    assert read(path) == (list(range(N)), [])


def chunk(packed: bytes, kind: bytes, said: int) -> bytes:
    body = struct.pack("<QQQI", 0, 0, said, 0) + struct.pack("<I", len(kind)) + kind
    body += struct.pack("<Q", len(packed)) + packed
    return struct.pack("<BQ", 6, len(body)) + body


def many(count: int) -> bytes:
    """A channel, and so many messages on it."""
    channel = struct.pack("<HH", 0, 0) + b"\7\0\0\0markers" + b"\0\0\0\0" * 2
    message = struct.pack("<BQHIQQ", 5, 23, 0, 0, 0, 0) + b"\x80"
    return struct.pack("<BQ", 4, len(channel)) + channel + message * count


BOMBS = {
    "zeros by zstd": lambda: chunk(zstandard.compress(bytes(2**28)), b"zstd", 2**28),
    "zeros by lz4": lambda: chunk(lz4.frame.compress(bytes(2**28)), b"lz4", 2**28),
    "more than it says": lambda: chunk(zstandard.compress(bytes(2**28)), b"zstd", 10),
    "many chunks": lambda: chunk(zstandard.compress(bytes(2**24)), b"zstd", 2**24) * 200,
    "many messages": lambda: chunk(zstandard.compress(many(10**6)), b"zstd", len(many(10**6))),
    "an attachment that says it is long": lambda: struct.pack("<BQ", 9, 2**62) + bytes(100),
    "chunks in chunks": lambda: _nested(300),
}


def _nested(depth: int) -> bytes:
    inner = many(1)
    for _ in range(depth):
        inner = chunk(inner, b"", len(inner))
    return inner


READ = r"""
import re, sys
from pathlib import Path
from device.sessions.problems import Problems
from device.sessions.records import SegmentReader
problems = Problems()
n = sum(1 for _ in SegmentReader(Path(sys.argv[1]), problems).messages())
# ru_maxrss would count what the parent had before this program began.
peak_kb = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
print(peak_kb // 1024, n, *problems.sentences())
"""


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_takes_little_memory(tmp_path: Path, name: str) -> None:
    path = tmp_path / "log-0000.mcap"
    path.write_bytes(MAGIC + BOMBS[name]())
    assert path.stat().st_size < 2**22
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)], capture_output=True, text=True, timeout=100, check=True
    )
    peak_mb, n, problems = done.stdout.split(maxsplit=2)
    assert int(peak_mb) < 400
    assert int(n) <= records.MESSAGES_MAX
    assert problems
    if name in {"zeros by zstd", "zeros by lz4", "many chunks", "many messages"}:
        assert "limit" in problems


def test_a_file_that_is_no_file_is_not_waited_for(tmp_path: Path, config: SessionConfig) -> None:
    import os

    from device.errors import RecordingError
    from device.sessions.reader import SessionReader

    write_config(tmp_path, config, {})
    os.mkfifo(tmp_path / "log-0000.mcap")
    with pytest.raises(RecordingError, match="not a session"):
        SessionReader(tmp_path)


def test_problems_are_counted_where_there_are_many() -> None:
    problems = Problems()
    for n in range(10_000):
        problems.add("markers", f"message {n} is damaged.\x1b[2J")
        problems.add(f"topic-{n}", "odd.")
    told = problems.sentences()
    assert len(told) < 250
    assert "markers: and 9997 more." in told
    assert not any("\x1b" in sentence for sentence in told)
