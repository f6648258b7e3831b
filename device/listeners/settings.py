"""What a therapist approved for a listener, and what waits for their approval: the policy that plays for them.

Kept as preferences, by key. Nothing here knows what a policy is: what is kept is the sentence and the names.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from device.listeners.store import ISO, Person, Store
from device.listeners.values import keep_preference, preference

PROPOSED, APPROVED = "proposed policy", "approved policy"


class PolicyChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A policy for one listener."""

    id: str
    """Names the proposal, as `isotone refine NAME --approve ID` takes it."""
    policy: str
    model: str = ""
    """Its model folder, if it has one."""
    instead_of: str
    """The policy that played for them when it was proposed."""
    sentence: str
    """Why, in words."""
    since_utc: str = ""
    """When it was proposed or approved."""


def propose(store: Store, person: Person, choice: PolicyChoice, now: dt.datetime) -> None:
    """Let a choice wait for approval, in place of one that waited before."""
    _keep(store, person, PROPOSED, choice, now)


def proposed(store: Store, person: Person) -> PolicyChoice | None:
    """What waits for approval."""
    return _read(store, person, PROPOSED)


def approve(store: Store, person: Person, choice: PolicyChoice, now: dt.datetime) -> None:
    """Let a choice play from the listener's next session on; it waits no more."""
    _keep(store, person, APPROVED, choice, now)
    _remove(store, person, PROPOSED)


def approved(store: Store, person: Person) -> PolicyChoice | None:
    """What plays for the listener in place of the box's own policy."""
    return _read(store, person, APPROVED)


def take_back(store: Store, person: Person) -> None:
    """Let the box's own policy play for the listener again, and nothing wait."""
    _remove(store, person, APPROVED)
    _remove(store, person, PROPOSED)


def _keep(store: Store, person: Person, key: str, choice: PolicyChoice, now: dt.datetime) -> None:
    dated = msgspec.structs.replace(choice, since_utc=f"{now:{ISO}}")
    keep_preference(store, person, key, dated, dated.since_utc)


def _read(store: Store, person: Person, key: str) -> PolicyChoice | None:
    """None also where what is kept is damaged: the box's own policy plays then."""
    return preference(store, person, key, PolicyChoice)


def _remove(store: Store, person: Person, key: str) -> None:
    with store.writing() as connection:
        connection.execute("DELETE FROM preferences WHERE listener = ? AND key = ?", (person.id, key))
