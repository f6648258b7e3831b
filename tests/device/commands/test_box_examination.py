"""What the box looks for while it is ready: whatever a press would fail by, told with its code."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from device.box.machine import Event
from device.cli import main
from device.commands.box_examination import examine
from device.config import AudioConfig, BoxConfig, DeviceConfig
from device.errors import Exit
from device.listeners.intake import QUESTIONS
from tests.device.commands.test_memory import own_data

__all__ = ["own_data"]

SILENT = DeviceConfig(audio=AudioConfig(sink="wav"))


def test_a_box_that_knows_nobody_needs_help_and_says_what_is_to_be_done() -> None:
    found = examine(SILENT, "guest")
    assert (found.kind, found.what, found.code) == ("failing", "intake-missing", str(int(Exit.INTAKE)))
    assert "does not know who listens" in found.sentence
    assert "isotone listeners intake NAME" in found.sentence


def test_a_listener_who_was_asked_mends_it() -> None:
    assert examine(SILENT, "ada").code == str(int(Exit.INTAKE))
    answers = [word for key in QUESTIONS for word in ("--no", key)]
    done = CliRunner().invoke(main, ["listeners", "intake", "ada", *answers, "--json"])
    assert json.loads(done.stdout)["may_begin"]
    assert examine(SILENT, "ada") == Event("mended")


def test_guests_whom_somebody_asks_may_play() -> None:
    device = DeviceConfig(audio=SILENT.audio, box=BoxConfig(guests_asked_by="Dr. Weber"))
    assert examine(device, "guest") == Event("mended")


def test_a_provisioning_file_that_was_refused_is_told_before_all_else(tmp_path: Path) -> None:
    refused = tmp_path / "refused"
    refused.write_text("isotone.toml:3: unknown key `langauge`.\n")
    found = examine(SILENT, "guest", refused)
    assert (found.kind, found.what, found.code) == ("failing", "setup-refused", str(int(Exit.CONFIG)))
    assert "unknown key `langauge`" in found.sentence
