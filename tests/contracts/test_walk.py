"""A newcomer's walk in CONTRIBUTING.md leads through files that are there, and is short enough to be taken."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES_MAX = 30


def test_the_walk_from_a_serial_byte_to_a_sound_leads_through_files_that_are_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    files = re.findall(r"^\d+\. \[`([^`]+)`\]", text, re.MULTILINE)
    assert 10 < len(files) <= FILES_MAX
    assert [file for file in files if not (ROOT / file).is_file()] == []
    assert files.index("device/acquisition/serial_line.py") < files.index("device/audio/safety/pcm_guard.py")


def test_every_room_stands_in_the_picture_of_the_house() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    picture = text[text.index("## The house") : text.index("## From a serial byte")]
    rooms = [path.parent.name for path in (ROOT / "device").glob("*/__init__.py")]
    assert [room for room in rooms if f"{room}/" not in picture] == []
