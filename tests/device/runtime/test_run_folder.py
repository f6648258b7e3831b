import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from device.errors import Exit, SystemMissingError
from device.runtime import run_folder
from device.runtime.run_folder import (
    SESSION_NAME,
    claim_run_folder,
    living_sessions,
    lock_folder,
    name_session,
    run_root,
)

STRANGER = 54321


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch, run_dir: Path) -> Path:
    """A user's runtime folder of this test only."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))
    return run_dir


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch, run_dir: Path) -> Path:
    """The only place that is left: no runtime folder, and a temporary one of this test only."""
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    place = Path(f"isotone-{os.getuid()}")
    monkeypatch.setattr(run_folder, "_candidates", lambda: iter([run_dir / place]))
    return run_dir / place


def dead(root: Path) -> Path:
    """A run folder whose session was killed."""
    root.mkdir(mode=0o700, exist_ok=True)
    folder = root / "20260101T000000Z-0a1b2c"
    (folder / "rig").mkdir(parents=True)
    (folder / "control.ipc").write_text("")
    (folder / "rig" / "ttyCyton").symlink_to("/dev/null")
    return folder


def test_the_root_is_made_for_this_user_alone(runtime: Path) -> None:
    before = os.umask(0)
    assert run_root() == runtime / "isotone"
    os.umask(before)
    assert stat.S_IMODE((runtime / "isotone").stat().st_mode) == 0o700


def test_a_root_that_others_could_only_read_is_closed_to_them(runtime: Path) -> None:
    (runtime / "isotone").mkdir()
    (runtime / "isotone").chmod(0o755)
    run_root()
    assert stat.S_IMODE((runtime / "isotone").stat().st_mode) == 0o700


def test_a_root_that_others_may_change_is_refused(temporary: Path) -> None:
    temporary.mkdir()
    temporary.chmod(0o777)
    assert_refused(temporary, "changed by other users")


def test_a_root_that_is_a_link_or_a_file_is_refused(temporary: Path) -> None:
    (temporary.parent / "theirs").mkdir()
    temporary.symlink_to("theirs")
    assert_refused(temporary, "no folder")
    temporary.unlink()
    temporary.write_text("")
    assert_refused(temporary, "no folder")


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give folders away")
def test_a_root_of_another_user_is_refused(temporary: Path) -> None:
    temporary.mkdir(mode=0o700)
    os.chown(temporary, STRANGER, STRANGER)
    assert_refused(temporary, "belongs to another user")
    assert not list(temporary.iterdir())


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give folders away")
def test_a_root_in_a_folder_whose_owner_could_swap_it_is_refused(temporary: Path) -> None:
    os.chown(temporary.parent, STRANGER, STRANGER)
    assert_refused(temporary, "belongs to another user")
    assert not temporary.exists()


def assert_refused(place: Path, *words: str) -> None:
    with pytest.raises(SystemMissingError) as caught:
        run_root()
    assert caught.value.exit_code == Exit.SYSTEM
    for word in (str(place.parent), *words, "XDG_RUNTIME_DIR"):
        assert word in str(caught.value)


@pytest.mark.parametrize("kind", ["relative", "missing", "writable", "long", "file"])
def test_a_runtime_folder_that_cannot_be_trusted_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, run_dir: Path, kind: str
) -> None:
    names = {"relative": "here", "missing": f"{run_dir}/none", "long": f"{run_dir}/{'x' * 55}"}
    given = Path(names.get(kind, f"{run_dir}/{kind}"))
    if kind in {"long", "writable"}:
        given.mkdir()
        given.chmod(0o777 if kind == "writable" else 0o700)
    elif kind == "file":
        given.write_text("")
    (run_dir / "tmp").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(given))
    monkeypatch.setattr(tempfile, "tempdir", str(run_dir / "tmp"))
    assert run_root() == run_dir / "tmp" / f"isotone-{os.getuid()}"
    assert not (given / "isotone").exists()


def test_a_long_temporary_folder_gives_way_to_a_short_one(monkeypatch: pytest.MonkeyPatch, run_dir: Path) -> None:
    (run_dir / ("x" * 55)).mkdir()
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(run_dir / ("x" * 55)))
    assert list(run_folder._candidates())[-1] == Path(f"/tmp/isotone-{os.getuid()}")
    with pytest.raises(run_folder._UnfitError, match="too long"):
        run_folder._make_private(next(run_folder._candidates()))


def test_the_longest_socket_of_a_session_fits_below_the_longest_root() -> None:
    longest = run_folder.ROOT_PATH_MAX + 1 + len(name_session()) + len("/rig/control.ipc")
    assert longest <= 100


def test_a_session_lives_while_its_folder_is_claimed(runtime: Path) -> None:
    first, second = "20260101T000000Z-aaaaaa", "20260101T000001Z-aaaaaa"
    with claim_run_folder(second) as newer, claim_run_folder(first) as older:
        assert stat.S_IMODE(newer.stat().st_mode) == 0o700
        assert living_sessions() == [older, newer]
        (older / "control.ipc").write_text("")
    assert living_sessions() == []
    assert list((runtime / "isotone").iterdir()) == []


def test_a_link_is_not_locked_in_the_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    with pytest.raises(OSError, match="link"):
        lock_folder(tmp_path / "link")
    os.close(lock_folder(tmp_path / "folder"))


def test_a_name_is_claimed_once(runtime: Path) -> None:
    name = name_session()
    assert SESSION_NAME.fullmatch(name)
    with claim_run_folder(name) as folder:
        with pytest.raises(SystemMissingError, match="cannot be made"), claim_run_folder(name):
            pass
        assert living_sessions() == [folder]


def test_a_dead_session_is_no_living_one_and_the_next_start_sweeps_it_away(runtime: Path) -> None:
    left = dead(runtime / "isotone")
    assert living_sessions() == []
    with claim_run_folder(name_session()) as folder:
        assert living_sessions() == [folder]
        assert not left.exists()
    assert Path("/dev/null").exists()


def test_only_what_a_dead_session_made_is_swept_away(runtime: Path) -> None:
    root = runtime / "isotone"
    dead(root)
    (root / "notes").mkdir()
    (runtime / "elsewhere").mkdir()
    (runtime / "elsewhere" / "precious").write_text("x")
    (root / "20260101T000000Z-ffffff").symlink_to(runtime / "elsewhere")
    with claim_run_folder(name_session()), claim_run_folder(name_session()):
        assert len(living_sessions()) == 2
    assert {path.name for path in root.iterdir()} == {"notes", "20260101T000000Z-ffffff"}
    assert (runtime / "elsewhere" / "precious").exists()


CLAIM = """
import sys
from device.runtime.run_folder import claim_run_folder
with claim_run_folder("20260101T000000Z-abcdef") as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_a_session_that_is_killed_is_dead_at_once(runtime: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", CLAIM], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as session:
        assert session.stdout
        folder = Path(session.stdout.readline().decode().strip())
        assert living_sessions() == [folder]
        session.kill()
        session.wait()
        assert folder.exists()
        assert living_sessions() == []


def test_a_runtime_folder_whose_links_lead_in_a_circle_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, temporary: Path
) -> None:
    (tmp_path / "circle").symlink_to("circle")
    places = [tmp_path / "circle" / "isotone", temporary]
    monkeypatch.setattr(run_folder, "_candidates", lambda: iter(places))
    assert run_root() == temporary
