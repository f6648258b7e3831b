"""Says what the end of a session's process means to the box: that it is over, was refused, or broke. Pure."""

from __future__ import annotations

from typing import NamedTuple

from device.box.ledger import How
from device.box.machine import Event, EventKind
from device.box.session_child import Said
from device.errors import Exit

STOPPED_BY_SIGNAL = {-15, 143, 130, 129}
REFUSALS: dict[str, tuple[EventKind, str]] = {
    "IntakeError": ("failing", "intake-missing"),
    "DoseError": ("declined", "hearing-rests"),
}
"""Refusals that are no faults -> what they are to the box, and the prompt that says why."""
ENDS: dict[EventKind, How] = {"ended": "ended", "stopped": "stopped"}
"""How a session that did not break is kept in mind."""


class Ending(NamedTuple):
    """What is known of a process that has ended."""

    exit_code: int
    said: Said | None
    """Its own last word."""
    was_stopped: bool = False
    """Whether a person ended it."""
    was_killed: bool = False
    """Whether it was stopped, did not end, and was ended by force."""
    has_used_dose: bool = False


def event_of(ending: Ending) -> Event:
    """What it means. A process that had to be ended by force is a fault, whoever stopped it."""
    fault = ending.said.fault if ending.said else ""
    if ending.said and (refusal := REFUSALS.get(ending.said.code)):
        return Event(*refusal, sentence=fault, code=str(ending.said.exit))
    if ending.has_used_dose:
        return Event("declined", "hearing-rests", fault)
    if ending.exit_code == Exit.OK or (ending.exit_code in STOPPED_BY_SIGNAL and ending.was_stopped):
        return Event("stopped" if ending.was_stopped else "ended")
    if ending.was_killed:
        fault = "The session did not end after its stop, and was ended by force."
    elif ending.said is None:
        fault = f"The session's process ended unexpectedly ({ending.exit_code})."
    return Event("broke", sentence=fault, code=str(ending.exit_code if ending.exit_code > 0 else int(Exit.INTERNAL)))


def kept_as(event: Event) -> How:
    """How the session is kept in mind."""
    return ENDS.get(event.kind, "broke")
