"""A lock is seen while it is held, on a file and on a folder, and what is not there is held by nobody."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from device.files.locks import is_held


def test_a_lock_is_seen_for_as_long_as_somebody_holds_it(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    file.touch()
    for path in (file, tmp_path):
        descriptor = os.open(path, os.O_RDONLY)
        assert not is_held(path)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        assert is_held(path)
        os.close(descriptor)
        assert not is_held(path)


def test_what_is_not_there_or_leads_elsewhere_is_held_by_nobody(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert not any(is_held(tmp_path / name) for name in ("nothing", "link", "pipe"))


def test_to_look_hinders_no_other_look(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    assert not is_held(tmp_path)
    os.close(descriptor)
