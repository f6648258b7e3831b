"""What a session begins with and leaves behind in the memory of its listener; nothing there stops a session."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from device.clock import wall_time
from device.commands.memory import Recalled, begin, recall, remember
from device.commands.session_folder import listeners_root
from device.config import DeviceConfig, ListenersConfig, SessionConfig
from device.listeners.store import FILE, open_store
from device.messages import AudioReport, Message, PersonalBaseline, PersonalResponse, SelfReport, SensorStatus
from device.sessions.store import log_paths
from tests.device.listeners.evidence import DAY, rest
from tests.device.sessions.synthetic import BEGAN_NS, Log, S


@pytest.fixture(autouse=True)
def own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))


def name(days_ago: float, suffix: str = "a") -> str:
    return f"{wall_time() - days_ago * DAY:%Y%m%dT%H%M%SZ}-{suffix}"


def told(mean: float, source: str = "cyton", model: str = "eeg-load-0.2.0") -> PersonalBaseline:
    return msgspec.structs.replace(rest(mean, source, model), t_ns=BEGAN_NS + 60 * S)


def session(
    root: Path, config: SessionConfig, session_id: str, *messages: Message,
    listener: str = "ada", listener_id: str = "",
) -> SessionConfig:  # fmt: skip
    config = msgspec.structs.replace(
        config, session_id=session_id, listener=listener, listener_id=listener_id, session_dir=str(root / session_id)
    )
    log = Log(root / session_id, config)
    log.write(*messages)
    log.close()
    return config


def known(root: Path, listener: str = "ada") -> Recalled:
    return recall(DeviceConfig(), listener, root)


def means(root: Path, listener: str = "ada") -> dict[str, float]:
    return {item.source: item.mean[0] for item in known(root, listener).baselines}


def test_old_sessions_of_a_listener_who_is_not_known_yet_are_taken_in(tmp_path: Path, config: SessionConfig) -> None:
    session(tmp_path, config, name(7), told(1.0), told(2.0, "band", "heart"))
    session(tmp_path, config, name(1), told(3.0), told(4.0))
    session(tmp_path, config, name(0.5), told(9.0), listener="bob")
    found = known(tmp_path)
    assert {item.source: item.mean[0] for item in found.baselines} == {"cyton": 4.0, "band": 2.0}
    assert all(0 < item.weight_s[0] < 6 for item in found.baselines)
    assert len(found.sources) == 2
    assert found.remarks == ()
    assert not any("ada" in sentence for sentence in found.sources), "they stand in a log"


def test_a_session_that_never_began_leaves_nobody_behind(tmp_path: Path) -> None:
    assert known(tmp_path).listener_id
    with open_store(listeners_root(DeviceConfig())) as store:
        assert store.people() == []


def test_two_first_sessions_at_once_end_as_one_listener(tmp_path: Path, config: SessionConfig) -> None:
    first, second = known(tmp_path).listener_id, known(tmp_path).listener_id
    for number, listener_id in enumerate((first, second)):
        running = session(tmp_path, config, name(number), told(float(number)), listener_id=listener_id)
        begin(running)
        remember(running)
    assert means(tmp_path) == {"cyton": 0.0}
    with open_store(listeners_root(DeviceConfig())) as store:
        assert store.counts(store.demand("ada"))["sessions"] == 2


def test_a_guest_is_not_known_and_leaves_no_file(tmp_path: Path, config: SessionConfig) -> None:
    config = session(tmp_path, config, name(1), told(1.0), listener="guest")
    assert known(tmp_path, "guest") == Recalled()
    remember(config)
    assert not listeners_root(DeviceConfig()).exists()


def test_what_a_session_taught_is_known_wherever_the_next_one_lies(tmp_path: Path, config: SessionConfig) -> None:
    ada = known(tmp_path / "here").listener_id
    report = SelfReport(t_ns=BEGAN_NS, author="patient", value=0.4)
    ended = session(tmp_path / "here", config, name(0), told(1 / 3), report, listener_id=ada)
    begin(ended)
    remember(ended)
    shutil.rmtree(tmp_path / "here")
    assert means(tmp_path / "there") == {"cyton": 1 / 3}
    with open_store(listeners_root(DeviceConfig())) as store:
        assert store.counts(store.demand("ada"))["words"] == 1


def test_the_band_that_was_worn_is_known_at_the_next_start(tmp_path: Path, config: SessionConfig) -> None:
    worn = SensorStatus(
        t_ns=BEGAN_NS, source="band", state="streaming", sentence="It streams.", device="C0:FF:EE:15:07:0E"
    )
    session(tmp_path, config, name(1), told(1.0), worn)
    assert known(tmp_path).devices == {"band": "C0:FF:EE:15:07:0E"}
    assert known(tmp_path, "bob").devices == {}


def test_the_volume_of_the_last_session_is_that_of_the_next(tmp_path: Path, config: SessionConfig) -> None:
    report = AudioReport(t_ns=BEGAN_NS, sink="card", frame=0, peak_dbfs=-20, rms_dbfs=-30, underruns=0, late_bars=0,
                         limiter_db=0, state="ended", volume_db=-6.0)  # fmt: skip
    session(tmp_path, config, name(1), told(1.0), msgspec.structs.replace(report, volume_db=-3.0), report)
    found = known(tmp_path)
    assert found.volume_db == -6.0
    assert any("6 dB softer" in sentence for sentence in found.sources)
    assert known(tmp_path, "bob").volume_db == 0.0


def test_a_session_that_was_torn_is_taken_in_at_the_next_start(tmp_path: Path, config: SessionConfig) -> None:
    ada = known(tmp_path / "there").listener_id
    torn = session(tmp_path / "there", config, name(0), *[told(2.0)] * 20, listener_id=ada)
    begin(torn)
    (log,) = log_paths(Path(torn.session_dir))
    log.write_bytes(log.read_bytes()[:-700])
    assert means(tmp_path / "elsewhere") == {"cyton": 2.0}


def test_a_session_that_was_taken_in_too_early_is_taken_in_again(tmp_path: Path, config: SessionConfig) -> None:
    session_id = name(0)
    session(tmp_path, config, session_id, told(1.0))
    session(tmp_path, config, name(1), told(7.0))
    assert means(tmp_path) == {"cyton": 1.0}
    shutil.rmtree(tmp_path / session_id)
    session(tmp_path, config, session_id, told(1.0), told(2.0))
    assert means(tmp_path) == {"cyton": 2.0}


def test_a_session_dated_by_a_clock_far_ahead_shadows_no_other(tmp_path: Path, config: SessionConfig) -> None:
    for number in range(4):
        session(tmp_path, config, f"2099010{number + 1}T000000Z-a", told(9.0), told(5.0, "band", "heart"))
    session(tmp_path, config, name(1), told(1.0))
    found = known(tmp_path)
    assert {item.source: item.mean[0] for item in found.baselines} == {"cyton": 1.0, "band": 5.0}
    fresh, ahead = (item.weight_s[0] for item in sorted(found.baselines, key=lambda item: item.mean))
    assert ahead < 0.6 * fresh, "what has no known age counts as a week old"
    assert sum("dated in the future" in sentence for sentence in found.sources) == 4


def test_sessions_of_long_ago_and_sessions_without_rest_hide_no_real_one(tmp_path: Path, config: SessionConfig) -> None:
    session(tmp_path, config, name(7), told(1.0))
    session(tmp_path, config, "19700101T000000Z-q", told(9.0))
    for n in range(5):
        session(tmp_path, config, name(0.1, f"aborted{n}"))
    assert means(tmp_path) == {"cyton": 1.0}


def test_only_the_newest_of_many_old_sessions_are_read_and_the_others_never(
    tmp_path: Path, config: SessionConfig
) -> None:
    for days in range(1, 6):
        session(tmp_path, config, name(days), told(float(days), f"band{days}", "heart"))
    for _ in range(2):
        assert set(means(tmp_path)) == {"band1", "band2", "band3"}


def test_who_was_renamed_keeps_all_and_nobody_else_gets_it(tmp_path: Path, config: SessionConfig) -> None:
    ada = known(tmp_path).listener_id
    begin(session(tmp_path, config, name(1), told(1.0), listener_id=ada))
    with open_store(listeners_root(DeviceConfig())) as store:
        store.rename(store.demand("ada"), "eve")
    assert means(tmp_path, "ada") == {}
    assert means(tmp_path, "eve") == {"cyton": 1.0}


def test_who_was_forgotten_is_not_brought_back_by_sessions(tmp_path: Path, config: SessionConfig) -> None:
    ada = known(tmp_path).listener_id
    running = session(tmp_path, config, name(1), told(1.0), listener_id=ada)
    begin(running)
    with open_store(listeners_root(DeviceConfig())) as store:
        store.forget(store.demand("ada"))
    remember(running)
    assert means(tmp_path) == {}


def test_what_a_policy_learnt_in_a_session_begins_the_next_one(tmp_path: Path, config: SessionConfig) -> None:
    learnt = [PersonalResponse(t_ns=BEGAN_NS + S, policy="p", version="1", values={"a": gain}) for gain in (1.0, 0.25)]
    session(tmp_path, config, name(2), *learnt)
    (response,) = known(tmp_path).responses
    assert response == msgspec.structs.replace(learnt[-1], t_ns=0)
    assert known(tmp_path, "bob").responses == ()
    assert known(tmp_path, "guest").responses == ()


def test_sessions_of_another_box_are_taken_in_by_name(tmp_path: Path, config: SessionConfig) -> None:
    session(tmp_path, config, name(1), told(1.0), listener_id="0123456789abcdef")
    assert means(tmp_path) == {"cyton": 1.0}


def test_a_memory_that_cannot_be_used_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    folder = listeners_root(DeviceConfig())
    folder.mkdir(parents=True)
    (folder / FILE).write_bytes(b"broken" * 2000)
    found = known(tmp_path)
    assert (found.listener_id, found.baselines) == ("", ())
    assert "is damaged" in found.remarks[0]
    assert "goes on without what is known of the listener" in found.remarks[0]
    assert (folder / FILE).read_bytes() == b"broken" * 2000


def test_a_damaged_session_beside_it_is_passed_over(tmp_path: Path, config: SessionConfig) -> None:
    session(tmp_path, config, name(2), told(1.0))
    session(tmp_path, config, "last-time-we-met", told(2.0))
    Path(session(tmp_path, config, name(1), told(2.0)).session_dir, "session.json").write_text("[" * 100_000)
    found = known(tmp_path)
    assert [item.mean[0] for item in found.baselines] == [1.0]
    assert "last-time-we-met was passed over" in found.sources[0]


def test_where_listeners_are_kept_can_be_configured(tmp_path: Path) -> None:
    device = DeviceConfig(listeners=ListenersConfig(directory=str(tmp_path / "mine")))
    assert recall(device, "ada", tmp_path).listener_id
    assert (tmp_path / "mine" / FILE).exists()
    assert not (tmp_path / "home").exists()


def test_age_counts_from_when_the_session_began(tmp_path: Path, config: SessionConfig) -> None:
    session(tmp_path, config, name(7), told(1.0))
    session(tmp_path, config, name(0), told(1.0, "band"))
    old, new = sorted(known(tmp_path).baselines, key=lambda item: item.weight_s)
    assert (old.source, new.source) == ("cyton", "band")
    assert old.weight_s[0] == pytest.approx(new.weight_s[0] / 2, rel=1e-2)
