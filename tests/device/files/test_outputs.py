"""Outputs are whole or not at all; what is no file is written to and never replaced."""

import errno
import os
import stat
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from device.errors import DiskError, Exit
from device.files import outputs
from device.files.outputs import write_whole, writing


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_all_outputs_appear_together_and_only_when_the_block_ends_well(tmp_path: Path) -> None:
    one, two = tmp_path / "one.mid", tmp_path / "two.png"
    with writing({"--out": one, "--picture": two}) as places:
        places["--out"].write_text("1")
        places["--picture"].write_text("2")
        assert places["--picture"].suffix == ".png"
        assert not one.exists()
        assert not two.exists()
    assert (one.read_text(), two.read_text()) == ("1", "2")
    assert names(tmp_path) == ["one.mid", "two.png"]


def break_off(trouble: BaseException, paths: dict[str, Path]) -> None:
    with writing(paths) as places:
        places["--out"].write_text("half")
        raise trouble


@pytest.mark.parametrize("trouble", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_after_trouble_the_old_file_is_there_and_nothing_beside_it(
    tmp_path: Path, trouble: type[BaseException]
) -> None:
    old = tmp_path / "old.mid"
    old.write_text("old")
    with pytest.raises(trouble):
        break_off(trouble(), {"--out": old, "--wav": tmp_path / "new.wav"})
    assert old.read_text() == "old"
    assert names(tmp_path) == ["old.mid"]


def test_a_full_disk_is_a_sentence_and_leaves_the_old_file(tmp_path: Path) -> None:
    old = tmp_path / "old.mid"
    old.write_text("old")
    with pytest.raises(DiskError, match="No space left") as caught:
        break_off(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), {"--out": old})
    assert caught.value.exit_code == Exit.DISK
    assert old.read_text() == "old"
    assert names(tmp_path) == ["old.mid"]


def test_a_device_stays_one(tmp_path: Path) -> None:
    before = Path("/dev/null").stat()
    link = tmp_path / "null"
    link.symlink_to("/dev/null")
    for path in (Path("/dev/null"), link):
        with writing({"--wav": path}) as places:
            places["--wav"].write_bytes(bytes(100))
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    assert Path("/dev/null").stat().st_ino == before.st_ino
    assert link.is_symlink()


def test_a_device_that_takes_nothing_is_a_sentence() -> None:
    with pytest.raises(DiskError, match="No space left"), writing({"--wav": Path("/dev/full")}) as places:
        places["--wav"].write_bytes(bytes(100))


def test_a_pipe_carries_what_was_written(tmp_path: Path) -> None:
    pipe, heard = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: heard.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, b"music")
    reader.join()
    assert heard == [b"music"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_link_stays_one_and_what_it_points_at_is_written(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    for name in ("old", "new"):
        (tmp_path / name).symlink_to(Path("far") / name)
    (tmp_path / "far" / "old").write_text("old")
    for name in ("old", "new"):
        write_whole(tmp_path / name, b"whole")
        assert (tmp_path / name).is_symlink()
        assert (tmp_path / "far" / name).read_text() == "whole"


def test_the_mode_of_a_file_is_kept_and_a_new_one_has_the_usual(tmp_path: Path) -> None:
    old, new, private = tmp_path / "old", tmp_path / "new", tmp_path / "private"
    old.write_text("old")
    old.chmod(0o640)
    before = os.umask(0o022)
    try:
        write_whole(old, b"")
        write_whole(new, b"")
        write_whole(private, b"", mode=0o600)
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (old, new, private)]
    assert modes == [0o640, 0o644, 0o600]


def same(tmp_path: Path, kind: str) -> tuple[Path, Path]:
    one, other = tmp_path / "one", tmp_path / "other"
    if kind == "relative":
        return one, tmp_path / "folder" / ".." / "one"
    if kind == "link to nothing yet":
        other.symlink_to("one")
        return one, other
    one.write_text("old")
    if kind == "link":
        other.symlink_to("one")
    elif kind == "hard link":
        other.hardlink_to(one)
    return one, other if other.exists() else one


@pytest.mark.parametrize("kind", ["the same", "relative", "link", "link to nothing yet", "hard link"])
def test_two_names_of_one_file_are_refused(tmp_path: Path, kind: str) -> None:
    (tmp_path / "folder").mkdir()
    one, other = same(tmp_path, kind)
    before = names(tmp_path)
    with pytest.raises(DiskError, match="same file"), writing({"--out": one, "--wav": other}):
        pytest.fail("it was begun")
    with pytest.raises(DiskError, match="which is read"), writing({"--out": other}, [one]):
        pytest.fail("it was begun")
    assert names(tmp_path) == before


def unwritable(tmp_path: Path) -> Sequence[Path]:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "astray").symlink_to("nowhere/x")
    return (
        tmp_path,
        tmp_path / "nowhere" / "x",
        tmp_path / "loop",
        tmp_path / "astray",
        tmp_path / ("x" * 300),
        Path("/proc/x.mid"),
        tmp_path / "a\0b",
    )


def test_what_cannot_be_written_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    for path in unwritable(tmp_path):
        with pytest.raises(DiskError, match="cannot be written"), writing({"--wav": tmp_path / "x", "--out": path}):
            pytest.fail(f"{path} was begun")
    assert names(tmp_path) == ["astray", "loop"]


def test_what_the_disk_does_not_take_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "kept").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        write_whole(tmp_path / "kept", b"new")
    assert names(tmp_path) == ["kept"]
    assert (tmp_path / "kept").read_bytes() == b"old"


def test_a_pipe_that_nobody_reads_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "READER_S", 0.2)
    pipe, other = tmp_path / "pipe", tmp_path / "x.mid"
    os.mkfifo(pipe)
    with pytest.raises(DiskError, match="nobody reads it"), writing({"--out": other, "--wav": pipe}):
        pass
    assert names(tmp_path) == ["pipe"]


def test_a_reader_of_a_pipe_may_come_late(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    late: list[bytes] = []
    reader = threading.Timer(0.3, lambda: late.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, b"music" * 50_000)
    reader.join()
    assert late == [b"music" * 50_000]
