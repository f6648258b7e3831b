"""`isotone box` from the command line: what it draws, checks and refuses."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from device.box.picture import draw
from device.cli import main
from device.commands.box import KEYS

EVENING = """
[[phase]]
kind = "shift"
minutes = 10
[[phase]]
kind = "cool-down"
minutes = 2
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


def test_it_says_what_the_programme_means(tmp_path: Path) -> None:
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
    done = box(tmp_path, text, "--check")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].startswith("anna: 2 sessions a day")
    (monday,) = [line for line in lines if line.startswith("Mon")]
    assert all(words in monday for words in ("17:00-21:00", "evening.toml", "18:00"))
    assert sum("no session" in line for line in lines) == 6


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[programme]\ntimezone = "Mars/Olympus"', "Mars/Olympus"),
        ('[programme]\nquiet = ["25:00-26:00"]', "programme.quiet"),
        ('[[programme.days]]\nplan = "missing.toml"', "missing.toml"),
        ('[[programme.days]]\nplan = "evening.toml"\nminutes = 3', "evening.toml"),
        ("[programme]\nsesions_a_day = 2", "sesions_a_day"),
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
