"""`isotone doctor`: what is missing or misconfigured, and what mends it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
from rich.table import Column, Table
from rich.text import Text

from device.commands.diagnosis import Finding, diagnose, self_test
from device.commands.options import DEVICE_TOML, device_option, json_option
from device.config import DeviceConfig, load
from device.console.printing import say, say_json
from device.console.terminal import Terminal
from device.files.models import MODELS_DIR
from device.files.outputs import write_whole


@click.command()
@device_option
@click.option("--quick", is_flag=True, help="Do not talk to the sensors.")
@click.option("--box", "of_box", is_flag=True, help="What a box tests at each start: that it runs, sounds and keeps.")
@click.option("--keep", type=click.Path(path_type=Path, dir_okay=False), help="Write what was found here too, as JSON.")
@json_option
def doctor(device_path: Path | None, quick: bool, of_box: bool, keep: Path | None, as_json: bool) -> None:
    """Find what is missing or misconfigured and say how to mend it."""
    path = device_path or (DEVICE_TOML if DEVICE_TOML.exists() else None)
    device = load(path, DeviceConfig) if path else DeviceConfig()
    findings = self_test(device) if of_box else diagnose(device, MODELS_DIR, deep=not quick, path=path)
    if keep:
        _keep(findings, keep)
    if as_json:
        say_json(findings)
    else:
        show(findings)
    sys.exit(exit_code_of(findings))


def _keep(findings: Sequence[Finding], path: Path) -> None:
    try:
        write_whole(path, msgspec.json.format(msgspec.json.encode(findings)) + b"\n")
    except OSError as error:
        say(f"What was found cannot be kept in {path}: {error.strerror}.", err=True)


def show(findings: Sequence[Finding]) -> None:
    """Print what was found, and what is to be done about it."""
    styles = {"ok": "green", "warn": "yellow", "fail": "red"}
    table = Table("", "what", Column("found", overflow="fold"), Column("to do", overflow="fold"))
    for finding in findings:
        state = Text(finding.state, styles[finding.state])
        table.add_row(state, finding.name, finding.sentence, finding.action)
    Terminal().print(table)


def exit_code_of(findings: Sequence[Finding]) -> int:
    """That of the first that fails."""
    return next((finding.exit_code for finding in findings if finding.state == "fail"), 0)
