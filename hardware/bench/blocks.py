"""Listeners of whom only the blocks of their sessions are known: with an effect or without, and with every nuisance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from device.trials.table import CONDITIONS, Block

Floats = npt.NDArray[np.float64]
Deal = Literal["pairs", "session", "pieces", "sessions"]
"""What is left to chance: the order within pairs of an adaptive block and another, which is how sessions are played;
that of all blocks of a session; that of one piece for each condition; or which condition a whole session has."""


class Listener(NamedTuple):
    """What outcomes are like. A block beside its session has a standard deviation of 1."""

    d: float = 0.0
    """The effect of adaptive blocks."""
    sessions: int = 12
    times: int = 9
    """Blocks of each condition in a session; `pairs`: number of pairs."""
    conditions: tuple[str, ...] = CONDITIONS
    deal: Deal = "pairs"
    autocorrelation: float = 0.0
    """Correlation of a block with the one before it."""
    drift: float = 0.0
    """How far outcomes go over a session."""
    habit: float = 0.0
    """How far they go over all sessions."""
    tail: float = 0.0
    """Degrees of freedom of Student's t; 0: normal."""
    step: float = 0.0
    """Step of the scale on which they are told; 0: none."""
    lost: float = 0.0
    """Share of blocks that could not be measured."""
    of_music: float = 0.0
    """How much worse silence is than all music: no effect of adaptive music on who is told apart by that alone."""


def blocks_of(listener: Listener, random: np.random.Generator) -> list[Block]:
    """One listener's table, drawn anew."""
    blocks: list[Block] = []
    whole = random.permutation(np.resize(listener.conditions, listener.sessions))
    for session in range(listener.sessions):
        names, labels = _labels(listener, random, str(whole[session]))
        n = len(labels)
        treated = np.array([label == "adaptive" for label in labels])
        outcome = _noise(listener, random, n) + random.normal() + listener.d * treated
        outcome += listener.drift * np.arange(n) / n + listener.habit * session / listener.sessions
        outcome -= listener.of_music * np.array([label == "silence" for label in labels])
        if listener.step:
            outcome = np.round(outcome / listener.step) * listener.step
        rows = zip(names, labels, outcome, random.random(n) >= listener.lost, strict=True)
        blocks += [Block(str(session), name, label, float(value)) for name, label, value, is_kept in rows if is_kept]
    return blocks


def _labels(listener: Listener, random: np.random.Generator, whole: str) -> tuple[list[str], Sequence[str]]:
    """Names and conditions of a session's blocks in their order; `whole` is the session's where it has but one."""
    if listener.deal == "pairs":
        others = random.permutation(np.resize(random.permutation(listener.conditions[1:]), listener.times))
        pairs = [random.permutation(["adaptive", other]) for other in others]
        return [str(place // 2) for place in range(2 * len(pairs))], np.concatenate(pairs).tolist()
    labels = np.repeat(listener.conditions, listener.times)
    if listener.deal == "session":
        labels = random.permutation(labels)
    elif listener.deal == "pieces":
        labels = np.repeat(random.permutation(listener.conditions), listener.times)
    else:
        labels = np.repeat(whole, len(labels))
    return [str(place) for place in range(len(labels))], labels.tolist()


def _noise(listener: Listener, random: np.random.Generator, n: int) -> Floats:
    """Deviations of n blocks from their session, with a standard deviation of 1."""
    tail, rho = listener.tail, listener.autocorrelation
    noise: Floats = random.standard_t(tail, n) / np.sqrt(tail / (tail - 2)) if tail else random.normal(size=n)
    for place in range(1, n):
        noise[place] = rho * noise[place - 1] + np.sqrt(1 - rho**2) * noise[place]
    return noise


def as_csv(blocks: Sequence[Block]) -> str:
    """The table as a spreadsheet would write it."""
    lines = [",".join((row.session, row.block, row.condition, repr(row.outcome))) for row in blocks]
    return "\n".join(["session,block,condition,outcome", *lines, ""])
