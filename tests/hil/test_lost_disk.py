"""A disk that is really full and a session folder that is taken away: a sentence, exit 7, and all that was recorded."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from device.errors import Exit
from device.sessions.reader import SessionReader
from tests.hil.demo import needs_rig, playing

pytestmark = needs_rig


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 80 MB, as only root may mount it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=80M", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a file system cannot be mounted here")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(disk: Path) -> None:
    with (disk / "fill").open("wb", buffering=0) as file:
        try:
            while file.write(bytes(2**16)):
                pass
        except OSError:
            return


def test_a_full_disk_ends_the_session_by_a_sentence_and_keeps_what_was_recorded(small_disk: Path) -> None:
    with playing(small_disk, 0.6) as demo:
        demo.wait_for_music()
        time.sleep(3)
        fill(small_disk)
        code = demo.end(60)
        said = demo.said()
        assert code == Exit.DISK, said
        assert "No space left on device" in said
        assert "Traceback" not in said
        reader = SessionReader(demo.folder)
        assert sum(1 for _ in reader.messages()) > 100
        assert not any("changed" in problem for problem in reader.problems())
        assert len(demo.heard()) > 2 * 48_000
        assert np.abs(demo.heard()).max() > 0.001


def test_a_session_folder_that_is_removed_ends_the_session_by_a_sentence(tmp_path: Path) -> None:
    with playing(tmp_path, 0.6) as demo:
        demo.wait_for_music()
        shutil.rmtree(demo.folder)
        code = demo.end(60)
        said = demo.said()
    assert code == Exit.DISK, said
    assert "can no longer be recorded" in said
    assert "Traceback" not in said
