import io
import os
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from device.console.printing import Outlet, say, say_json
from device.errors import DiskError, Exit
from tests.device.recordings.people import write_brain

FULL = Path("/dev/full")


def isotone(*words: str, stdout: IO[bytes] | int, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "device.cli", *words]
    return subprocess.run(
        command, check=False, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60, env=os.environ | environment
    )


@pytest.fixture
def commands(tmp_path: Path) -> list[list[str]]:
    """Commands that print in every way: by click, by rich, as JSON."""
    brain = str(write_brain(tmp_path / "rest.npz", 12.0))
    return [
        ["--help"],
        ["completion", "bash"],
        ["sessions", "list", "--dir", str(tmp_path)],
        ["sessions", "list", "--dir", str(tmp_path), "--json"],
        ["affect", brain, "--calibrate", "6", "--json"],
        ["affect", brain, "--calibrate", "6"],
    ]


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_output_on_a_full_disk_is_refused_in_one_sentence(commands: list[list[str]]) -> None:
    for words in commands:
        with FULL.open("wb") as full:
            done = isotone(*words, stdout=full)
        assert (words, done.returncode) == (words, Exit.DISK)
        (line,) = done.stderr.strip().splitlines()
        assert line.startswith("isotone: The output cannot be written: No space left on device.")


def test_a_reader_that_has_gone_changes_no_exit_code_and_is_not_complained_of(commands: list[list[str]]) -> None:
    for words in [*commands, ["replay", "/nowhere"]]:
        reader, writer = os.pipe()
        os.close(reader)
        done = isotone(*words, stdout=writer)
        os.close(writer)
        refused = words[0] == "replay"
        assert (words, done.returncode) == (words, Exit.RECORDING if refused else Exit.OK)
        assert len(done.stderr.splitlines()) == refused


def test_output_that_was_closed_before_the_start_gives_its_place_to_no_file(tmp_path: Path) -> None:
    code = (
        "import os; from device.console.printing import guard_output, say; guard_output(); say('lost');"
        f"file = open('{tmp_path}/log', 'w'); file.write(str(file.fileno()))"
    )
    command = f'"{sys.executable}" -c "{code}" >&- 2>&- <&-'
    assert subprocess.run(command, check=False, shell=True).returncode == 0
    assert (tmp_path / "log").read_text() == "3"


def test_a_terminal_without_our_characters_gets_the_nearest_plain_ones() -> None:
    code = (
        "from device.console.printing import guard_output, say; guard_output();"
        "say('0.35 ± 0.20 ◆ ▁█ é 中 \\udcff'); say('Zoë →', err=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "iso-8859-1", "PYTHONUTF8": "0"},
    )
    assert done.stdout.decode("iso-8859-1") == "0.35 ± 0.20 * _# é ? \\udcff\n"
    assert done.stderr.decode("iso-8859-1") == "Zoë >\n"


def test_what_steers_a_terminal_is_spelt(capsys: pytest.CaptureFixture[str]) -> None:
    say("a\x1b]0;owned\x07b\r\n\x9b31m\u202ec\ttab")
    assert capsys.readouterr().out == "a\\x1b]0;owned\\x07b\\r\\n\\x9b31m\\u202ec\ttab\n"


def test_json_is_ascii_on_one_line_and_has_no_nan(capsys: pytest.CaptureFixture[str]) -> None:
    say_json({"name": "Zoë\x9b\n", "value": float("nan"), "n": 1.5})
    assert capsys.readouterr().out == '{"name": "Zo\\u00eb\\u009b\\n", "value": null, "n": 1.5}\n'


def outlet(descriptor: int, *, forgiving: bool) -> tuple[Outlet, io.TextIOWrapper]:
    raw = Outlet(descriptor, forgiving=forgiving)
    return raw, io.TextIOWrapper(io.BufferedWriter(raw), "utf-8")


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_a_session_remembers_that_its_output_was_lost() -> None:
    with FULL.open("wb", buffering=0) as full:
        raw, stream = outlet(full.fileno(), forgiving=True)
        for _ in range(3):
            stream.write("a line\n")
            stream.flush()
        assert "No space left" in raw.trouble
        assert not raw.is_open
        _, stream = outlet(full.fileno(), forgiving=False)
        stream.write("a line\n")
        with pytest.raises(DiskError, match="No space left"):
            stream.flush()
        stream.flush()
        stream.close()


def test_a_terminal_that_hung_up_is_a_reader_that_has_gone() -> None:
    master, slave = os.openpty()
    os.close(master)
    raw, stream = outlet(slave, forgiving=False)
    stream.write("a line\n")
    stream.flush()
    assert (raw.is_open, raw.trouble) == (False, "")
    os.close(slave)


def test_a_pipe_that_another_program_made_non_blocking_still_gets_all() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with subprocess.Popen(["wc", "-c"], stdin=reader, stdout=subprocess.PIPE) as counter:
        os.close(reader)
        _, stream = outlet(writer, forgiving=False)
        stream.write("x" * 1_000_000)
        stream.flush()
        os.close(writer)
        assert counter.stdout
        assert int(counter.stdout.read()) == 1_000_000
