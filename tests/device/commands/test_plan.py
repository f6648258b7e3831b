"""`isotone plan` as a therapist uses it, and the plan of a session."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.cli import main
from device.commands.plans import plan_session, read_plan
from device.commands.prescriptions import load_prescription
from device.config import Prescription
from device.errors import ConfigError, Exit, IsotoneError
from hardware.fuzz.configuration import PLAN


def isotone(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["plan", *map(str, arguments)])


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "evening.toml"
    path.write_text(PLAN)
    return path


def test_a_plan_is_told_and_drawn(file: Path) -> None:
    done = isotone("check", file)
    assert done.exit_code == Exit.OK, done.output
    assert "Evening: iso order" in done.stdout
    assert "silent" in done.stdout
    assert (file.parent / "evening.png").read_bytes().startswith(b"\x89PNG")


def test_programs_get_it_as_json(file: Path) -> None:
    told = json.loads(isotone("check", file, "--json", "--out", file.parent / "way.svg").stdout)
    assert told["problems"] == []
    assert told["goal"] == {"valence": 0.4, "arousal": -0.7}
    assert [phase["kind"] for phase in told["phases"]] == ["baseline", "match", "shift", "hold", "cool-down"]
    assert told["phases"][-1]["ends_s"] == told["minutes"] * 60
    assert "<svg" in (file.parent / "way.svg").read_text()


def test_all_that_is_wrong_is_told_with_its_line_and_drawn_all_the_same(file: Path) -> None:
    file.write_text(
        '[limits]\ntempo_max_bpm = 200\n\n[[phase]]\nkind = "match"\n\n[[phase]]\nkind = "hold"\nshare = 1\n'
    )
    done = isotone("check", file)
    assert done.exit_code == Exit.CONFIG
    assert f"{file}:2: 200 contradicts the prescription" in done.stderr
    assert f"{file}:5: phase 1 (match) has no length" in done.stderr
    assert f"{file}:8: the plan has no end" in done.stderr
    assert (file.parent / "evening.png").exists()


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ('[[phase]]\nkind = "match"\nminutes = 1\n[[phase]]\nkind = "hold"\nminutes = nan\n', 6, "minutes"),
        ('[[phase]]\nkind = "match"\nminutes = 1\n[[phase]]\nkind = "hold"\nminutes = 1e300\n', 6, "minutes"),
        ('[[phase]]\nkind = "match"\nminuets = 1\n', 3, "minuets"),
        ('[[phase]]\nkind = "dance"\n', 2, "kind"),
        ('order = "odd"\n', 1, "order"),
        ('\n[[phase]]\nkind = "shift"\npoints = [{ at = 2.0, valence = 0, arousal = 0 }]\n', 4, "at"),
        ("phase = 3\n", 1, "phase"),
    ],
)
def test_what_is_no_plan_is_refused_with_its_line(file: Path, text: str, line: int, word: str) -> None:
    file.write_text(text)
    done = isotone("check", file)
    assert done.exit_code == Exit.CONFIG
    assert f"{file}:{line}: " in done.stderr
    assert word in done.stderr


def test_a_plan_in_the_prescription_is_checked_where_it_stands(file: Path) -> None:
    path = file.parent / "prescription.toml"
    path.write_text('goal_arousal = -0.5\n[plan]\norder = "iso"\n[[plan.phase]]\nkind = "shift"\nshare = 1\n')
    done = isotone("show", "--prescription", path)
    assert done.exit_code == Exit.CONFIG
    assert f"{path}:5: the plan has no end" in done.stderr


def test_the_usual_plan_is_shown_without_a_picture(file: Path) -> None:
    done = isotone("show")
    assert done.exit_code == Exit.OK
    assert "session plan: iso order, goal valence at least +0.40, arousal at most -0.60" in done.stdout
    assert not list(file.parent.glob("*.png"))


def test_a_picture_that_cannot_be_written_is_refused_with_a_sentence(file: Path) -> None:
    done = isotone("check", file, "--out", file.parent / "none" / "x.png")
    assert done.exit_code == Exit.DISK
    assert "cannot be written" in done.stderr
    assert isotone("check", file, "--out", file.parent / "x.odd").exit_code == Exit.DISK


def test_a_session_is_played_by_its_plan(file: Path) -> None:
    written = read_plan(file, Prescription(), None)
    planned = plan_session(written, Prescription(), None, 20.0, 60.0)
    assert planned.prescription.limits.tempo_max_bpm == 90.0
    assert planned.prescription.plan.name == "Evening"
    assert planned.minutes == 20.0
    path = file.parent / "prescription.toml"
    path.write_text("[limits]\ntempo_max_bpm = 80\n")
    with pytest.raises(ConfigError, match=r"evening\.toml:8: 90 contradicts the prescription"):
        plan_session(written, load_prescription(path), None, 20.0, 60.0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(place=st.integers(0, len(PLAN)), junk=st.text(max_size=8), cut=st.integers(0, 40))
def test_a_damaged_plan_is_played_or_refused(tmp_path: Path, place: int, junk: str, cut: int) -> None:
    path = tmp_path / "damaged.toml"
    path.write_text(PLAN[:place] + junk + PLAN[place + cut :], "utf-8", errors="replace")
    try:
        plan_session(read_plan(path, Prescription(), None), Prescription(), None, 20.0, 60.0)
    except IsotoneError as error:
        assert error.sentence
        assert error.action


def test_the_example_of_the_help_is_a_plan_that_can_be_played(file: Path) -> None:
    _, order, example = isotone("--help").stdout.partition("order = ")
    file.write_text(order + example)
    done = isotone("check", file)
    assert done.exit_code == Exit.OK, done.output
    assert "silent" in done.stdout
