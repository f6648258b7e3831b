import os
import stat
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
import pytest

from device.commands import memory
from device.commands import session as launch
from device.config import ControlConfig, DeviceConfig, Prescription, SessionConfig, SessionDefaults
from device.errors import ConfigError, DiskError, Exit
from device.messages import PersonalBaseline
from device.runtime.run_folder import living_sessions
from tests.device.music.midi_files import midi, tune
from tests.device.sessions.synthetic import Log, S


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch, run_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Run folders and listeners of this test only."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))


def prepared(
    out: Path | None,
    minutes: float = 1.0,
    device: DeviceConfig | None = None,
    listener: str = "guest",
    **wishes: object,
) -> AbstractContextManager[SessionConfig]:
    prescription = msgspec.convert(wishes, Prescription)
    return launch.prepared(
        device or DeviceConfig(), prescription, listener=listener, minutes=minutes, seed=None, out=out
    )


def test_a_prescription_that_leaves_nothing_to_play_on_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no instrument"), prepared(tmp_path / "new", never_programs=list(range(128))):
        pass
    assert not (tmp_path / "new").exists()


def test_a_policy_that_there_is_not_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    device = DeviceConfig(control=ControlConfig(policy="magic"))
    with pytest.raises(ConfigError, match="no policy `magic`"), prepared(tmp_path / "new", device=device):
        pass
    assert not (tmp_path / "new").exists()


def test_the_melodies_of_the_prescription_are_read_once_at_launch(tmp_path: Path) -> None:
    song = tmp_path / "song.mid"
    song.write_bytes(midi(("melody", 0, tune())))
    with prepared(tmp_path / "new", preference={"seed_melody": str(song)}) as config:
        assert config.theme is not None
        assert not config.remarks
        assert config.heard == (
            (
                "song.mid: took 16 notes of the melody on track 2 (melody), in 4/4, C major, 120 bpm; "
                "they make 4 bars of 4/4."
            ),
        )
    with prepared(tmp_path / "two", preference={"never_melodies": (str(song),)}) as banned:
        assert banned.never == (config.theme,)
        assert "Never to be heard: song.mid" in banned.heard[0]


def test_what_takes_the_place_of_something_forbidden_is_told_when_the_session_begins(tmp_path: Path) -> None:
    with prepared(tmp_path / "new", never_programs=[0], programs={"melody": 0, "bass": 32}) as config:
        assert config.remarks == (
            "The prescription forbids acoustic grand piano for melody; vibraphone plays instead.",
        )


def test_a_new_folder_becomes_the_session_itself_and_is_for_this_user_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    with prepared(tmp_path / "new") as config:
        assert config.session_dir == str(tmp_path / "new")
        (tmp_path / "new" / "log-0000.mcap").write_bytes(b"biosignals")
        (Path(config.run_dir) / "loop.log").write_text("")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "new" / "log-0000.mcap").stat().st_mode) == 0o600
    assert os.umask(before) == 0o022


def test_a_session_that_never_began_leaves_nothing(tmp_path: Path, run_dir: Path) -> None:
    with pytest.raises(DiskError), prepared(tmp_path / "a" / "b"):  # noqa: PT012
        assert len(living_sessions()) == 1
        raise DiskError("A refusal.")
    assert list(tmp_path.iterdir()) == []
    assert list((run_dir / "isotone").iterdir()) == []


def test_without_a_folder_sessions_go_where_the_user_keeps_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with prepared(None) as config:
        assert Path(config.session_dir).parent == tmp_path / "isotone" / "sessions"
    device = DeviceConfig(session=SessionDefaults(directory=str(tmp_path / "mine")))
    with prepared(None, device=device) as config:
        assert Path(config.session_dir).parent == tmp_path / "mine"


def test_a_disk_too_full_for_the_session_is_refused_before_it_starts(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="MB free") as caught, prepared(tmp_path / "new", minutes=1e9):
        pass
    assert caught.value.exit_code == Exit.DISK
    assert not (tmp_path / "new").exists()


def test_every_session_gets_its_own_seed_unless_one_is_given(tmp_path: Path) -> None:
    with prepared(tmp_path / "a") as first, prepared(tmp_path / "b") as second:
        assert first.seed != second.seed


def test_a_listener_is_known_from_the_session_before(tmp_path: Path) -> None:
    with prepared(tmp_path / "a", listener="ada") as first:
        told = PersonalBaseline(
            t_ns=S, source="band", model="m", names=("x",), mean=(1.0,), sd=(1.0,), weight_s=(60.0,)
        )
        memory.begin(first)
        log = Log(Path(first.session_dir), first)
        log.write(told)
        log.close()
    with prepared(tmp_path / "b", listener="ada") as second:
        (carried,) = second.baselines
    assert (carried.source, carried.mean) == ("band", (1.0,))
    assert 0 < carried.weight_s[0] < 60
    with prepared(tmp_path / "c") as third:
        assert third.baselines == ()


def test_earlier_sessions_that_cannot_be_read_never_stop_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "20261122T120000Z-a").mkdir()
    (tmp_path / "20261122T120000Z-a" / "session.json").write_text("[" * 100_000)
    (tmp_path / "20261122T120000Z-a" / "log-0000.mcap").write_text("")
    with prepared(tmp_path / "a", listener="ada") as config:
        assert config.listener_id
        assert config.baselines == ()


def test_a_memory_that_cannot_be_used_is_told_and_does_not_stop_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with prepared(tmp_path / "a", listener="ada") as config:
        assert config.baselines == ()
        assert "goes on without what is known of the listener" in config.remarks[0]


def printed(config: SessionConfig) -> None:
    """What processes leave in the run folder."""
    (Path(config.run_dir) / "audio.log").write_text("Traceback")
    (Path(config.run_dir) / "loop.log").write_text("")
    (Path(config.run_dir) / "rig").mkdir()
    (Path(config.run_dir) / "rig" / "rig.log").write_text("its last words")
    (Path(config.run_dir) / "rig" / "dbus.log").write_text("what it always says")


def test_what_processes_printed_is_kept_and_sockets_are_removed(tmp_path: Path) -> None:
    with prepared(tmp_path / "a") as config:
        printed(config)
        launch.keep_logs(config)
    assert {path.name for path in Path(config.session_dir).iterdir()} == {"audio.log", "rig.log"}
    assert not Path(config.run_dir).exists()


def test_logs_that_the_disk_does_not_take_are_no_reason_to_fail(tmp_path: Path) -> None:
    with prepared(tmp_path / "a") as config:
        printed(config)
        Path(config.session_dir).rmdir()
        launch.keep_logs(config)
        assert not launch.summarise(Path(config.session_dir))


def test_a_picture_that_cannot_be_drawn_leaves_the_reason(tmp_path: Path) -> None:
    folder = tmp_path / "no-session"
    folder.mkdir()
    assert not launch.summarise(folder)
    assert (folder / "summary.log").read_bytes()
    assert os.listdir(folder) == ["summary.log"]  # noqa: PTH208
