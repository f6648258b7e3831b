"""Replay of sessions made by the small table: the real host and recorder, trivial stages."""

from pathlib import Path

import msgspec
import pytest
from mcap.writer import Writer

from device import __version__
from device.clock import SystemClock
from device.config import SessionConfig
from device.errors import Exit, RecordingError
from device.messages import Calmer, Manner, Message, Performance
from device.processes import Process
from device.replay import replay_session
from device.runtime.children import ThreadLauncher
from device.runtime.manager import Manager
from tests.device import table
from tests.device.runtime.test_manager import Witness


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch, config: SessionConfig) -> Path:
    recorder = Process("device.sessions.recorder:main", reads=("*",))
    table.use_table(monkeypatch, table.SMALL | {"recorder": recorder})
    witness = Witness("intents", lambda: manager.wish(Calmer(t_ns=0, author="patient")))
    manager = Manager(config, SystemClock(), ThreadLauncher(), witness)
    assert manager.run() == 0
    return Path(config.session_dir)


def test_a_session_replays_to_the_same_messages(session: Path) -> None:
    report = replay_session(session)
    assert report.is_same, report
    rows = {row.stream: row for row in report.streams}
    assert set(rows) == {"intents", "bars", "answers"}
    assert rows["bars"].same == rows["bars"].recorded >= 9


def test_a_stage_that_decides_differently_is_shown_with_the_field_and_both_values(
    session: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        table.Decide,
        "intent",
        lambda self, transport, now_ns: msgspec.structs.replace(
            original(self, transport, now_ns), tempo_bpm=99.0 if transport.bar_index == 5 else 60 - self.calm
        ),
    )
    report = replay_session(session)
    assert not report.is_same
    intents = next(row for row in report.streams if row.stream == "intents")
    assert intents.same == intents.recorded - 1
    assert "tempo_bpm was" in intents.difference
    assert "99.0" in intents.difference


original = table.Decide.intent


def test_a_message_that_was_used_and_is_not_in_the_log_is_named(session: Path) -> None:
    log = session / "log-0000.mcap"
    data = log.read_bytes()
    place = data.index(b"bar_index", data.index(b"\xa9bar_index") + 1)
    log.write_bytes(data[:place] + b"bar_ondex" + data[place + 9 :])
    report = replay_session(session)
    assert not report.is_same
    assert report.problems


def test_what_is_no_session_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError):
        replay_session(tmp_path)


def test_with_a_tolerance_the_last_digits_may_differ_and_no_more(
    session: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nudge(by: float) -> None:
        monkeypatch.setattr(
            table.Decide,
            "intent",
            lambda self, transport, now_ns: msgspec.structs.replace(
                original(self, transport, now_ns), tempo_bpm=(60 - self.calm) * (1 + by)
            ),
        )

    nudge(1e-9)
    assert not replay_session(session).is_same
    assert replay_session(session, tolerance=1e-6).is_same
    nudge(1e-3)
    assert not replay_session(session, tolerance=1e-6).is_same


def test_where_nothing_can_be_compared_nothing_is_the_same(session: Path) -> None:
    (session / "log-0000.mcap").unlink()
    with (session / "log-0000.mcap").open("wb") as file:
        writer = Writer(file)
        writer.start(profile="ros2", library="somebody else's")
        channel = writer.register_channel(topic="/imu", message_encoding="cdr", schema_id=0)
        writer.add_message(channel_id=channel, log_time=0, data=b"1234", publish_time=0)
        writer.finish()
    with pytest.raises(RecordingError, match="nothing to compare") as caught:
        replay_session(session)
    assert caught.value.exit_code == Exit.RECORDING


def test_a_session_of_another_release_that_comes_out_otherwise_names_it(
    session: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = session / "session.json"
    fields = msgspec.json.decode(path.read_bytes(), type=dict)
    fields["isotone"] = "9.9.9"
    fields["device"]["music"]["model"] = "composer-7"
    path.write_bytes(msgspec.json.encode(fields))
    assert replay_session(session).is_same
    monkeypatch.setattr(
        table.Decide,
        "intent",
        lambda self, transport, now_ns: msgspec.structs.replace(original(self, transport, now_ns), density=0.1),
    )
    (problem,) = replay_session(session).problems
    assert "isotone 9.9.9 with" in problem
    assert "composer-7" in problem


def test_what_another_release_had_no_stream_for_is_no_difference(
    session: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = session / "session.json"
    path.write_bytes(path.read_bytes().replace(__version__.encode(), b"0.3.1"))

    def told(self: table.Decide, message: Message, now_ns: int) -> tuple[Message, ...]:
        return (*step(self, message, now_ns), Performance(**performed, t_ns=now_ns))

    step, performed = table.Decide.step, {
        "bar_index": 0, "from_frame": 0, "from_tick": 0.0, "tempo_from_bpm": 60.0, "tempo_to_bpm": 60.0,
        "manner": Manner(loudness_db=0.0, density=0.5, articulation=1.0),
    }  # fmt: skip
    monkeypatch.setattr(table.Decide, "step", told)
    assert replay_session(session).is_same
    path.write_bytes(path.read_bytes().replace(b"0.3.1", __version__.encode()))
    assert not replay_session(session).is_same


def test_a_stage_that_fails_on_what_was_recorded_is_a_difference(
    session: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("tempo")

    monkeypatch.setattr(table.Decide, "intent", fail)
    report = replay_session(session)
    assert not report.is_same
    assert "ZeroDivisionError: tempo" in report.problems[0]
