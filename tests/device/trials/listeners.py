"""Listeners of whom only blocks are known: made with an effect, or without one."""

import numpy as np

from device.trials.table import CONDITIONS, Block


def dealt(
    random: np.random.Generator,
    *,
    d: float = 0.0,
    sessions: int = 12,
    times: int = 4,
    conditions: tuple[str, ...] = CONDITIONS,
    autocorrelation: float = 0.0,
    drift: float = 0.0,
    tail: float = 0.0,
    step: float = 0.0,
) -> list[Block]:
    """Blocks with a standard deviation of 1, each condition so many `times` in each session, in random order.

    `drift` is that of a whole session; `tail` above 0 the degrees of freedom of Student's t; `step` a scale's step.
    """
    blocks = []
    for session in range(sessions):
        labels = random.permutation(np.repeat(conditions, times))
        n = len(labels)
        noise = random.standard_t(tail, n) / np.sqrt(tail / (tail - 2)) if tail else random.normal(size=n)
        for place in range(1, n):
            noise[place] = autocorrelation * noise[place - 1] + np.sqrt(1 - autocorrelation**2) * noise[place]
        outcome = random.normal() + noise + drift * np.arange(n) / n + d * (labels == "adaptive")
        outcome = np.round(outcome / step) * step if step else outcome
        blocks += [Block(str(session), str(place), str(labels[place]), float(outcome[place])) for place in range(n)]
    return blocks


def as_csv(blocks: list[Block]) -> str:
    lines = [",".join((row.session, row.block, row.condition, repr(row.outcome))) for row in blocks]
    return "\n".join(["session,block,condition,outcome", *lines, ""])
