"""`deploy/flash` as a technician runs it: what is no card is refused before anything is written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from device.errors import Exit

FLASH = [sys.executable, "-P", "-m", "deploy.flashing"]


def flash(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*FLASH, *map(str, words)], capture_output=True, text=True, check=False)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "box.img"
    path.write_bytes(bytes(range(256)) * 4096)
    return path


def test_a_device_that_is_not_there_is_no_file_to_make(image: Path) -> None:
    place = Path("/dev/isotone-no-such-card")
    told = flash(image, place, "--yes")
    assert (told.returncode, place.exists()) == (7, False)
    assert f"There is no device {place}." in told.stdout


def test_the_image_is_not_written_over_itself(image: Path, tmp_path: Path) -> None:
    before = image.read_bytes()
    link = tmp_path / "link"
    link.symlink_to(image)
    for target in (image, link):
        assert "is the image itself" in flash(image, target, "--yes").stdout
    assert image.read_bytes() == before


def test_a_plain_file_is_written_and_read_back(image: Path, tmp_path: Path) -> None:
    told = flash(image, tmp_path / "card.img", "--yes")
    assert told.returncode == 0, told.stderr
    assert (tmp_path / "card.img").read_bytes() == image.read_bytes()


def test_an_image_that_takes_no_provisioning_file_is_refused_before_anything_is_written(
    image: Path, tmp_path: Path
) -> None:
    (tmp_path / "box.toml").write_text('name = "practice-03"\n')
    told = flash(image, tmp_path / "card.img", "--yes", "--provision", tmp_path / "box.toml")
    assert told.returncode == Exit.DISK
    assert "has no boot partition of a box" in told.stdout
    assert not (tmp_path / "card.img").exists()
