"""`isotone refine`: whether another policy would do better for one listener; a therapist approves it or takes it back.

The listener's sessions go to `python -m hardware.refinement`, a process of its own; what it finds is only a proposal.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.table import Table

from device.clock import wall_time
from device.commands.kept import find_session
from device.commands.memory import sessions_of
from device.commands.options import device_of, device_option, json_option
from device.commands.privacy import open_memory
from device.commands.session_folder import listeners_root, sessions_root
from device.config import ControlConfig, DeviceConfig
from device.console.printing import say, say_json
from device.console.terminal import Terminal
from device.errors import ConfigError, Exit, IsotoneError, RecordingError, SystemMissingError
from device.listeners import settings
from device.listeners.settings import PolicyChoice
from device.listeners.store import FILE, Person, Store, nobody
from device.messages import UNDECODABLE, Command, Decision, MusicIntent
from device.runtime.interpreter import HOUSE, interpreter
from device.sessions.earlier import Head, head_of
from device.sessions.reader import SessionReader

STREAMS = ("decisions", "intents", "commands")
SESSIONS_MAX = 30
"""The newest that are looked at: people change."""
TIMEOUT_S = 1800
ID_LENGTH = 8


class Finding(msgspec.Struct, frozen=True):
    """What the refinement answers, as far as it is kept or told."""

    says: str
    sentence: str
    today: str
    policy: str
    model: str
    sessions: int
    sessions_more: int
    gain: tuple[float | None, float | None]
    candidates: tuple[dict[str, Any], ...]


@click.command()
@click.argument("name", metavar="LISTENER")
@click.option("--session", "chosen", multiple=True, metavar="ID", help="Only these sessions (default: all of theirs).")
@click.option("--people", type=click.IntRange(200, 100_000), default=4000, show_default=True, help="Virtual people.")
@click.option("--approve", metavar="ID", help="Let a proposal play from the next session on.")
@click.option("--take-back", is_flag=True, help="Let the box's own policy play for them again.")
@device_option
@json_option
def refine(
    name: str,
    chosen: tuple[str, ...],
    people: int,
    approve: str | None,
    device_path: Path | None,
    *,
    take_back: bool,
    as_json: bool,
) -> None:
    """Propose another policy for a listener, if their own sessions say that it does better."""
    if approve and take_back:
        raise click.UsageError("Give either --approve or --take-back.")
    device = device_of(device_path)
    with _known(device, name) as (store, person):
        if approve:
            _approve(store, person, approve)
        elif take_back:
            _take_back(store, person, device)
        else:
            heads = _sessions(store, person, device, chosen)
            today = _today(store, person, device)
            finding = _ask(today, heads, people)
            _tell(finding, _keep(store, person, finding), as_json=as_json)


@contextmanager
def _known(device: DeviceConfig, name: str) -> Iterator[tuple[Store, Person]]:
    folder = listeners_root(device)
    if not (folder / FILE).exists():
        raise nobody(name)
    with open_memory(device) as store:
        yield store, store.demand(name)


def _approve(store: Store, person: Person, proposal_id: str) -> None:
    waiting = settings.proposed(store, person)
    if waiting is None or waiting.id != proposal_id:
        action = f"Run `isotone refine {person.name}` for one." if waiting is None else f"Its id is {waiting.id}."
        raise ConfigError(f"No proposal {proposal_id} waits for {person.name}.", action)
    settings.approve(store, person, waiting, wall_time())
    say(f"From the next session on `{waiting.policy}` plays for {person.name} in place of `{waiting.instead_of}`.")


def _take_back(store: Store, person: Person, device: DeviceConfig) -> None:
    before = settings.approved(store, person)
    if before is None and settings.proposed(store, person) is None:
        raise ConfigError(f"Nothing was approved for {person.name}.", "There is nothing to take back.")
    settings.take_back(store, person)
    say(f"From the next session on the box's own policy, `{device.control.policy}`, plays for {person.name} again.")


def _today(store: Store, person: Person, device: DeviceConfig) -> ControlConfig:
    """The policy that plays for them now."""
    choice = settings.approved(store, person)
    if choice is None:
        return device.control
    return msgspec.structs.replace(device.control, policy=choice.policy, model=choice.model)


def _sessions(store: Store, person: Person, device: DeviceConfig, chosen: Sequence[str]) -> list[Head]:
    """Their sessions, the oldest first.

    Raises:
        ConfigError: one that was chosen is somebody else's.
        RecordingError: there are none.
    """
    theirs = sessions_of(store, person, (sessions_root(device),))
    if chosen:
        wanted = [head_of(find_session(one)) for one in chosen]
        known = {head.session for head in theirs}
        for head in wanted:
            if head.session not in known and head.listener_id != person.id:
                sentence = f"The session {head.session} is of {head.listener}, and a refinement is for one listener."
                raise ConfigError(sentence, f"Give sessions of {person.name} alone.")
        theirs = wanted
    if not theirs:
        raise RecordingError(f"No session of {person.name} is kept.", "Play some first; three say something.")
    return sorted(theirs, key=lambda head: head.session)[-SESSIONS_MAX:]


def _ask(today: ControlConfig, heads: Sequence[Head], people: int) -> Finding:
    """Hand the sessions over and wait for the answer.

    Raises:
        RecordingError, ConfigError: the sessions cannot be used.
        SystemMissingError: the refinement cannot run here.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "told.json"
        told = {"today": today, "sessions": [found for found in map(_told, heads) if found]}
        file.write_bytes(msgspec.json.encode(told))
        command = interpreter("-m", "hardware.refinement", str(file), "--people", str(people))
        try:
            done = subprocess.run(command, cwd=HOUSE, check=False, capture_output=True, timeout=TIMEOUT_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SystemMissingError(f"The refinement did not run: {error}.", "Try fewer --people.") from error
    if done.returncode:
        why = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or [f"exit {done.returncode}"]
        kind = RecordingError if done.returncode == Exit.RECORDING else ConfigError
        raise kind(f"The refinement was refused: {why[0]}", "Look into the sessions: `isotone sessions show ID`.")
    try:
        return msgspec.json.decode(done.stdout, type=Finding)
    except UNDECODABLE as error:
        raise SystemMissingError(f"The refinement gave no answer: {error}.", "Install isotone again.") from error


def _told(head: Head) -> dict[str, Any] | None:
    """What the log of a session tells; None where it cannot be read."""
    try:
        reader = SessionReader(head.folder)
        said = [item.message for item in reader.messages(STREAMS)]
        config = reader.config
    except IsotoneError as error:
        say(f"isotone: The session {head.session} is passed over: {error.sentence}", err=True)
        return None
    return {
        "config": config,
        "decisions": [message for message in said if isinstance(message, Decision)],
        "intents": [message for message in said if isinstance(message, MusicIntent)],
        "commands": [message for message in said if isinstance(message, Command)],
    }


def _keep(store: Store, person: Person, finding: Finding) -> PolicyChoice | None:
    """Let a proposal wait for approval."""
    if finding.says != "propose":
        return None
    text = f"{person.id} {finding.policy} {finding.model} {finding.today} {finding.sessions} {finding.sentence}"
    choice = PolicyChoice(
        id=hashlib.sha256(text.encode()).hexdigest()[:ID_LENGTH],
        policy=finding.policy,
        model=finding.model,
        instead_of=finding.today,
        sentence=finding.sentence,
    )
    settings.propose(store, person, choice, wall_time())
    return choice


def _tell(finding: Finding, waiting: PolicyChoice | None, *, as_json: bool) -> None:
    if as_json:
        say_json(msgspec.to_builtins(finding) | {"id": waiting.id if waiting else ""})
        return
    say(finding.sentence)
    if finding.candidates:
        table = Table("policy", f"nearer to the goal than {finding.today}", "surely", "the chances in the logs")
        for row in finding.candidates:
            table.add_row(row["policy"], f"{row['mean']:+.3f}", f"{row['low']:+.3f}", _objection(row["objection"]))
        Terminal().print(table)
    if waiting:
        say(f"Nothing changes until a therapist approves it: --approve {waiting.id}")


def _objection(row: dict[str, Any] | None) -> str:
    return "say nothing" if row is None else f"{row['mean']:+.3f} ({row['low']:+.3f} to {row['high']:+.3f})"
