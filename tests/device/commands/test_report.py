"""`isotone report` at the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from device.cli import main
from tests.device.exports.measured import SESSION_ID, make_measured


@pytest.fixture
def session(tmp_path: Path) -> Path:
    return make_measured(tmp_path / SESSION_ID)


def report(*words: object) -> Result:
    return CliRunner().invoke(main, ["report", *map(str, words)])


def test_page_paper_and_machine_file_come_from_one_reading(session: Path, tmp_path: Path) -> None:
    about = tmp_path / "about.toml"
    about.write_text('setting = "A quiet room"\n', "utf-8")
    pdf, page = tmp_path / "r.pdf", tmp_path / "r.html"
    done = report(session, "--pdf", pdf, "--html", page, "--about", about, "--language", "de", "--json")
    told = json.loads(done.stdout)
    assert told["version"] == 1
    assert told["sessions"][0]["session_id"] == SESSION_ID
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert "A quiet room" in page.read_text("utf-8")
    assert '<html lang="de">' in page.read_text("utf-8")


def test_nothing_to_make_is_a_question_of_usage(session: Path) -> None:
    assert report(session).exit_code == 2


def test_an_unknown_key_of_the_clinics_file_is_named_with_its_line(session: Path, tmp_path: Path) -> None:
    about = tmp_path / "about.toml"
    about.write_text('setting = "x"\nsetings = "y"\n', "utf-8")
    done = report(session, "--json", "--about", about)
    assert done.exit_code == 3
    assert "about.toml:2" in done.output


def test_a_full_disk_leaves_the_report_of_before(
    session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    pdf = tmp_path / "r.pdf"
    pdf.write_bytes(b"the one of before")
    monkeypatch.setattr(Path, "write_bytes", full)
    done = report(session, "--pdf", pdf)
    assert done.exit_code == 7
    assert "No space left" in done.output
    assert pdf.read_bytes() == b"the one of before"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([SESSION_ID, "r.pdf"])
