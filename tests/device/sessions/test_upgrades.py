"""What another release wrote is read in today's form: older, newer, and with keys that nobody knows here."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from device import messages as m
from device import streams as table
from device.config import SCHEMA, SessionConfig
from device.errors import RecordingError
from device.runtime.bus import Received
from device.sessions import upgrades
from device.sessions.document import Document
from device.sessions.reader import SessionReader
from device.sessions.store import CONFIG_FILE, Store, write_config


def session_with(folder: Path, config: SessionConfig, topic: str, fields: dict[str, Any]) -> Path:
    write_config(folder, config, {})
    store = Store(folder, 0)
    store.write(Received(topic, "x", 0, 0, 0, msgspec.msgpack.encode(fields)), 0)
    store.close()
    return folder


def test_every_version_has_its_upgrade() -> None:
    steps = {stream: len(upgrades.MESSAGES.get(stream, ())) for stream in table.STREAMS}
    assert steps == {stream: row.version - 1 for stream, row in table.STREAMS.items()}
    assert len(upgrades.DOCUMENTS) == SCHEMA - 1


def test_a_field_that_is_not_known_is_passed_over_and_a_missing_one_takes_its_default(
    tmp_path: Path, config: SessionConfig
) -> None:
    told = {"t_ns": 0, "source": "band", "state": "streaming", "sentence": "", "firmware": [1, 2]}
    reader = SessionReader(session_with(tmp_path, config, "sensor_status/band", told))
    (received,) = reader.messages()
    assert reader.problems() == []
    assert received.message == m.SensorStatus(t_ns=0, source="band", state="streaming", sentence="")


def test_an_older_message_is_upgraded_step_by_step(
    tmp_path: Path, config: SessionConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = session_with(tmp_path, config, "markers", {"t_ns": 0, "txt": "pause"})

    def renamed(topic: str, fields: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return topic, {"t_ns": fields["t_ns"], "words": fields["txt"]}

    def renamed_again(topic: str, fields: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return topic, {"t_ns": fields["t_ns"], "text": fields["words"]}

    monkeypatch.setitem(upgrades.MESSAGES, "markers", (renamed, renamed_again))
    monkeypatch.setitem(table.STREAMS, "markers", table.STREAMS["markers"]._replace(version=3))
    reader = SessionReader(folder)
    assert [received.message for received in reader.messages()] == [m.Marker(t_ns=0, text="pause")]
    assert reader.problems() == []
    assert [recorded.version for recorded in reader.recorded()] == [1]


def test_a_message_that_its_upgrade_cannot_read_is_named_and_the_rest_used(
    tmp_path: Path, config: SessionConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = session_with(tmp_path, config, "markers", {"t_ns": 0})
    monkeypatch.setitem(upgrades.MESSAGES, "markers", (lambda topic, fields: (topic, {"text": fields["txt"]}),))
    reader = SessionReader(folder)
    assert list(reader.messages()) == []
    assert "markers: message 0 is damaged" in reader.problems()[0]


def test_the_ceiling_of_an_older_session_is_a_true_peak_today(tmp_path: Path, config: SessionConfig) -> None:
    write_config(tmp_path, config, {})
    fields = msgspec.json.decode((tmp_path / CONFIG_FILE).read_bytes(), type=dict[str, Any])
    fields["schema"] = 2
    for was_dbfs, is_dbtp in ((-6.0, -6.0), (0.0, -1.0)):
        fields["device"]["audio"].pop("ceiling_dbtp", None)
        fields["device"]["audio"]["ceiling_dbfs"] = was_dbfs
        (tmp_path / CONFIG_FILE).write_bytes(msgspec.json.encode(fields))
        assert Document(tmp_path).config.device.audio.ceiling_dbtp == is_dbtp


def test_a_configuration_by_another_release_is_understood(tmp_path: Path, config: SessionConfig) -> None:
    write_config(tmp_path, config, {})
    fields = msgspec.json.decode((tmp_path / CONFIG_FILE).read_bytes(), type=dict[str, Any])
    fields["lights"] = {"colour": "red"}
    fields["device"]["audio"]["room"] = "large"
    fields["device"]["sources"] = {"band": {"type": "hrs", "firmware": "2"}}
    del fields["device"]["music"]["generator"]
    fields["schema"] = SCHEMA + 1
    (tmp_path / CONFIG_FILE).write_bytes(msgspec.json.encode(fields))
    read = Document(tmp_path).config
    assert read.device.sources["band"].type == "hrs"
    assert read.device.music.generator == config.device.music.generator
    assert read.session_id == config.session_id


def test_values_that_mean_nothing_here_refuse_the_configuration_but_not_the_list(
    tmp_path: Path, config: SessionConfig
) -> None:
    write_config(tmp_path, config, {})
    fields = msgspec.json.decode((tmp_path / CONFIG_FILE).read_bytes(), type=dict[str, Any])
    fields["prescription"]["preference"]["style"] = "jazz"
    (tmp_path / CONFIG_FILE).write_bytes(msgspec.json.encode(fields))
    document = Document(tmp_path)
    assert document.text("session_id") == config.session_id
    with pytest.raises(RecordingError, match="style"):
        _ = document.config
