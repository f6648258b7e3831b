"""`isotone decide`: what control would do, line by line, for listeners who are anybody's."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import click
import msgspec

from device.commands.options import Bounded, json_option
from device.commands.plans import plan_session, read_plan
from device.commands.prescriptions import load_prescription
from device.config import ControlConfig, DeviceConfig, SessionConfig
from device.console.printing import has_reader, say, say_json
from device.control import POLICIES
from device.control.dialogue import Dialogue
from device.control.lines import LINE_MAX, Line
from device.errors import ConfigError
from device.files.models import MODELS_DIR
from device.files.outputs import writing
from device.messages import UNDECODABLE, PersonalResponse

FILE = click.Path(path_type=Path, dir_okay=False)
MEMORY_MAX = 1_000_000
"""Bytes of the largest memory that is read."""


@click.command()
@click.option("--policy", metavar="NAME", default=ControlConfig().policy, show_default=True, help="Who leads.")
@click.option("--plan", "plan_path", type=FILE, help="The session's plan (TOML) [default: the prescription's].")
@click.option("--prescription", "prescription_path", type=FILE, help="prescription.toml: goal and limits.")
@click.option("--minutes", type=Bounded(min=0.1, max=240), help="Length [default: the plan's own, else 20].")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The policy's randomness.")
@click.option("--remember", type=FILE, help="What the policy learnt of this listener, read and written (JSON).")
@click.option("--list", "as_list", is_flag=True, help="Say which policies there are, and end.")
@json_option
def decide(*, as_list: bool, as_json: bool, remember: Path | None, **options: Any) -> None:
    """Answer estimates and commands with what would sound, one line of JSON for each.

    \b
    In:  {"t": 12.0, "known": true, "arousal": 0.4, "arousal_sd": 0.3, "valence": 0, "valence_sd": 1}
         {"t": 13.0, "known": false}
         {"t": 14.0, "command": "skip_phase", "author": "patient"}
    Out: {"t": 12.0, "phase": "shift", "tempo_bpm": 70.1, ..., "decided_by": "policy", "reason": "..."}

    Time is the input's, in seconds: each line is a bar asked for at its time, and the first begins the session. A line
    that cannot be obeyed is answered with `refusal` and the music unchanged.
    """  # noqa: D301 - click keeps the lines after its \b
    if as_list:
        _list(as_json=as_json)
        return
    config = _config(**options, responses=remembered(remember) if remember else ())
    dialogue = Dialogue(config)
    with writing({"--remember": remember} if remember else {}) as places:
        for line in answers(dialogue, sys.stdin.buffer if sys.stdin else io.BytesIO()):
            say_json(line)
            if not has_reader():
                break
        if remember:
            kept = {response.policy: response for response in config.responses} | dialogue.learnt
            places["--remember"].write_bytes(msgspec.json.encode(list(kept.values())))


def _list(*, as_json: bool) -> None:
    default = ControlConfig().policy
    if as_json:
        say_json({"default": default, "policies": list(POLICIES)})
        return
    for name in POLICIES:
        say(f"{name} (default)" if name == default else name)


def _config(
    *,
    policy: str,
    plan_path: Path | None,
    prescription_path: Path | None,
    minutes: float | None,
    seed: int,
    responses: tuple[PersonalResponse, ...],
) -> SessionConfig:
    """The session as it would be configured. Raises ConfigError where it could not be."""
    device = DeviceConfig(control=ControlConfig(policy=policy))
    given = load_prescription(prescription_path)
    usual, baseline_s = device.session.minutes, device.affect.baseline_s
    planned = plan_session(read_plan(plan_path, given, prescription_path), given, minutes, usual, baseline_s)
    return SessionConfig(
        session_id="decide",
        seed=seed,
        minutes=planned.minutes,
        run_dir="",
        session_dir="",
        models_dir=str(MODELS_DIR),
        device=device,
        prescription=planned.prescription,
        responses=responses,
    )


def answers(dialogue: Dialogue, source: BinaryIO) -> Iterator[Line]:
    """The answer to each line; one that is too long is never held as a whole."""
    while text := source.readline(LINE_MAX + 1):
        if len(text) <= LINE_MAX or text.endswith(b"\n"):
            yield dialogue.answer(text.removesuffix(b"\n"))
            continue
        while text and not text.endswith(b"\n"):
            text = source.readline(LINE_MAX)
        yield dialogue.refuse_long()


def remembered(path: Path) -> tuple[PersonalResponse, ...]:
    """What a policy learnt in earlier sessions; nothing where there is no file yet. Raises ConfigError."""
    try:
        with path.open("rb") as file:
            data = file.read(MEMORY_MAX + 1)
        if len(data) > MEMORY_MAX:
            raise ValueError(f"it is larger than {MEMORY_MAX} bytes")
        return msgspec.json.decode(data, type=tuple[PersonalResponse, ...]) if data else ()
    except FileNotFoundError:
        return ()
    except (OSError, *UNDECODABLE) as error:
        raise ConfigError(f"{path} is no memory of a listener: {error}.", "Give another file.") from error
