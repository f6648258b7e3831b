import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from device import __version__
from device.cli import EPILOG, main
from device.errors import Exit


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


def test_a_wish_without_a_session_is_refused(monkeypatch: pytest.MonkeyPatch, run_dir: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))
    assert invoke("send", "stop")[0] == Exit.SYSTEM


def test_no_sessions_is_an_empty_list(tmp_path: Path) -> None:
    code, output = invoke("sessions", "list", "--dir", str(tmp_path), "--json")
    assert code == 0
    assert json.loads(output) == []
