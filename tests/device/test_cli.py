import json
import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from device import __version__
from device.cli import EPILOG, main
from device.errors import Exit
from tests.device.recordings.people import FOUR, brain_uv, write_brain


def invoke(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(words), prog_name="isotone")
    return result.exit_code, result.output


def test_the_version_is_told() -> None:
    assert invoke("--version") == (0, f"isotone, version {__version__}\n")


def test_every_exit_code_is_in_the_help_and_in_the_readme() -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
    for code in Exit:
        assert f"{int(code)} " in EPILOG
        assert f"| {int(code)} |" in readme


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_has_help_and_is_in_the_readme(command: str) -> None:
    code, _ = invoke(command, "--help")
    assert code == 0
    assert main.commands[command].help
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
    assert f"isotone {command}" in readme


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell: str) -> None:
    code, output = invoke("completion", shell)
    assert code == 0
    assert "_ISOTONE_COMPLETE" in output


def test_usage_errors_have_their_code() -> None:
    assert invoke("demo", "--minutes", "-3")[0] == Exit.USAGE
    assert invoke("nonsense")[0] == Exit.USAGE


def test_a_refusal_is_one_sentence_with_its_code(tmp_path: Path) -> None:
    code, output = invoke("replay", str(tmp_path))
    assert code == Exit.RECORDING
    assert output.startswith("isotone: ")
    assert len(output.strip().splitlines()) == 1


@pytest.mark.parametrize("value", ["nan", "1.1", "-inf", "calm"])
@pytest.mark.parametrize("option", ["--value", "--valence"])
def test_a_self_report_off_the_axis_is_refused(option: str, value: str) -> None:
    assert invoke("send", "self_report", option, value)[0] == Exit.USAGE


def test_no_sessions_is_an_empty_list(tmp_path: Path) -> None:
    code, output = invoke("sessions", "list", "--dir", str(tmp_path), "--json")
    assert code == 0
    assert json.loads(output) == []


@pytest.fixture
def brain(tmp_path: Path) -> str:
    return str(write_brain(tmp_path / "rest.npz", 12.0))


def test_affect_is_told_as_one_json_object_a_second(brain: str) -> None:
    code, output = invoke(
        "affect", brain, brain, "--calibrate", "6", "--window", "4", "--channels", "Fp1,Fp2", "--json"
    )
    assert code == 0
    lines = [json.loads(line, parse_constant=pytest.fail) for line in output.splitlines()]
    assert [line["t"] for line in lines] == list(range(1, 25))
    keys = ["t", "arousal", "arousal_sd", "valence", "valence_sd", "coverage", "reasons"]
    assert all(list(line) == keys for line in lines)
    assert (lines[0]["arousal"], lines[0]["arousal_sd"], len(lines[0]["reasons"])) == (0.0, 1.0, 1)


def test_affect_is_told_to_people_too(brain: str) -> None:
    code, output = invoke("affect", brain, "--calibrate", "6")
    assert code == 0
    assert len(output.splitlines()) == 14
    assert output.splitlines()[-1].startswith("12 s, ")


def test_what_affect_cannot_read_is_refused_in_one_sentence(brain: str, tmp_path: Path) -> None:
    volts = tmp_path / "volts.npz"
    np.savez(volts, eeg_uV=brain_uv(12) * 1e-6, fs=250, channels=FOUR)
    for words in (
        [str(volts)],
        [str(tmp_path / "absent.npz")],
        [brain, "--calibrate", "12"],
        [brain, "--channels", "X"],
    ):
        code, output = invoke("affect", *words)
        assert code == Exit.RECORDING
        assert output.startswith("isotone: ")
        assert len(output.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "words", [["--calibrate", "nan"], ["--window", "-1"], ["--sources", "ecg"], ["--channels", "Fp1,Fp1"]]
)
def test_affect_refuses_what_makes_no_sense_as_usage(brain: str, words: list[str]) -> None:
    assert invoke("affect", brain, *words)[0] == Exit.USAGE
    assert invoke("affect")[0] == Exit.USAGE


def test_affect_of_a_model_that_is_not_there_is_refused(brain: str, tmp_path: Path) -> None:
    assert invoke("affect", brain, "--models", str(tmp_path))[0] == Exit.MODEL


@pytest.mark.parametrize(
    "words",
    [
        ["demo", "--minutes", "nan"],
        ["run", "--minutes", "nan"],
        ["demo", "--seed", str(2**64)],
        ["replay", "--tolerance", "nan", "x"],
        ["replay", "--tolerance", "inf", "x"],
    ],
)
def test_what_is_no_number_or_too_large_is_no_option(words: list[str]) -> None:
    assert CliRunner().invoke(main, words).exit_code == Exit.USAGE


@pytest.mark.parametrize("words", [["demo", "\x1b[31mred"], ["send", "stop", "\x9b31mred"]])
def test_usage_errors_steer_no_terminal(words: list[str]) -> None:
    result = CliRunner().invoke(main, words)
    assert result.exit_code == Exit.USAGE
    assert "red" in result.output
    assert not {"\x1b", "\x9b"} & set(result.output)


@pytest.mark.parametrize("option", ["--device", "--prescription"])
def test_a_pipe_that_nobody_writes_does_not_keep_a_signal(tmp_path: Path, option: str) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    timers = [
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM)),
        threading.Timer(20, pipe.write_text, ("x",)),
    ]
    for timer in timers:
        timer.daemon = True
        timer.start()
    result = CliRunner().invoke(main, ["demo", "--no-sound", "--out", str(tmp_path / "s"), option, str(pipe)])
    for timer in timers:
        timer.cancel()
    assert result.exit_code == 128 + signal.SIGTERM
    assert not (tmp_path / "s").exists()
