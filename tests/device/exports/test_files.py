"""What a format made, on its way to a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.errors import DiskError
from device.exports.files import write_files


def test_a_file_in_the_folders_place_is_answered_with_another_folder(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine", "utf-8")
    with pytest.raises(DiskError, match="give another folder with --out"):
        write_files([("a.csv", b"1")], taken)
    assert taken.read_text("utf-8") == "mine"
