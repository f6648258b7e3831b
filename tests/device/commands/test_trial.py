"""`isotone trial` from registration to export: nothing agreed can change, and nobody foresees who gets what."""

import csv
import json
import stat
import wave
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from device.cli import main
from device.errors import Exit
from tests.device.trials.registrations import BLOCKS, GROUPS


def invoke(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["trial", *map(str, words)], prog_name="isotone")
    assert not result.exception or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def told(*words: object) -> Any:
    code, output = invoke(*words, "--json")
    assert code == 0, output
    return json.loads(output)


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    registration = tmp_path / "plan.toml"
    registration.write_text(GROUPS, "utf-8")
    folder = tmp_path / "trial"
    assert invoke("new", folder, "--registration", registration)[0] == 0
    return folder


def refused(*words: object) -> str:
    code, output = invoke(*words)
    assert code in {Exit.RECORDING, Exit.DISK, Exit.CONFIG}, output
    assert len(output.strip().splitlines()) == 1
    return output


def test_listeners_are_allotted_evenly_and_keep_their_arm(trial: Path) -> None:
    arms = [told("enrol", trial, f"p{number}", "--stratum", "home")["arm"] for number in range(12)]
    assert {arm: arms.count(arm) for arm in set(arms)}.keys() == {"rules", "fixed", "adaptive"}
    assert told("enrol", trial, "p3", "--stratum", "home")["arm"] == arms[3]
    state = told("status", trial)
    assert (state["enrolled"], state["sample_size"], state["seals"]) == (12, 24, "checked")


def test_nobody_without_the_key_learns_or_allots_the_next(trial: Path) -> None:
    key = trial.with_name("trial.key")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    secret = key.read_text("utf-8").strip()
    told("enrol", trial, "ann", "--stratum", "home")
    assert all(secret not in path.read_text("utf-8") for path in trial.iterdir())
    key.rename(trial.with_name("elsewhere"))
    assert "key file is not here" in refused("enrol", trial, "bob", "--stratum", "home")
    key.write_text("00" * 32, "utf-8")
    assert "not that of" in refused("enrol", trial, "bob", "--stratum", "home")
    key.write_text("no key", "utf-8")
    assert "no key" in refused("enrol", trial, "bob", "--stratum", "home")
    assert told("enrol", trial, "bob", "--stratum", "home", "--key", trial.with_name("elsewhere"))["arm"]


def test_a_changed_registration_is_noticed_everywhere(trial: Path) -> None:
    path = trial / "registration.toml"
    path.write_text(path.read_text("utf-8").replace("distance", "zone"), "utf-8")
    for words in (("enrol", trial, "ann", "--stratum", "home"), ("status", trial), ("reveal", trial)):
        assert "was changed after it was registered" in refused(*words)


def test_a_changed_ledger_is_noticed(trial: Path) -> None:
    told("enrol", trial, "ann", "--stratum", "home")
    path = trial / "ledger.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"ann"', b'"eve"'))
    assert "ledger.jsonl:2 was changed" in refused("status", trial)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("enrol", "ann"), "no stratum without a name"),
        (("enrol", "ann", "--stratum", "moon"), "no stratum moon"),
    ],
)
def test_who_cannot_be_enrolled_is_told_why(trial: Path, words: tuple[str, ...], sentence: str) -> None:
    assert sentence in refused(words[0], trial, *words[1:])


def test_a_trial_that_is_full_takes_nobody(tmp_path: Path) -> None:
    registration = tmp_path / "plan.toml"
    registration.write_text(BLOCKS, "utf-8")
    assert told("new", tmp_path / "t", "--registration", registration)["design"] == "blocks"
    assert told("enrol", tmp_path / "t", "ann")["arm"] == ""
    assert "All 1 listeners are enrolled" in refused("enrol", tmp_path / "t", "bob")
    assert "is there already" in refused("new", tmp_path / "t", "--registration", registration)


def test_after_the_end_everybody_can_repeat_the_allocation_and_nobody_goes_on(trial: Path) -> None:
    arms = [told("enrol", trial, f"p{number}", "--stratum", "clinic")["arm"] for number in range(5)]
    assert told("reveal", trial)["revealed"]
    trial.with_name("trial.key").unlink()
    assert told("status", trial)["seals"] == "checked"
    assert "over" in refused("enrol", trial, "p9", "--stratum", "clinic")
    last = json.loads((trial / "ledger.jsonl").read_bytes().splitlines()[-1])
    from itertools import islice

    from device.config import load
    from device.trials.allocation import arms as allotted
    from device.trials.registration import Registration

    registration = load(trial / "registration.toml", Registration)
    assert list(islice(allotted(bytes.fromhex(last["secret"]), registration, "clinic"), 5)) == arms


def test_statisticians_get_tables_meanings_and_hashes(trial: Path, tmp_path: Path) -> None:
    told("enrol", trial, "ann", "--stratum", "home")
    out = tmp_path / "out"
    code, output = invoke("export", trial, "--out", out)
    assert code == 0, output
    with (out / "allocation.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert (row["listener"], row["stratum"]) == ("ann", "home")
    names = {path.name for path in out.iterdir()}
    assert {"sessions.csv", "blocks.csv", "dictionary.csv", "registration.toml", "ledger.jsonl", "SHA256SUMS"} <= names
    assert "cannot be written" in refused("export", trial, "--out", out)


def test_a_playlist_is_checked_file_by_file_and_its_limits_are_said(tmp_path: Path) -> None:
    registration = tmp_path / "plan.toml"
    registration.write_text(
        GROUPS.replace('"rules"', '"playlist"').replace("[[outcomes]]", 'playlist = ["a.wav"]\n[[outcomes]]'), "utf-8"
    )
    assert "no WAV file" in refused("new", tmp_path / "t", "--registration", registration)
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(4000))
    code, output = invoke("new", tmp_path / "t", "--registration", registration)
    assert code == 0
    assert "cannot play it" in output
    assert b'"a.wav"' in (tmp_path / "t" / "ledger.jsonl").read_bytes()
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    assert "no WAV file" in refused("new", tmp_path / "u", "--registration", registration)


def test_what_is_no_trial_is_refused(tmp_path: Path) -> None:
    for words in (("status", tmp_path), ("status", tmp_path / "absent"), ("enrol", tmp_path / "absent", "ann")):
        assert "trial" in refused(*words)
    for text in ("", "title = 1", GROUPS + "x = 1\n"):
        (tmp_path / "r.toml").write_text(text, "utf-8")
        assert "r.toml" in refused("new", tmp_path / "t", "--registration", tmp_path / "r.toml")
    assert not (tmp_path / "t").exists()


def test_the_example_of_the_help_can_be_registered(tmp_path: Path) -> None:
    registration = tmp_path / "registration.toml"
    registration.write_text("# registration.toml" + invoke("--help")[1].partition("# registration.toml")[2], "utf-8")
    assert told("new", tmp_path / "trial", "--registration", registration)["design"] == "blocks"
