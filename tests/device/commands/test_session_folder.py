import os
import stat
import threading
from pathlib import Path

import pytest

from device.commands.session_folder import claim_session_folder, sessions_root
from device.config import DeviceConfig, SessionDefaults
from device.errors import ConfigError, DiskError


def test_a_folder_with_something_in_it_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "heard.wav").write_bytes(b"precious")
    with claim_session_folder(tmp_path, "id") as folder:
        assert folder == tmp_path / "id"
    assert [path.name for path in tmp_path.iterdir()] == ["heard.wav"]


def test_two_starts_in_one_instant_never_share_a_folder(tmp_path: Path) -> None:
    got: list[Path] = []
    ready, claimed = threading.Barrier(8), threading.Barrier(8)

    def start(number: int) -> None:
        ready.wait(30)
        with claim_session_folder(tmp_path / "new" / "out", f"id{number}") as folder:
            got.append(folder)
            claimed.wait(30)

    threads = [threading.Thread(target=start, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(got)) == 8
    assert all(folder == tmp_path / "new" / "out" or folder.parent == tmp_path / "new" / "out" for folder in got)


def test_an_empty_folder_that_was_there_is_used_made_private_and_never_removed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with claim_session_folder(tmp_path, "id") as folder:
        assert folder == tmp_path
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
        with claim_session_folder(tmp_path, "other") as second:
            assert second == tmp_path / "other"
    assert tmp_path.exists()


def test_a_link_to_a_folder_stands_for_the_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with claim_session_folder(tmp_path / "link", "id") as folder:
        assert folder == tmp_path / "real"


def test_what_is_recorded_stays_and_what_is_empty_goes(tmp_path: Path) -> None:
    with claim_session_folder(tmp_path / "a" / "b", "id") as folder:
        (folder / "log").write_bytes(b"x")
    assert (tmp_path / "a" / "b" / "log").exists()
    with claim_session_folder(tmp_path / "c" / "d", "id"):
        pass
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("wanted", ["file/below", "file", "loop", "\0"])
def test_a_folder_that_cannot_be_made_is_refused_and_leaves_nothing(tmp_path: Path, wanted: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(DiskError, match="cannot be made"), claim_session_folder(tmp_path / wanted, "id"):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {"file", "loop"}


def test_a_folder_whose_name_is_no_text_is_refused_as_no_session_could_name_it(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="no text"), claim_session_folder(tmp_path / "s\udcff", "id"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    with pytest.raises(ConfigError, match="no home folder") as caught:
        sessions_root(DeviceConfig())
    assert "XDG_DATA_HOME" in caught.value.action
    with pytest.raises(ConfigError, match="~nobody-here/x"):
        sessions_root(DeviceConfig(session=SessionDefaults(directory="~nobody-here/x")))


def test_a_data_folder_that_is_no_absolute_path_is_disregarded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "here")
    monkeypatch.setenv("HOME", "/home/ada")
    assert sessions_root(DeviceConfig()) == Path("/home/ada/.local/share/isotone/sessions")


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives folders away")
def test_an_empty_folder_of_another_user_is_not_recorded_into(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    os.chown(theirs, 54321, 54321)
    theirs.chmod(0o777)
    with claim_session_folder(theirs, "id") as folder:
        assert folder == theirs / "id"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(theirs.stat().st_mode) == 0o777
