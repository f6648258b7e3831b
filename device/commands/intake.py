"""`isotone listeners intake`, and the refusal of a session whose listener's intake questions speak against it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.table import Table

from device.clock import wall_time
from device.commands.options import Words, device_of, device_option, json_option
from device.commands.privacy import open_memory
from device.config import DeviceConfig
from device.console.printing import say, say_json
from device.console.terminal import Terminal
from device.errors import ConfigError, IntakeError
from device.files.toml_text import read_text
from device.listeners.intake import QUESTIONS, Answer, Standing, answer, answers, clear, standing, withdraw
from device.listeners.names import is_anybody, normal
from device.listeners.store import ISO, Person, Store
from device.messages import UNDECODABLE
from device.text import printable

ANSWERS_MAX_BYTES = 65_536


@click.command()
@click.argument("name", type=Words())
@click.option("--yes", "said_yes", multiple=True, metavar="QUESTION", help="Answer a question with yes (repeatable).")
@click.option("--no", "said_no", multiple=True, metavar="QUESTION", help="Answer a question with no (repeatable).")
@click.option("--answers", "path", type=click.Path(path_type=Path), help='A JSON file: {"question": true or false}.')
@click.option("--clear", "cleared", multiple=True, metavar="QUESTION", help="Let sessions begin in spite of a yes.")
@click.option("--by", type=Words(), default="", help="Name of the therapist who clears.")
@click.option("--again", is_flag=True, help="Ask everything anew: after a seizure, an operation, a new implant.")
@device_option
@json_option
def intake(
    name: str,
    said_yes: tuple[str, ...],
    said_no: tuple[str, ...],
    path: Path | None,
    cleared: tuple[str, ...],
    by: str,
    again: bool,
    device_path: Path | None,
    as_json: bool,
) -> None:
    """Ask and keep what has to be known before a listener's first session, and what it means.

    Answers hold for twelve months; then everything is asked again.
    """
    said = _said(said_yes, said_no, path)
    if is_anybody(name):
        raise ConfigError(f"{printable(name) or 'Nobody'} is no one person.", "Give the listener a name of their own.")
    if cleared and not by.strip():
        raise click.UsageError("Who clears an answer gives their name: --by NAME.")
    with open_memory(device_of(device_path)) as store:
        person = store.meet(name)
        if again:
            withdraw(store, person)
        if said:
            answer(store, person, said, wall_time())
        _clear(store, person, _asked_for(cleared), by)
        _show(person, answers(store, person), as_json=as_json)


def _said(yes: Sequence[str], no: Sequence[str], path: Path | None) -> dict[str, bool]:
    """All answers that were given.

    Raises:
        ConfigError: one is to no question, or to one question twice; the file cannot be read.
    """
    told = _read(path) if path else {}
    pairs = [*told.items(), *((key, True) for key in yes), *((key, False) for key in no)]
    keys = _asked_for([key for key, _ in pairs])
    if len(set(keys)) < len(keys):
        raise ConfigError("A question is answered twice.", "Answer each once.")
    return dict(pairs)


def _asked_for(keys: Sequence[str]) -> Sequence[str]:
    """The keys, each of them a question's."""
    for key in keys:
        if key not in QUESTIONS:
            raise ConfigError(f"There is no question {printable(key)[:40]}.", f"There are: {', '.join(QUESTIONS)}.")
    return keys


def _read(path: Path) -> dict[str, bool]:
    text = read_text(path, ANSWERS_MAX_BYTES)
    try:
        return msgspec.json.decode(text, type=dict[str, bool])
    except UNDECODABLE as error:
        raise ConfigError(f"{path} holds no answers: {error}.", 'Write {"question": true or false, ...}.') from error


def _clear(store: Store, person: Person, keys: Sequence[str], by: str) -> None:
    for key in keys:
        if not clear(store, person, key, normal(by), wall_time()):
            raise ConfigError(f"{person.name} did not answer {key} with yes.", "There is nothing to clear.")


def _show(person: Person, answered: Mapping[str, Answer], *, as_json: bool) -> None:
    found = standing(answered, wall_time())
    if as_json:
        say_json(_told(person, answered, found))
        return
    table = Table("question", "", "answer")
    for key, question in QUESTIONS.items():
        table.add_row(key, question.text, _in_words(answered.get(key)))
    Terminal().print(table)
    for key in (*found.excluding, *found.cautions):
        say(f"{key}: {_in_words(answered[key])}. {QUESTIONS[key].yes_means}")
    for sentence in _sentences(printable(person.name), found):
        say(sentence)
    if found.may_begin:
        until = f"{_until(answered):%Y-%m-%d}"
        say(f"Sessions of {printable(person.name)} may begin. The questions are asked again on {until}.")


def _until(answered: Mapping[str, Answer]) -> dt.datetime:
    """When the first of the answers lapses."""
    return min(each.lapses for each in answered.values())


def _told(person: Person, answered: Mapping[str, Answer], found: Standing) -> dict[str, Any]:
    asked = {key: question._asdict() for key, question in QUESTIONS.items()}
    said = {key: one._asdict() for key, one in answered.items()}
    until = f"{_until(answered):{ISO}}" if found.may_begin else ""
    rest = found._asdict() | {"may_begin": found.may_begin, "until_utc": until}
    return {"listener": person.name, "questions": asked, "answers": said, **rest}


def _in_words(answered: Answer | None) -> str:
    if answered is None:
        return "-"
    cleared = (
        f", cleared by {printable(answered.cleared_by)} on {answered.cleared_utc[:10]}" if answered.cleared_by else ""
    )
    return f"{'yes' if answered.is_yes else 'no'}, {answered.answered_utc[:10]}{cleared}"


def _sentences(name: str, found: Standing) -> Iterator[str]:
    """Why no session may begin."""
    if found.unanswered:
        yield f"To be answered before the next session of {name}: {', '.join(found.unanswered)}."
    if found.excluding:
        yield f"{name} answered yes to {', '.join(found.excluding)}: no session before a therapist clears it by name."


def demand_intake(device: DeviceConfig, listener: str) -> None:
    """See that a session of this listener may begin; a guest, of whom nothing is kept, is not asked.

    Raises:
        IntakeError: questions are open, or an answer stands against it.
        DiskError, RecordingError: the answers cannot be read.
    """
    if is_anybody(listener):
        return
    with open_memory(device) as store:
        person = store.meet(listener)
        found = standing(answers(store, person), wall_time())
    if not found.may_begin:
        how = "--clear QUESTION --by THERAPIST" if not found.unanswered else "--yes QUESTION or --no QUESTION"
        name = printable(person.name)
        raise IntakeError(" ".join(_sentences(name, found)), f"Use `isotone listeners intake {name}`: {how}.")


def demand_known(device: DeviceConfig, listener: str) -> None:
    """See the same for a box, beside which nobody stands: a guest is asked nothing, unless somebody answers for that.

    Raises:
        IntakeError: nobody was named, questions are open, or an answer stands against it.
        DiskError, RecordingError: the answers cannot be read.
    """
    if is_anybody(listener) and not normal(device.box.guests_asked_by):
        raise IntakeError(
            "The box does not know who listens, so nobody was asked whether music is dangerous for them.",
            'Write `listener = "NAME"` into [box] of device.toml, run `isotone listeners intake NAME` and start the '
            'box again; where guests come and go, `guests_asked_by = "NAME"` says who asks each of them.',
        )
    demand_intake(device, listener)
