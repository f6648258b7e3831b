"""`isotone clinic` at the command line."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from device.cli import main
from device.errors import Exit
from tests.device.reports.test_clinic import play


def clinic(*words: object) -> Result:
    return CliRunner().invoke(main, ["clinic", *map(str, words)])


def test_a_person_gets_tables_and_the_rules_and_a_program_json(tmp_path: Path) -> None:
    sessions = tmp_path / "sessions"
    play(sessions, "20261116", minutes=30, therapist=True)
    rates, pdf = tmp_path / "rates.toml", tmp_path / "c.pdf"
    rates.write_text('currency = "EUR"\ntherapist_hour = 90\n', "utf-8")
    shown = clinic("--dir", sessions, "--rates", rates, "--pdf", pdf)
    assert shown.exit_code == 0
    assert "45.00" in shown.output
    assert "Nothing is said of benefit" in shown.output
    assert pdf.read_bytes().startswith(b"%PDF-")
    told = json.loads(clinic("--dir", sessions, "--rates", rates, "--json").stdout)
    assert (told["total"], told["sessions"]) == (45.0, 1)


def test_days_the_wrong_way_round_are_refused_and_not_counted_as_nothing(tmp_path: Path) -> None:
    asked = clinic("--dir", tmp_path, "--from", "2026-12-02", "--to", "2026-01-01")
    assert asked.exit_code == Exit.USAGE
    assert "--to is before --from." in asked.output


def test_a_rate_that_is_none_is_refused_with_its_line(tmp_path: Path) -> None:
    rates = tmp_path / "rates.toml"
    rates.write_text("therapist_hour = -3\n", "utf-8")
    done = clinic("--dir", tmp_path, "--rates", rates)
    assert done.exit_code == 3
    assert "rates.toml:1" in done.output
