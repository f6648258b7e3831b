"""A roll-out: who is offered a bundle next, and when nobody is any more. Pure: what boxes told is always given.

First one box, then a tenth of them, then all; and of those only a few at a time, so that there is still somebody to
spare when some fail.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, NamedTuple

import msgspec

from device.fleet.board import Line
from device.fleet.layout import Name
from device.fleet.offer import Digest, RolloutId, Version
from device.fleet.report import Phase, Word

Stage = Literal["canary", "10 %", "all"]
STAGES: tuple[Stage, ...] = ("canary", "10 %", "all")
State = Literal["runs", "halted", "done"]
Become = Literal["", "fetching", "waiting", "installing", "trial", "good", "failed", "refused", "lost"]
SETTLED: tuple[Become, ...] = ("good", "failed", "refused", "lost")
FAILED: tuple[Become, ...] = ("failed", "refused", "lost")
TRYING: tuple[Phase, ...] = ("installing", "trial")
LOST_NS = 30 * 60 * 1_000_000_000
"""A box that tells neither of an end nor of a failure for so long, after it began to install, has failed."""


class Rollout(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a roll-out, so that it goes on where it was."""

    form: int = 1
    id: RolloutId
    group: Name
    release: Version
    sha256: Digest
    boxes: tuple[Name, ...]
    """In the order in which they are offered it."""
    offered: tuple[Name, ...] = ()
    stage: Stage = "canary"
    state: State = "runs"
    why: str = ""
    failures_max: Annotated[int, msgspec.Meta(ge=0)] = 2
    """So many failures are borne; the next one halts it. In the first stage none is."""
    at_once: Annotated[int, msgspec.Meta(ge=1)] = 5
    """How many are renewed at the same time."""

    @property
    def n_in_stage(self) -> int:
        """How many of the boxes may have been offered it by now."""
        n_boxes = len(self.boxes)
        n_wanted = {"canary": 1, "10 %": 1 + math.ceil(n_boxes / 10), "all": n_boxes}[self.stage]
        return min(n_boxes, n_wanted)


class Told(NamedTuple):
    """How far a box has come, and whether it is there."""

    become: Become
    online: bool


def order(lines: Sequence[Line], first: str = "") -> tuple[str, ...]:
    """The order of boxes: one that was named first, then who is there and well, by name."""
    ranked = sorted(
        lines,
        key=lambda line: (line.report.name != first, not line.online, not line.is_well, line.report.name),
    )
    return tuple(line.report.name for line in ranked)


class Watch:
    """Says how far each box has come, and misses those that began to install and tell nothing more."""

    def __init__(self) -> None:
        self._trying_ns: dict[str, int] = {}

    def told(self, rollout: Rollout, lines: Sequence[Line], now_ns: int) -> dict[str, Told]:
        found = {line.report.name: line for line in lines}
        return {box: self._of(rollout, box, found.get(box), now_ns) for box in rollout.boxes}

    def _of(self, rollout: Rollout, box: str, line: Line | None, now_ns: int) -> Told:
        if line is None or box not in rollout.offered or line.report.rollout != rollout.id:
            return Told("", line is not None and line.online)
        if line.report.update not in TRYING:
            self._trying_ns.pop(box, None)
            return Told(line.report.update, line.online)
        is_lost = now_ns - self._trying_ns.setdefault(box, now_ns) > LOST_NS
        return Told("lost" if is_lost else line.report.update, line.online)


def advance(rollout: Rollout, told: Mapping[str, Told]) -> Rollout:
    """What follows from what was told: another stage, more offers, an end or a halt."""
    if rollout.state != "runs":
        return rollout
    failed = [box for box in rollout.offered if told[box].become in FAILED]
    n_borne = 0 if rollout.stage == "canary" else rollout.failures_max
    if len(failed) > n_borne:
        why = f"{len(failed)} failed ({', '.join(failed)}), and {n_borne} are borne."
        return msgspec.structs.replace(rollout, state="halted", why=why)
    if _is_over(rollout, told):
        if rollout.n_in_stage == len(rollout.boxes):
            return msgspec.structs.replace(rollout, state="done")
        following = STAGES[STAGES.index(rollout.stage) + 1]
        return advance(msgspec.structs.replace(rollout, stage=following), told)
    return _offer_more(rollout, told)


def _is_over(rollout: Rollout, told: Mapping[str, Told]) -> bool:
    """Whether a stage is: all its boxes are settled. The second one does not wait for boxes that are switched off."""
    boxes = rollout.boxes[: rollout.n_in_stage]
    may_skip = rollout.stage == "10 %" and len(boxes) < len(rollout.boxes)
    waited_for = [box for box in boxes if told[box].online or not may_skip]
    return all(told[box].become in SETTLED for box in waited_for)


def _offer_more(rollout: Rollout, told: Mapping[str, Told]) -> Rollout:
    waiting = [box for box in rollout.boxes[: rollout.n_in_stage] if box not in rollout.offered]
    is_at_it = [told[box].online and told[box].become not in SETTLED for box in rollout.offered]
    room = max(0, rollout.at_once - sum(is_at_it))
    return msgspec.structs.replace(rollout, offered=(*rollout.offered, *waiting[:room]))


def is_waiting_for_nobody(rollout: Rollout, told: Mapping[str, Told]) -> bool:
    """Whether all that are left in its stage are switched off."""
    boxes = rollout.boxes[: rollout.n_in_stage]
    is_there = [told[box].online and told[box].become not in SETTLED for box in boxes]
    return rollout.state == "runs" and not any(is_there)


def tally(told: Mapping[str, Told]) -> dict[Word, int]:
    """How many boxes have come how far."""
    counts: dict[Word, int] = {}
    for each in told.values():
        name = each.become or ("to come" if each.online else "off")
        counts[name] = counts.get(name, 0) + 1
    return counts
