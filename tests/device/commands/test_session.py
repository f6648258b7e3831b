import os
from pathlib import Path

import msgspec
import pytest
import zmq

from device.commands import session as launch
from device.config import DeviceConfig, Prescription, SessionConfig, SessionDefaults
from device.errors import ConfigError, DiskError, Exit, RecordingError, SystemMissingError
from device.messages import AnyCommand, PersonalBaseline, Softer, Stop
from tests.device.music.midi_files import midi, tune
from tests.device.sessions.synthetic import Log, S


@pytest.fixture(autouse=True)
def own_runtime(monkeypatch: pytest.MonkeyPatch, run_dir: Path) -> None:
    """Run folders of this test only."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))


def prepare(
    out: Path | None, minutes: float = 1.0, device: DeviceConfig | None = None, listener: str = "guest"
) -> SessionConfig:
    return launch.prepare(
        device or DeviceConfig(), Prescription(), listener=listener, minutes=minutes, seed=None, out=out
    )


def wish(out: Path, **preference: object) -> SessionConfig:
    prescription = msgspec.convert({"preference": preference}, Prescription)
    return launch.prepare(DeviceConfig(), prescription, listener="guest", minutes=1.0, seed=None, out=out)


def test_a_prescription_that_leaves_nothing_to_play_on_is_refused(tmp_path: Path) -> None:
    silence = Prescription(never_programs=tuple(range(128)))
    with pytest.raises(ConfigError, match="no instrument"):
        launch.prepare(DeviceConfig(), silence, listener="guest", minutes=1.0, seed=None, out=tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_the_melodies_of_the_prescription_are_read_once_at_launch(tmp_path: Path) -> None:
    song = tmp_path / "song.mid"
    song.write_bytes(midi(("melody", 0, tune())))
    config = wish(tmp_path / "new", seed_melody=str(song), never_melodies=(str(song),))
    assert config.theme is not None
    assert config.theme == launch.read_theme(song)
    assert config.never == (config.theme,)
    assert not config.remarks


def test_a_melody_that_cannot_be_read_is_told_and_does_not_stop_the_session(tmp_path: Path) -> None:
    (tmp_path / "broken.mid").write_bytes(b"MThd")
    config = wish(
        tmp_path / "new", seed_melody=str(tmp_path / "none.mid"), never_melodies=[str(tmp_path / "broken.mid")]
    )
    assert (config.theme, config.never) == (None, ())
    first, second = config.remarks
    assert "none.mid" in first
    assert "goes on without this melody" in first
    assert "broken.mid" in second
    assert "cannot be kept out" in second


@pytest.mark.parametrize("name", [".", "none.mid", "pipe", "\0"])
def test_what_is_no_file_is_refused_in_words(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RecordingError) as caught:
        launch.read_theme(tmp_path / name)
    assert caught.value.action


def test_a_new_folder_becomes_the_session_itself(tmp_path: Path) -> None:
    assert prepare(tmp_path / "new").session_dir == str(tmp_path / "new")


def test_a_folder_with_something_in_it_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "heard.wav").write_bytes(b"precious")
    config = prepare(tmp_path)
    assert Path(config.session_dir).parent == tmp_path
    assert (tmp_path / "heard.wav").read_bytes() == b"precious"


def test_without_a_folder_sessions_go_where_the_user_keeps_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Path(prepare(None).session_dir).parent == tmp_path / "isotone" / "sessions"
    device = DeviceConfig(session=SessionDefaults(directory=str(tmp_path / "mine")))
    assert Path(prepare(None, device=device).session_dir).parent == tmp_path / "mine"


def test_a_disk_too_full_for_the_session_is_refused_before_it_starts(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="MB free") as caught:
        prepare(tmp_path / "new", minutes=1e9)
    assert caught.value.exit_code == Exit.DISK


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError, match="cannot be made"):
        prepare(tmp_path / "file" / "below")


def test_every_session_gets_its_own_seed_unless_one_is_given(tmp_path: Path) -> None:
    assert prepare(tmp_path / "a").seed != prepare(tmp_path / "b").seed


def test_a_listener_is_known_from_the_session_before(tmp_path: Path) -> None:
    first = prepare(tmp_path / "a", listener="ada")
    told = PersonalBaseline(t_ns=S, source="band", model="m", names=("x",), mean=(1.0,), sd=(1.0,), weight_s=(60.0,))
    log = Log(Path(first.session_dir), first)
    log.write(told)
    log.close()
    (carried,) = prepare(tmp_path / "b", listener="ada").baselines
    assert (carried.source, carried.mean) == ("band", (1.0,))
    assert 0 < carried.weight_s[0] < 60
    assert prepare(tmp_path / "c").baselines == ()


def test_earlier_sessions_that_cannot_be_read_never_stop_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(launch, "recall_rest", refuse)
    config = prepare(tmp_path / "a", listener="ada")
    assert config.baselines == ()
    launch.keep_logs(config)
    assert "passed over" in (tmp_path / "a" / launch.EARLIER_LOG).read_text()


def test_a_command_without_a_session_is_refused_with_what_to_do() -> None:
    with pytest.raises(SystemMissingError, match="isotone demo"):
        launch.send(Stop(t_ns=0, author="patient"))


def test_a_command_reaches_the_door_of_the_newest_session(tmp_path: Path) -> None:
    config = prepare(tmp_path / "a")
    with zmq.Context.instance().socket(zmq.PULL) as door:
        door.bind(f"ipc://{config.run_dir}/control.ipc")
        launch.send(Softer(t_ns=1, author="therapist"))
        assert door.poll(5000)
        assert msgspec.msgpack.decode(door.recv(), type=AnyCommand).kind == "softer"


def test_what_processes_printed_is_kept_and_sockets_are_removed(tmp_path: Path) -> None:
    config = prepare(tmp_path / "a")
    (Path(config.run_dir) / "audio.log").write_text("Traceback")
    (Path(config.run_dir) / "loop.log").write_text("")
    (Path(config.run_dir) / "rig").mkdir()
    (Path(config.run_dir) / "rig" / "rig.log").write_text("its last words")
    (Path(config.run_dir) / "rig" / "dbus.log").write_text("what it always says")
    launch.keep_logs(config)
    assert {path.name for path in Path(config.session_dir).iterdir()} == {"audio.log", "rig.log"}
    assert not Path(config.run_dir).exists()


def test_a_picture_that_cannot_be_drawn_leaves_the_reason(tmp_path: Path) -> None:
    folder = tmp_path / "no-session"
    folder.mkdir()
    assert not launch.summarise(folder)
    assert (folder / "summary.log").read_bytes()
    assert os.listdir(folder) == ["summary.log"]  # noqa: PTH208
