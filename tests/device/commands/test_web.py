"""The command `isotone web`: codes for browsers, and whom the pages know."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from device.cli import main
from device.errors import Exit


def settings(tmp_path: Path, more: str = "") -> list[str]:
    (tmp_path / "device.toml").write_text(f'[web]\ndirectory = "{tmp_path}/web"\n{more}')
    return ["--device", str(tmp_path / "device.toml")]


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["web", *words], prog_name="isotone")


def test_a_code_comes_with_the_address_where_it_is_taken(tmp_path: Path) -> None:
    told = json.loads(run("pair", "patient", "--json", *settings(tmp_path)).stdout)
    assert told["role"] == "patient"
    assert len(told["code"]) == 8
    assert told["address"].endswith("/patient")


def test_nobody_is_paired_at_first_and_a_stranger_cannot_be_forgotten(tmp_path: Path) -> None:
    assert run("devices", *settings(tmp_path)).stdout == "No browser is paired.\n"
    refused = run("revoke", "nobody", *settings(tmp_path))
    assert refused.exit_code == Exit.CONFIG
    assert "isotone web devices" in refused.output


@pytest.mark.parametrize(("network", "squares"), [("", 0), ('address = "192.168.4.1"\nallow_network = true\n', 1)])
def test_whoever_looks_at_a_terminal_may_scan_an_address_that_a_phone_reaches(
    tmp_path: Path, network: str, squares: int
) -> None:
    reader, writer = pty.openpty()
    options = settings(tmp_path, network)
    command = [sys.executable, "-m", "device.cli", "web", "pair", "patient", *options]
    subprocess.run(command, stdout=writer, check=True, timeout=60, env=os.environ | {"PYTHONUTF8": "1"})
    os.close(writer)
    shown = b""
    try:
        while chunk := os.read(reader, 65_536):
            shown += chunk
    except OSError:
        pass
    os.close(reader)
    assert b"within ten minutes" in shown
    assert ("█▄▄▄█".encode() in shown) == bool(squares)
