import tomllib
from pathlib import Path

import msgspec
import pytest
from mcap.reader import make_reader

from device.config import SessionConfig
from device.messages import Marker, PersonalBaseline
from device.runtime.bus import Received
from device.sessions.reader import LogReader, SessionReader
from device.sessions.store import Store, log_paths, write_config

MINUTE_NS = 60_000_000_000


def marker(seq: int, text: str = "x") -> Received:
    payload = msgspec.msgpack.encode(Marker(t_ns=seq, text=text))
    return Received("markers", "manager", 0, seq, 1000 + seq, payload)


def written(folder: Path, n: int = 5) -> Store:
    store = Store(folder, 0)
    for seq in range(n):
        store.write(marker(seq), seq)
    return store


def test_every_minute_has_a_segment_of_its_own(tmp_path: Path) -> None:
    store = Store(tmp_path, 0)
    for minute in range(3):
        store.write(marker(minute), minute * (MINUTE_NS + 1))
    store.close()
    assert [path.name for path in log_paths(tmp_path)] == ["log-0000.mcap", "log-0001.mcap", "log-0002.mcap"]


def test_a_second_store_goes_on_where_a_killed_one_stopped(tmp_path: Path, config: SessionConfig) -> None:
    write_config(tmp_path, config, {})
    written(tmp_path).abandon()
    again = Store(tmp_path, 0)
    again.write(marker(5), 5)
    again.close()
    assert [received.seq for received in SessionReader(tmp_path).messages()] == [0, 1, 2, 3, 4, 5]


def test_any_mcap_reader_sees_topics_schemas_and_times(tmp_path: Path) -> None:
    written(tmp_path).close()
    with (tmp_path / "log-0000.mcap").open("rb") as file:
        records = list(make_reader(file).iter_messages())
    schema, channel, message = records[2]
    assert schema is not None
    assert (schema.name, channel.topic, channel.message_encoding) == ("Marker", "markers", "msgpack")
    assert (message.sequence, message.publish_time) == (2, 1002)


def test_what_was_written_is_on_disk_at_once(tmp_path: Path) -> None:
    store = written(tmp_path)
    data = (tmp_path / "log-0000.mcap").read_bytes()
    assert marker(4).payload in data
    store.sync(10_000_000_000)
    store.close()


def test_the_session_file_is_toml_with_the_effective_configuration(tmp_path: Path, config: SessionConfig) -> None:
    rest = PersonalBaseline(t_ns=0, source="band", model="m", names=("x",), mean=(1.0,), sd=(1.0,), weight_s=(9.0,))
    config = msgspec.structs.replace(config, baselines=(rest,))
    write_config(tmp_path, config, {"listener": 'O"Neil\n', "isotone": "0.1.0"})
    read = tomllib.loads((tmp_path / "session.toml").read_text("utf-8"))
    assert read["listener"] == 'O"Neil\n'
    assert read["effective"]["seed"] == config.seed
    assert read["effective"]["device"]["audio"]["sfreq_hz"] == 48_000
    assert read["effective"]["prescription"]["limits"]["velocity_max"] == 100


def test_a_folder_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        Store(tmp_path / "file" / "below", 0)


def test_a_folder_that_was_renamed_takes_no_more(tmp_path: Path) -> None:
    store = written(tmp_path / "session")
    (tmp_path / "session").rename(tmp_path / "elsewhere")
    (tmp_path / "session").mkdir()
    (tmp_path / "session" / "log-0000.mcap").touch()
    with pytest.raises(OSError, match="renamed"):
        store.sync(MINUTE_NS)
    store.abandon()
    assert len(list(LogReader(tmp_path / "elsewhere").messages())) == 5
