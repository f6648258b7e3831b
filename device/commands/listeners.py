"""`isotone listeners`: who is known, what is known of them, and how to be forgotten."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from device.commands.intake import intake
from device.commands.kept import places
from device.commands.memory import sessions_of
from device.commands.options import device_of, device_option, json_option
from device.commands.privacy import open_memory
from device.commands.session_folder import listeners_root
from device.config import DeviceConfig
from device.console.printing import say, say_json
from device.console.terminal import Terminal
from device.listeners import memory
from device.listeners.store import FILE, Person, Store, nobody

name_argument = click.argument("name")


@click.group()
def listeners() -> None:
    """Show whom the box knows, and forget them."""


listeners.add_command(intake)


@contextlib.contextmanager
def _opened(device: DeviceConfig) -> Iterator[Store | None]:
    """The memory; None where nobody was ever known, for which no file is made."""
    folder = listeners_root(device)
    if not (folder / FILE).exists():
        yield None
        return
    with open_memory(device) as store:
        yield store


@contextlib.contextmanager
def _known(device: DeviceConfig, name: str) -> Iterator[tuple[Store, Person]]:
    with _opened(device) as store:
        if store is None:
            raise nobody(name)
        yield store, store.demand(name)


@listeners.command("list")
@device_option
@json_option
def list_all(device_path: Path | None, as_json: bool) -> None:
    """Everybody who is known, by name."""
    with _opened(device_of(device_path)) as store:
        people = store.people() if store else []
        rows = [person._asdict() | store.counts(person) for person in people] if store else []
    if as_json:
        say_json(rows)
        return
    if not rows:
        say("Nobody is known.")
        return
    table = Table("listener", "known since (UTC)", "sessions", "words")
    for row in rows:
        table.add_row(row["name"], row["since_utc"], str(row["sessions"]), str(row["words"]))
    Terminal().print(table)


@listeners.command()
@name_argument
@device_option
@json_option
def show(name: str, device_path: Path | None, as_json: bool) -> None:
    """Say what is known of a listener: how much of what, and from which sessions."""
    with _known(device_of(device_path), name) as (store, person):
        known: dict[str, Any] = person._asdict() | store.counts(person)
        known |= {
            "rest_from": memory.sources(store, person),
            "learnt": memory.learnt(store, person),
            "worn": memory.devices(store, person),
            "volume_db": memory.recall_volume(store, person),
        }
    if as_json:
        say_json(known)
        return
    table = Table(show_header=False)
    for key, value in known.items():
        table.add_row(key, value if isinstance(value, str) else json.dumps(value))
    Terminal().print(table)


@listeners.command()
@name_argument
@click.argument("new_name")
@device_option
@json_option
def rename(name: str, new_name: str, device_path: Path | None, as_json: bool) -> None:
    """Give a listener another name; what is known of them stays."""
    with _known(device_of(device_path), name) as (store, person):
        renamed = store.rename(person, new_name)
    if as_json:
        say_json(renamed._asdict())
    else:
        say(f"{person.name} is {renamed.name} from now on.")


@listeners.command()
@name_argument
@device_option
@json_option
def forget(name: str, device_path: Path | None, as_json: bool) -> None:
    """Erase what is known of a listener. Recorded sessions stay, and are named; sealed ones nobody can read again."""
    with _known(device_of(device_path), name) as (store, person):
        beside = {Path(row.folder).parent for row in memory.taken_in(store).values() if row.listener == person.id}
        heads = sessions_of(store, person, {*places(None, device_path), *beside})
        erased = {table: count for table, count in store.counts(person).items() if table != "sessions"}
        for head in heads:
            memory.begin(store, person, head.session, str(head.folder))
        seals = store.seals
        store.forget(person)
    remaining = sorted(str(head.folder) for head in heads)
    if as_json:
        say_json({"forgotten": person.name, "id": person.id, "erased": erased, "remaining": remaining})
        return
    parts = [f"{count} of {table}" for table, count in erased.items() if count]
    say(f"{person.name} is forgotten. Entries erased: {', '.join(parts) or 'none but the name'}.")
    if remaining:
        say("What was recorded of them is still in these folders; remove them to erase that too:")
        if seals:
            say("What is sealed there can be read by nobody any more: its key was destroyed.")
        for folder in remaining:
            say(f"  {folder}")
