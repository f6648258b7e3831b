"""`isotone box` from the command line: what it draws, checks and refuses."""

import importlib
import json
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from device.box.ledger import claim
from device.box.picture import draw
from device.cli import main
from device.clock import SystemClock
from device.commands.box import KEYS
from device.errors import Exit
from device.listeners.intake import QUESTIONS
from device.messages import BoxStatus
from device.processes import BOX
from device.runtime.bus import Publisher
from device.runtime.run_folder import make_always_dir

command = importlib.import_module("device.commands.box")  # the name `box` there is the command itself

EVENING = """
[[phase]]
kind = "shift"
minutes = 10
[[phase]]
kind = "cool-down"
minutes = 2
"""


SILENT = """
[audio]
sink = "wav"
"""


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch, run_dir: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))
    monkeypatch.setenv("XDG_DATA_HOME", str(run_dir))


def box(folder: Path, prescription: str, *words: str, device: str = "") -> Result:
    (folder / "device.toml").write_text(device, "utf-8")
    (folder / "prescription.toml").write_text(prescription, "utf-8")
    (folder / "evening.toml").write_text(EVENING, "utf-8")
    options = ["--device", str(folder / "device.toml"), "--prescription", str(folder / "prescription.toml")]
    return CliRunner().invoke(main, ["box", *options, *words])


def test_it_draws_its_own_picture() -> None:
    done = CliRunner().invoke(main, ["box", "--draw"])
    assert done.exit_code == 0
    assert done.stdout.strip() == draw()


def test_help_names_the_keys_that_are_buttons() -> None:
    words = " ".join(CliRunner().invoke(main, ["box", "--help"]).output.split())
    assert all(f"{key} {button}" in words for key, button in KEYS.items() if key != " ")
    assert "space play" in words
    assert "q ends the box" in words


def asked(listener: str) -> None:
    """Answer the intake questions."""
    answers = [word for key in QUESTIONS for word in ("--no", key)]
    assert CliRunner().invoke(main, ["listeners", "intake", listener, *answers]).exit_code == 0


def test_it_says_what_the_programme_means(tmp_path: Path) -> None:
    asked("anna")
    text = """
    [programme]
    listener = "anna"
    sessions_a_day = 2
    [[programme.days]]
    on = ["mon"]
    hours = "17:00-21:00"
    plan = "evening.toml"
    remind = ["18:00"]
    """
    done = box(tmp_path, text, "--check", device=SILENT)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].startswith("anna: 2 sessions a day")
    (monday,) = [line for line in lines if line.startswith("Mon")]
    assert all(words in monday for words in ("17:00-21:00", "evening.toml", "18:00"))
    assert sum("no session" in line for line in lines) == 6


@pytest.mark.parametrize(
    ("device", "exit_code", "words"),
    [
        ("", Exit.INTAKE, "isotone listeners intake NAME"),
        ('[box]\nlistener = "anna"', Exit.INTAKE, "To be answered before the next session of anna"),
        ('[headphones]\nprofile = "bose-unheard-of"', Exit.CONFIG, "bose-unheard-of"),
        ('[control]\npolicy = "magic"', Exit.CONFIG, "magic"),
        ('[music]\ngenerator = "magic"', Exit.CONFIG, "magic"),
        ('[sources.head]\ntype = "telepathy"', Exit.CONFIG, "telepathy"),
    ],
)
def test_what_a_session_would_fail_by_is_found_beforehand(
    tmp_path: Path, device: str, exit_code: Exit, words: str
) -> None:
    done = box(tmp_path, "", "--check", "--json", device=SILENT + device)
    assert done.exit_code == exit_code, done.output
    findings = json.loads(done.stdout)["findings"]
    assert any(words in f"{each['sentence']} {each['action']}" for each in findings if each["state"] == "fail")


def test_a_sound_font_and_a_voice_that_are_not_there_are_told(tmp_path: Path) -> None:
    device = '[audio]\nsink = "wav"\nsoundfont = "nowhere.sf2"\n[voice]\nfolder = "nowhere"\n'
    done = box(tmp_path, "", "--check", "--json", device=device)
    assert done.exit_code == Exit.SOUND, done.output
    states = {each["name"]: each for each in json.loads(done.stdout)["findings"]}
    assert states["sound font"]["state"] == "fail"
    assert "nowhere" in states["voice"]["sentence"]
    assert states["sensors"]["state"] == "warn"


def test_a_programme_that_never_does_what_it_says_is_told(tmp_path: Path) -> None:
    asked("anna")
    text = """
    [programme]
    listener = "anna"
    quiet = ["21:30-07:00"]
    [[programme.days]]
    remind = ["18:00", "22:00"]
    """
    done = box(tmp_path, text, "--check", "--json", device=SILENT)
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert all("07:00-21:30, " in line and line.endswith("reminder at 18:00") for line in told["programme"][1:])
    (doubt,) = [each["sentence"] for each in told["findings"] if each["name"] == "programme"]
    assert "22:00" in doubt


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[programme]\ntimezone = "Mars/Olympus"', "Mars/Olympus"),
        ('[programme]\nquiet = ["25:00-26:00"]', "programme.quiet"),
        ('[[programme.days]]\nplan = "missing.toml"', "missing.toml"),
        ('[[programme.days]]\nplan = "evening.toml"\nminutes = 3', "evening.toml"),
        ("[programme]\nsesions_a_day = 2", "sesions_a_day"),
        ('[programme]\nquiet = ["21.30 - 7"]', "Write it as in `21:30-07:00`"),
        ('[[programme.days]]\nremind = ["6 pm"]', "Write it as in `18:00`"),
    ],
)
def test_a_wrong_programme_is_refused_where_it_stands(tmp_path: Path, text: str, words: str) -> None:
    done = box(tmp_path, text, "--check")
    assert done.exit_code == 3, done.output
    assert words in done.output


@pytest.mark.parametrize("script", ["play", "0:dance", "x:play", "0:play,5:stop", "-1:play"])
def test_presses_that_are_none_are_refused(tmp_path: Path, script: str) -> None:
    done = box(tmp_path, "", "--check", "--press", script)
    assert done.exit_code == 2
    assert "0:play 20:stop" in done.output


def test_a_second_box_starts_nothing_not_even_a_rig(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("it started a rig")

    monkeypatch.setattr(command, "RigProcess", refuse)
    with closing(Publisher(make_always_dir(), BOX, 0, SystemClock())):
        done = CliRunner().invoke(main, ["box", "--rig"])
    assert done.exit_code == Exit.SYSTEM
    assert "already running" in done.output


def test_a_second_box_on_the_same_sessions_is_refused_whatever_its_runtime_folder(run_dir: Path) -> None:
    with claim(run_dir / "isotone"):
        done = CliRunner().invoke(main, ["box", "--rig", "--no-sound"])
    assert done.exit_code == Exit.SYSTEM
    assert "Another box keeps its sessions in" in done.output
    assert "session.directory" in done.output


def test_a_code_is_shown_beside_the_light(capsys: pytest.CaptureFixture[str]) -> None:
    show = command._viewer(as_json=False)
    show(BoxStatus(t_ns=0, state="needs_help", sentence="Nobody was asked.", light="help", code="12"))
    show(BoxStatus(t_ns=0, state="ready", sentence="It is ready.", light="ready"))
    assert capsys.readouterr().out.splitlines() == ["[help, code 12] Nobody was asked.", "[ready] It is ready."]
