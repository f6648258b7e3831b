"""`isotone export` at the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from device.cli import main
from device.exports import files
from tests.device.exports.measured import SESSION_ID, make_measured


@pytest.fixture
def session(tmp_path: Path) -> Path:
    return make_measured(tmp_path / SESSION_ID)


def export(*words: object) -> Result:
    return CliRunner().invoke(main, ["export", *map(str, words)])


def test_it_says_what_it_wrote(session: Path, tmp_path: Path) -> None:
    done = export(session, "--to", "midi", "--out", tmp_path / "out", "--json")
    told = json.loads(done.output)
    assert told["problems"] == []
    assert [Path(path).name for path in told["files"]] == [f"{SESSION_ID}.mid"]
    assert all(Path(path).exists() for path in told["files"])


def test_a_torn_session_is_exported_as_far_as_it_is_whole_and_says_so(session: Path, tmp_path: Path) -> None:
    path = session / "log-0000.mcap"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    done = export(session, "--to", "bdf", "--out", tmp_path / "out")
    assert done.exit_code == 0
    assert "not whole" in done.output
    assert list((tmp_path / "out").glob("*_cyton-eeg.bdf"))


def test_nothing_is_written_over_what_somebody_else_put_there(session: Path, tmp_path: Path) -> None:
    taken = tmp_path / f"{SESSION_ID}.mid"
    taken.write_text("mine")
    done = export(session, "--to", "midi", "--out", tmp_path)
    assert done.exit_code == 7
    assert taken.read_text() == "mine"


def test_a_full_disk_is_a_sentence_and_leaves_no_half_of_a_file(
    session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(files, "write_whole", full)
    done = export(session, "--to", "midi", "--out", tmp_path / "out")
    assert done.exit_code == 7
    assert "No space left on device" in done.output
    assert not list((tmp_path / "out").iterdir())


def test_what_is_no_session_is_refused(tmp_path: Path) -> None:
    assert export(tmp_path, "--to", "edf", "--out", tmp_path / "out").exit_code == 8
