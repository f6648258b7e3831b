"""What the blocks of a trial came to, read from a session's log: one outcome for each block that was measured."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from device.control.plan.session_plan import Moment, SessionPlan, State, plan_of
from device.errors import RecordingError
from device.messages import AffectEstimate, Decision, SelfReport
from device.sessions.history import History
from device.sessions.reader import SessionReader
from device.trial_layout import TrialLayout
from device.trials.schedule import SETTLE_SHARE
from device.trials.table import Block

Measure = Literal["distance", "zone", "told"]
"""`distance`: mean distance of arousal from the goal, 0 where it is met; `zone`: share of the time within the goal's
zone; `told`: as distance, from what the listener said. Valence is too weakly read to judge anybody by."""
BETTER: dict[Measure, Literal["higher", "lower"]] = {"distance": "lower", "zone": "higher", "told": "lower"}
KNOWN_SHARE_MIN = 0.5
"""A block of which less was known, of one estimate a second, is left out."""


class SessionBlocks(NamedTuple):
    """One session's blocks; `missing` counts those of pairs that could not be measured whole."""

    session: str
    listener: str
    """The listener's id, or the name where there is none."""
    layout: TrialLayout
    blocks: tuple[Block, ...]
    missing: int


class Span(NamedTuple):
    """The measured time of a block."""

    number: int
    begins_ns: int
    ends_ns: int
    target: State


def read_session_blocks(folder: Path, measure: Measure) -> SessionBlocks:
    """Read a session.

    Raises:
        RecordingError: the folder is no session, or belongs to no trial with blocks.
    """
    reader = SessionReader(folder)
    config = reader.config
    if config.trial is None or not config.trial.blocks:
        raise RecordingError(f"{folder} is no session of a trial: it has no blocks.", "Play it with --trial.")
    history = History(reader)
    plan, layout = plan_of(config), config.trial
    found = {}
    for span in spans_in(history):
        if span.number < len(layout.blocks):
            outcome = _outcome(history, plan, span, measure)
            if outcome is not None:
                found[span.number] = outcome
    pairs = Counter(layout.blocks[number].pair for number in found)
    blocks = tuple(
        Block(config.session_id, str(layout.blocks[number].pair), layout.blocks[number].condition, outcome)
        for number, outcome in sorted(found.items())
        if pairs[layout.blocks[number].pair] > 1
    )
    listener = config.listener_id or config.listener
    return SessionBlocks(config.session_id, listener, layout, blocks, len(layout.blocks) - len(blocks))


def whole_outcome(folder: Path, measure: Measure) -> float | None:
    """The outcome of a session as one, from the end of its match on; None where too little is known.

    Raises:
        RecordingError: the folder is no session.
    """
    reader = SessionReader(folder)
    return outcome_of(History(reader), plan_of(reader.config), measure)


def outcome_of(history: History, plan: SessionPlan, measure: Measure) -> float | None:
    """As `whole_outcome`, of a session that was read already."""
    led = [item for item in history.decisions if item.context.phase in ("shift", "hold")]
    if not led:
        return None
    span = Span(-1, led[0].t_ns, led[-1].t_ns, plan.goal)
    return _outcome(history, plan, span, measure)


def spans_in(history: History) -> Iterator[Span]:
    """The blocks as they sounded, each without the time in which the one before it still works on."""
    heard_ns = {bar.bar_index: bar.t_ns for bar in history.played}
    begun = [item for item in history.decisions if item.revision == 0 and item.bar_index in heard_ns]
    begun.sort(key=lambda item: item.bar_index)
    for first, after in _changes(begun):
        if first.trial_block < 0:
            continue
        begins_ns, ends_ns = heard_ns[first.bar_index], heard_ns[after.bar_index]
        settled_ns = begins_ns + round(SETTLE_SHARE * (ends_ns - begins_ns))
        target = State(first.context.target_valence, first.context.target_arousal)
        yield Span(first.trial_block, settled_ns, ends_ns, target)


def _changes(decisions: list[Decision]) -> Iterator[tuple[Decision, Decision]]:
    """The first decision of each block and the first behind it; a block at the very end has none and is left out."""
    first = decisions[0] if decisions else None
    for decision in decisions:
        if first is not None and decision.trial_block != first.trial_block:
            yield first, decision
            first = decision


def _outcome(history: History, plan: SessionPlan, span: Span, measure: Measure) -> float | None:
    """The block's outcome; None where too little is known of it."""
    moment = plan.at(0.0, span.target)._replace(setpoint=span.target)
    if measure == "told":
        said = [item for item in history.commands if isinstance(item, SelfReport) and _is_in(span, item.t_ns)]
        return statistics.fmean(_distance(moment, item.value) for item in said) if said else None
    known = [item for item in history.affect if item.known and _is_in(span, item.t_ns)]
    if len(known) < KNOWN_SHARE_MIN * (span.ends_ns - span.begins_ns) / 1e9:
        return None
    return statistics.fmean(_worth(moment, item, measure) for item in known)


def _is_in(span: Span, t_ns: int) -> bool:
    return span.begins_ns <= t_ns < span.ends_ns


def _worth(moment: Moment, estimate: AffectEstimate, measure: Measure) -> float:
    left = _distance(moment, estimate.arousal)
    return float(left <= moment.zone) if measure == "zone" else left


def _distance(moment: Moment, arousal: float) -> float:
    """How far arousal has yet to go to the goal; 0 where it is on the allowed side."""
    return float(abs(moment.gap(State(moment.setpoint.valence, arousal)).arousal))
