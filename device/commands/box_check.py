"""`isotone box --check`: what the programme means for the next seven days, and all that a session would fail by."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from device.box.daemon import Setup
from device.box.programme import doubts, local_day, week
from device.clock import wall_time
from device.commands.diagnosis import Finding, examine_box
from device.commands.doctor import exit_code_of, show
from device.console.printing import say, say_json
from device.files.models import MODELS_DIR
from device.text import printable


def check(setup: Setup, path: Path | None, *, as_json: bool) -> int:
    """Tell all there is to tell of a box whose device.toml is `path`; returns the exit code."""
    findings = examine_box(setup.device, setup.listener, MODELS_DIR, path)
    findings += [Finding("programme", "warn", doubt, "Mend [programme].") for doubt in doubts(setup.programme)]
    lines = list(_programme(setup))
    if as_json:
        say_json({"listener": setup.listener, "programme": lines, "findings": findings})
    else:
        for line in lines:
            say(line)
        show(findings)
    return exit_code_of(findings)


def _programme(setup: Setup) -> Iterator[str]:
    """What the programme means, a line each."""
    programme = setup.programme
    at_most = f"{programme.sessions_a_day} sessions a day at most" if programme.sessions_a_day else "any number a day"
    yield f"{printable(setup.listener)}: {at_most}; quiet {', '.join(programme.quiet) or 'never'}"
    yield from week(programme, local_day(programme, wall_time()))
