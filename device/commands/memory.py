"""Brings what is known of a listener into a session that begins, and keeps what it taught when it ends.

Nothing here stops a session: without its memory it goes on and says so.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from device.clock import wall_time
from device.commands.privacy import open_memory
from device.commands.session_folder import sessions_root
from device.config import DeviceConfig, SessionConfig
from device.errors import IsotoneError, RecordingError
from device.listeners import memory, settings
from device.listeners.names import is_anybody, normal
from device.listeners.settings import PolicyChoice
from device.listeners.store import Person, Store
from device.messages import PersonalBaseline, PersonalResponse
from device.sessions.earlier import Head, Telling, head_of, session_folders, tell

SESSIONS_MAX = 3
"""Sessions with a rest, not taken in yet, that are read at most: they take time, and rest is soon forgotten."""
LOOKED_MAX = 12
"""Sessions that are looked into: most tell a rest, an aborted one does not."""


class Recalled(NamedTuple):
    """What a session begins with."""

    listener_id: str = ""
    baselines: tuple[PersonalBaseline, ...] = ()
    responses: tuple[PersonalResponse, ...] = ()
    devices: Mapping[str, str] = MappingProxyType({})
    """What the listener wore before, by source."""
    choice: PolicyChoice | None = None
    """The policy that a therapist approved for them."""
    volume_db: float = 0.0
    """How much softer than composed they had the music last."""
    remarks: tuple[str, ...] = ()
    """Why there is no memory, in words."""
    sources: tuple[str, ...] = ()
    """Sentences that say where it comes from, or why an earlier session was passed over."""


def recall(device: DeviceConfig, listener: str, beside: Path) -> Recalled:
    """What is known of a listener.

    What sessions in the folder `beside`, and those that ended without being taken in, tell of them is taken in first.
    """
    if is_anybody(listener):
        return Recalled()
    now = wall_time()
    try:
        with open_memory(device) as store:
            person = store.meet(listener)
            told = take_in_earlier(store, person, (beside, sessions_root(device)), now)
            carried = list(memory.recall(store, person, now))
            responses = tuple(memory.recall_responses(store, person))
            devices = memory.devices(store, person)
            choice = settings.approved(store, person)
            volume_db = memory.recall_volume(store, person)
    except IsotoneError as error:
        without = "The session goes on without what is known of the listener."
        return Recalled(remarks=(f"{error.sentence} {without} {error.action}",))
    known = [f"{rest.source} ({rest.model}): known from session {told_in}." for rest, told_in in carried]
    rests = tuple(rest for rest, _ in carried)
    known += [f"The music begins {-volume_db:g} dB softer, as it was wished last."] if volume_db else []
    return Recalled(person.id, rests, responses, devices, choice, volume_db, (), (*told, *known))


def begin(config: SessionConfig) -> None:
    """Note that a session begins, so that it is taken in however it ends."""
    if config.listener_id:
        with contextlib.suppress(IsotoneError), open_memory(config.device) as store:
            person = store.meet(config.listener)._replace(id=config.listener_id)
            memory.begin(store, store.get(person.id) or person, config.session_id, config.session_dir)


def remember(config: SessionConfig) -> None:
    """Take in what a session taught. Where that fails now, the next session's beginning does it."""
    if config.listener_id:
        with contextlib.suppress(IsotoneError), open_memory(config.device) as store:
            person = store.get(config.listener_id)
            if person:  # else the listener was forgotten meanwhile
                head = head_of(Path(config.session_dir))
                memory.take_in(store, person, _evidence(head, head.began, tell(head.folder)), wall_time())


def take_in_earlier(store: Store, person: Person, roots: Iterable[Path], now: dt.datetime) -> list[str]:
    """Take in the sessions of a listener that were not yet, newest first; returns what is odd about them, in words."""
    known = memory.taken_in(store)
    told: list[str] = []
    fresh: list[tuple[dt.datetime, Head]] = []
    for head in sessions_of(store, person, roots):
        if head.session not in known or head.log_bytes > known[head.session].log_bytes:
            try:
                fresh.append((_date(head, now, told), head))
            except RecordingError as error:
                told.append(f"The earlier session {head.session} was passed over: {error}")
    n_telling = 0
    for n_looked, (began, head) in enumerate(sorted(fresh, reverse=True)):
        is_read = n_looked < LOOKED_MAX and n_telling < SESSIONS_MAX
        telling = tell(head.folder) if is_read else Telling()
        n_telling += bool(telling.rests)
        memory.take_in(store, person, _evidence(head, began, telling), now)
    return told


def _date(head: Head, now: dt.datetime, told: list[str]) -> dt.datetime:
    """The time a session began. One that a wrong clock dated into the future counts as a week old, and hides no other.

    Raises:
        RecordingError: its name tells no date.
    """
    if head.began <= now + memory.AHEAD_MAX:
        return head.began
    told.append(f"The session {head.session} is dated in the future; it counts as a week old.")
    return now - dt.timedelta(days=memory.HALF_LIFE_DAYS)


def sessions_of(store: Store, person: Person, roots: Iterable[Path]) -> list[Head]:
    """All recorded sessions of a listener, under `roots` and wherever else one was begun."""
    known = memory.taken_in(store)
    folders = {Path(row.folder) for row in known.values() if row.listener == person.id}
    folders.update(folder for root in roots for folder in session_folders(root))
    found: dict[str, Head] = {}
    for folder in sorted(folders):
        with contextlib.suppress(RecordingError):  # no session, or gone
            head = head_of(folder)
            copy = found.get(head.session)
            if _is_theirs(store, person, head, known) and (copy is None or head.log_bytes > copy.log_bytes):
                found[head.session] = head
    return list(found.values())


def _is_theirs(store: Store, person: Person, head: Head, known: dict[str, memory.Taken]) -> bool:
    """Whether a session is this person's: by the memory, else by id, else by name (other releases, boxes)."""
    if head.session in known:
        return known[head.session].listener == person.id
    if head.listener_id and (store.get(head.listener_id) or store.is_forgotten(head.listener_id)):
        return head.listener_id == person.id
    return normal(head.listener) == person.name


def _evidence(head: Head, began: dt.datetime, telling: Telling) -> memory.Evidence:
    words = tuple(memory.Word(report.t_ns, report.value, report.valence) for report in telling.reports)
    return memory.Evidence(
        head.session,
        str(head.folder),
        began,
        head.log_bytes,
        telling.rests,
        words,
        telling.responses,
        telling.devices,
        telling.volume_db,
    )
