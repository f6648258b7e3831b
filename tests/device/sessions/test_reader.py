from pathlib import Path

import msgspec
import pytest

from device.config import SessionConfig
from device.errors import Exit, RecordingError
from device.messages import Digest, Marker, SampleChunk
from device.runtime.bus import Received
from device.sessions.reader import Checks, SessionReader
from device.sessions.store import Store, write_config

S = 1_000_000_000


def chunk(seq: int) -> Received:
    message = SampleChunk(
        t_ns=seq,
        source="cyton",
        kind="eeg",
        sfreq_hz=250,
        ch_names=("Fp1",),
        first_sample=seq,
        data=b"\0\0\x80\x3f" * 8,
    )
    return Received("samples/cyton", "sensors", 0, seq, seq, msgspec.msgpack.encode(message))


def marker(seq: int) -> Received:
    return Received("markers", "manager", 0, seq, seq, msgspec.msgpack.encode(Marker(t_ns=seq, text="m")))


def write_session(folder: Path, config: SessionConfig, n: int = 6, incarnation: int = 0) -> None:
    if not folder.exists():
        folder.mkdir()
        write_config(folder, config, {})
    store = Store(folder, 0)
    for seq in range(n):
        store.write(chunk(seq), seq)
        store.write(marker(seq), seq)
        digest = msgspec.msgpack.encode(store.digest(seq * S))
        store.write(Received("digest", "recorder", incarnation, seq, seq, digest), seq)
    store.close()


@pytest.fixture
def session(tmp_path: Path, config: SessionConfig) -> Path:
    folder = tmp_path / "s"
    write_session(folder, config)
    return folder


def read(folder: Path) -> tuple[list[Received], list[str]]:
    reader = SessionReader(folder)
    return list(reader.messages()), reader.problems()


def test_a_whole_session_reads_back_without_problems(session: Path, config: SessionConfig) -> None:
    received, problems = read(session)
    assert problems == []
    assert [item for item in received if item.stream == "samples"] == [chunk(seq) for seq in range(6)]
    assert SessionReader(session).config == config


def test_one_changed_byte_of_eeg_names_its_stream_and_no_other(session: Path) -> None:
    log = session / "log-0000.mcap"
    data = bytearray(log.read_bytes())
    place = data.index(b"\0\0\x80\x3f" * 8, data.index(chunk(3).payload))
    data[place + 3] ^= 1
    log.write_bytes(data)
    _, problems = read(session)
    assert len(problems) == 1
    assert "samples/cyton" in problems[0]
    assert "changed" in problems[0]


def test_a_tail_torn_anywhere_costs_only_the_tail(session: Path) -> None:
    log = session / "log-0000.mcap"
    data = log.read_bytes()
    whole = len(read(session)[0])
    counts = []
    for length in range(0, len(data), 7):
        log.write_bytes(data[:length])
        received, problems = read(session)
        counts.append(len(received))
        assert problems or length == 0 or len(received) == whole
    assert counts == sorted(counts)
    assert counts[-1] == whole


def test_missing_messages_are_named(session: Path) -> None:
    log = session / "log-0000.mcap"
    data = log.read_bytes()
    start = data.index(marker(2).payload) - 31
    log.write_bytes(data[:start] + data[start + 31 + len(marker(2).payload) :])
    _, problems = read(session)
    assert any("markers" in problem and "missing" in problem for problem in problems)


def test_a_recorder_that_was_started_again_is_no_problem(session: Path, config: SessionConfig) -> None:
    write_session(session, config, incarnation=1)
    received, problems = read(session)
    assert problems == []
    assert len(received) == 2 * 18


def test_what_is_no_session_is_refused_with_a_sentence(tmp_path: Path, session: Path) -> None:
    with pytest.raises(RecordingError, match="not a session") as caught:
        SessionReader(tmp_path)
    assert caught.value.exit_code == Exit.RECORDING
    (session / "session.json").write_text("{")
    with pytest.raises(RecordingError, match="cannot be read"):
        SessionReader(session)


def test_a_log_of_garbage_has_problems_and_no_messages(session: Path) -> None:
    (session / "log-0000.mcap").write_bytes(b"\x89MCAP0\r\n" + bytes(range(256)) * 9)
    received, problems = read(session)
    assert received == []
    assert problems


def test_the_last_of_a_stream_is_found_without_reading_all(session: Path) -> None:
    store = Store(session, 0)
    store.write(chunk(6), 6)
    store.close()
    reader = SessionReader(session)
    assert [item.t_ns for item in reader.last("samples", 1)] == [6]
    assert reader.last("markers", 1) == []
    assert len(reader.last("markers", 2)) == 6
    assert reader.last("bars", 9) == []


@pytest.mark.parametrize(("written", "words"), [(1, "2 messages are too many"), (4, "1 of its messages are missing")])
def test_a_digest_says_how_many_messages_are_missing_or_too_many(written: int, words: str) -> None:
    checks = Checks()
    checks._counts = {"markers": (3, 0)}
    assert words in dict(checks.compare(Digest(t_ns=0, topics={"markers": (written, 0)}), 0))["markers"]
