"""Draws the box's table as a Mermaid state diagram, for the page that explains it."""

from __future__ import annotations

from device.box.machine import FACES, STATES, TABLE, Action, EventKind, Row
from device.messages import BoxState


def draw() -> str:
    """The diagram, without a line's end at its end. What happens together stands on one arrow."""
    lines = ["stateDiagram-v2", "    [*] --> starting"]
    lines += [f"    {state}: {state.replace('_', ' ')} ({FACES[state].light})" for state in STATES]
    arrows: dict[tuple[BoxState, BoxState, str], list[EventKind]] = {}
    for (state, event), row in TABLE.items():
        arrows.setdefault((state, row.to, _done(row)), []).append(event)
    lines += [f"    {state} --> {to}: {', '.join(events)}{done}" for (state, to, done), events in arrows.items()]
    return "\n".join(lines)


def _done(row: Row) -> str:
    """What a row does, behind a slash as in UML."""
    if row.is_deferred:
        return " / waits"
    return f" / {', '.join(map(_words, row.actions))}" if row.actions else ""


def _words(action: Action) -> str:
    if action.kind == "say":
        return f"say {action.what or 'why'}"
    return action.what or ("pass it on" if action.kind == "wish" else action.kind.replace("_", " "))
