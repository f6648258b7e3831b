"""`isotone listeners intake`, and the sessions that it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from device.cli import main
from device.commands.intake import demand_intake, demand_known
from device.commands.session_folder import listeners_root
from device.config import BoxConfig, DeviceConfig
from device.errors import Exit, IntakeError
from device.listeners.intake import QUESTIONS
from device.listeners.store import FILE
from tests.device.commands.test_memory import own_data

__all__ = ["own_data"]


def isotone(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def intake(*arguments: str) -> Result:
    return isotone("listeners", "intake", *arguments)


@pytest.fixture
def all_no(tmp_path: Path) -> str:
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(dict.fromkeys(QUESTIONS, False)))
    return str(path)


def run(tmp_path: Path, listener: str) -> Result:
    device = tmp_path / "device.toml"
    device.write_text('[audio]\nsink = "wav"\n[sources.head]\ntype = "cyton"\nport = "/dev/nothing"\n')
    return isotone("run", "--device", str(device), "--listener", listener, "--out", str(tmp_path / "s"))


def test_a_session_is_refused_until_all_is_answered_and_then_goes_on_to_its_sensors(
    tmp_path: Path, all_no: str
) -> None:
    refused = run(tmp_path, "ada")
    assert refused.exit_code == Exit.INTAKE
    assert "To be answered before the next session of ada: music_seizures, " in refused.output
    assert not (tmp_path / "s").exists()
    assert "Sessions of ada may begin. The questions are asked again on 2" in intake("ada", "--answers", all_no).output
    assert run(tmp_path, "ada").exit_code == Exit.SENSOR
    assert run(tmp_path, "bob").exit_code == Exit.INTAKE


def test_a_yes_refuses_until_a_therapist_clears_it_by_name(tmp_path: Path, all_no: str) -> None:
    intake("ada", "--answers", all_no)
    told = intake("ada", "--yes", "sound_hurts").output
    assert ". Hyperacusis" in told
    assert "may begin" not in told
    refused = run(tmp_path, "ada")
    assert refused.exit_code == Exit.INTAKE
    assert "ada answered yes to sound_hurts: no session before a therapist clears it by name." in refused.output
    assert intake("ada", "--clear", "sound_hurts").exit_code == Exit.USAGE
    cleared = intake("ada", "--clear", "sound_hurts", "--by", "Dr. Weber")
    assert ", cleared by Dr. Weber on 20" in cleared.output.splitlines()[-2]
    assert run(tmp_path, "ada").exit_code == Exit.SENSOR


def test_everything_is_asked_anew_where_somebody_says_so(tmp_path: Path, all_no: str) -> None:
    intake("ada", "--answers", all_no)
    assert "To be answered before the next session of ada" in intake("ada", "--again").output
    assert run(tmp_path, "ada").exit_code == Exit.INTAKE
    assert json.loads(intake("ada", "--again", "--answers", all_no, "--json").stdout)["may_begin"]


def test_a_box_that_knows_nobody_refuses_until_somebody_is_named_or_answers_for_its_guests(all_no: str) -> None:
    with pytest.raises(IntakeError, match="does not know who listens") as refused:
        demand_known(DeviceConfig(), "guest")
    assert "isotone listeners intake NAME" in refused.value.action
    demand_known(DeviceConfig(box=BoxConfig(guests_asked_by="Dr. Weber")), "Guest ")
    with pytest.raises(IntakeError, match="next session of ada"):
        demand_known(DeviceConfig(box=BoxConfig(guests_asked_by="Dr. Weber")), "ada")
    intake("ada", "--answers", all_no)
    demand_known(DeviceConfig(), "ada")


def test_a_program_is_told_what_is_asked_and_what_stands(all_no: str) -> None:
    intake("ada", "--answers", all_no)
    told = json.loads(intake("ada", "--yes", "implant", "--json").stdout)
    assert told["listener"] == "ada"
    assert set(told["questions"]) == set(told["answers"]) == set(QUESTIONS)
    assert (told["may_begin"], told["excluding"], told["unanswered"]) == (False, ["implant"], [])


def test_a_guest_is_not_asked_and_nothing_is_kept_of_them() -> None:
    demand_intake(DeviceConfig(), "guest")
    assert intake("guest", "--no", "implant").exit_code == Exit.CONFIG
    assert not listeners_root(DeviceConfig()).exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--yes", "shoes"), "There is no question shoes"),
        (("--yes", "implant", "--no", "implant"), "answered twice"),
        (("--clear", "implant", "--by", "x"), "did not answer implant with yes"),
        (("--answers", "nowhere.json"), "cannot be read"),
    ],
)
def test_what_is_no_answer_is_refused_and_nothing_is_kept(arguments: tuple[str, ...], words: str) -> None:
    done = intake("ada", *arguments)
    assert done.exit_code == Exit.CONFIG
    assert words in done.output
    assert json.loads(isotone("listeners", "list", "--json").stdout) == []


@pytest.mark.parametrize("text", ["", "[1]", '{"implant": "perhaps"}', '{"shoes": true}', "\x00", "[" * 60_000])
def test_a_file_that_holds_no_answers_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "answers.json"
    path.write_text(text)
    assert intake("ada", "--answers", str(path)).exit_code == Exit.CONFIG


def test_answers_that_cannot_be_read_are_none(all_no: str) -> None:
    intake("ada", "--answers", all_no)
    (listeners_root(DeviceConfig()) / FILE).write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    assert isotone("run", "--device", "/dev/null", "--listener", "ada").exit_code == Exit.RECORDING


def test_who_said_nothing_is_named_in_the_refusal() -> None:
    with pytest.raises(IntakeError, match="skin"):
        demand_intake(DeviceConfig(), " Ada  Lovelace ")
