"""What a recorded session tells of its listener, torn or whole; and that no alien folder does harm."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.affect.fusion import fuse
from device.affect.words import Words
from device.config import SessionConfig
from device.errors import RecordingError
from device.messages import Marker, PersonalBaseline, SelfReport, SensorStatus
from device.sessions.earlier import head_of, session_folders, tell
from device.sessions.store import SEGMENT_NS, log_paths
from tests.device.listeners.evidence import rest
from tests.device.sessions.synthetic import BEGAN_NS, Log, S

TODAY = "20261123T110000Z-a"


def told(mean: float, t_s: int = 60) -> PersonalBaseline:
    return msgspec.structs.replace(rest(mean), t_ns=BEGAN_NS + t_s * S)


def session(root: Path, config: SessionConfig, *messages: PersonalBaseline, session_id: str = TODAY) -> Path:
    log = Log(root / session_id, msgspec.structs.replace(config, session_id=session_id, listener="ada"))
    log.write(*messages)
    return log.close()


def test_it_says_whose_it_is_and_when_it_began(tmp_path: Path, config: SessionConfig) -> None:
    folder = session(tmp_path, config, told(1.0))
    head = head_of(folder)
    assert (head.session, head.listener, head.folder) == (TODAY, "ada", folder)
    assert head.began == dt.datetime(2026, 11, 23, 11, tzinfo=dt.UTC)
    assert head.log_bytes == sum(path.stat().st_size for path in log_paths(folder))
    assert list(session_folders(tmp_path)) == [folder]


def test_a_name_that_tells_no_date_is_refused(tmp_path: Path, config: SessionConfig) -> None:
    head = head_of(session(tmp_path, config, session_id="last-time-we-met"))
    with pytest.raises(RecordingError, match="last-time-we-met does not tell when"):
        head.began  # noqa: B018


def test_rest_is_found_a_segment_back_when_the_last_is_too_young(tmp_path: Path, config: SessionConfig) -> None:
    log = Log(tmp_path / TODAY, msgspec.structs.replace(config, session_id=TODAY))
    log.write(told(1.0), Marker(t_ns=BEGAN_NS + 2 * SEGMENT_NS, text="a new minute"))
    folder = log.close()
    assert len(log_paths(folder)) == 2
    assert [item.mean[0] for item in tell(folder).rests] == [1.0]


def test_all_that_the_listener_said_and_wore_is_told_and_what_was_said_of_valence_is_rest(
    tmp_path: Path, config: SessionConfig
) -> None:
    words = Words()
    report = SelfReport(t_ns=BEGAN_NS, author="patient", value=0.1, valence=0.8)
    words.take(report)
    log = Log(tmp_path / TODAY, msgspec.structs.replace(config, session_id=TODAY))
    log.write(report, *words.tell(BEGAN_NS + 60 * S), Marker(t_ns=BEGAN_NS + 2 * SEGMENT_NS, text="a new minute"))
    log.write(SensorStatus(t_ns=BEGAN_NS, source="band", state="streaming", sentence="", device="C0:FF:EE:00:00:01"))
    log.write(SensorStatus(t_ns=BEGAN_NS + S, source="band", state="lost", sentence=""))
    telling = tell(log.close())
    assert telling.devices == {"band": "C0:FF:EE:00:00:01"}
    assert telling.reports == (report,)
    later = Words(telling.rests).views(S)
    assert 0.1 < fuse(later).valence <= fuse(words.views(BEGAN_NS + 60 * S)).valence


@given(keep=st.floats(0, 1), junk=st.binary(max_size=200))
def test_a_torn_session_tells_what_is_left(tmp_path_factory: pytest.TempPathFactory, keep: float, junk: bytes) -> None:
    config = SessionConfig(session_id="", run_dir="", session_dir="", models_dir="")
    folder = session(tmp_path_factory.mktemp("root"), config, *(told(2.0, t_s) for t_s in range(1, 5)))
    (log,) = log_paths(folder)
    log.write_bytes(log.read_bytes()[: round(keep * log.stat().st_size)] + junk)
    assert {item.mean[0] for item in tell(folder).rests} <= {2.0}


@pytest.mark.parametrize("name", ["session.json", "summary.json", "log-0000.mcap"])
@given(junk=st.one_of(st.binary(max_size=200), st.just(b"[]"), st.just(b'"x"'), st.just(b"null")))
def test_an_alien_folder_is_refused_or_read(tmp_path_factory: pytest.TempPathFactory, name: str, junk: bytes) -> None:
    config = SessionConfig(session_id="", run_dir="", session_dir="", models_dir="")
    folder = session(tmp_path_factory.mktemp("root"), config, told(2.0))
    (folder / name).write_bytes(junk)
    try:
        head = head_of(folder)
    except RecordingError as error:
        assert error.action
        return
    assert {item.mean[0] for item in tell(head.folder).rests} <= {2.0}
