"""What is sealed is read as it was written, up to the last whole record; all else is refused by its place."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.sealing.key import Key
from device.sealing.sealed_file import RECORD_BYTES_MAX, SealedReader, SealedWriter

ABOUT = "session/log-0000.mcap"
KEY = bytes(range(32))
parts = st.lists(st.binary(min_size=1, max_size=300) | st.just(b"x" * (RECORD_BYTES_MAX + 5)), max_size=5)
anew = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)


def key() -> Key:
    return Key(bytearray(KEY))


def write(path: Path, written: Sequence[bytes], about: str = ABOUT, *, is_closed: bool = True) -> Path:
    path.unlink(missing_ok=True)
    writer = SealedWriter(path, key(), about)
    for part in written:
        writer.write(part)
        writer.settle()
    if is_closed:
        writer.close()
    else:
        writer.abandon()
    return path


def read(path: Path, about: str = ABOUT, with_key: Key | None = None) -> bytes:
    with SealedReader(path, with_key or key(), about) as reader:
        return io.BufferedReader(reader, 1000).read()


def read_and_check(path: Path) -> bytes:
    with SealedReader(path, key(), ABOUT) as reader:
        reader.check_end()
    return read(path)


@given(parts, st.data())
@anew
def test_it_is_read_as_it_was_written_from_any_place(tmp_path: Path, written: list[bytes], data: st.DataObject) -> None:
    path, whole = write(tmp_path / "log", written), b"".join(written)
    assert read(path) == whole
    with SealedReader(path, key(), ABOUT) as reader:
        assert (reader.size, reader.is_whole) == (len(whole), True)
        reader.check_end()
        at = data.draw(st.integers(0, len(whole)))
        reader.seek(at)
        assert reader.read(50) == whole[at : at + 50] or len(written) > 1
    assert whole[:40] not in path.read_bytes() or len(whole) < 8


@given(parts, st.floats(0.0, 1.0))
@anew
def test_wherever_it_is_cut_it_reads_to_the_last_whole_record(tmp_path: Path, written: list[bytes], at: float) -> None:
    path = write(tmp_path / "log", written, is_closed=False)
    cut = path.read_bytes()[: 24 + round(at * (path.stat().st_size - 24))]
    path.write_bytes(cut)
    found = read(path)
    records = [part[i : i + RECORD_BYTES_MAX] for part in written for i in range(0, len(part), RECORD_BYTES_MAX)]
    kept, left = b"", len(cut) - 24
    for record in records:
        left -= 4 + len(record) + 16
        if left < 0:
            break
        kept += record
    assert found == kept
    with SealedReader(path, key(), ABOUT) as reader, pytest.raises(OSError, match="end is missing"):
        reader.check_end()


@given(st.integers(0, 10_000), st.integers(1, 255))
@anew
def test_a_changed_byte_ends_the_reading_and_never_changes_what_is_read(
    tmp_path: Path, place: int, change: int
) -> None:
    path = write(tmp_path / "log", [b"a" * 50, b"b" * 50, b"c" * 50])
    data = bytearray(path.read_bytes())
    data[place % len(data)] ^= change
    path.write_bytes(data)
    with contextlib.suppress(OSError), SealedReader(path, key(), ABOUT) as reader:
        whole = b"a" * 50 + b"b" * 50 + b"c" * 50
        found = b""
        with contextlib.suppress(OSError):
            while part := reader.read(10):
                found += part
        assert whole.startswith(found)
        with pytest.raises(OSError):
            read_and_check(path)


def test_moved_and_repeated_records_are_refused_by_their_number(tmp_path: Path) -> None:
    path = write(tmp_path / "log", [b"a" * 50, b"b" * 50])
    data, record = path.read_bytes(), 4 + 50 + 16
    head, first, second, end = data[:24], data[24 : 24 + record], data[24 + record : 24 + 2 * record], data[-20:]
    for mixed in (head + second + first + end, head + second + end, head + first + first + end):
        path.write_bytes(mixed)
        with pytest.raises(OSError, match=r"sealed record \d was changed, moved"):
            read(path)


@pytest.mark.parametrize("about", ["session/log-0001.mcap", "another/log-0000.mcap"])
def test_another_name_or_another_session_is_refused(tmp_path: Path, about: str) -> None:
    path = write(tmp_path / "log", [b"a"], about)
    with pytest.raises(OSError, match="sealed for another session"):
        read(path)


def test_a_wrong_key_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "log", [b"a"])
    with pytest.raises(OSError, match="record 0 was changed"):
        read(path, with_key=Key.new())


def test_what_stands_behind_the_end_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "log", [b"a"])
    path.write_bytes(path.read_bytes() + b"\1\0\0\0" + b"x" * 17)
    with pytest.raises(OSError, match="behind 2 sealed records"):
        read(path)


def test_what_is_no_sealed_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log"
    for data in (b"", b"\x89MCAP0\r\n" * 5):
        path.write_bytes(data)
        with pytest.raises(OSError, match="no sealed file"):
            read(path)


def test_no_file_is_written_over(tmp_path: Path) -> None:
    path = write(tmp_path / "log", [b"a"])
    with pytest.raises(FileExistsError):
        SealedWriter(path, key(), ABOUT)
    assert path.stat().st_mode & 0o777 == 0o600
