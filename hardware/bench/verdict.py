"""How often `isotone verdict` is wrong: listeners without effect who are told of one, and those with one who are not.

    python -m hardware.bench.verdict --listeners 2000 --seed 0 --out hardware/bench/2026-11-28-verdict.md

Every listener is drawn anew and judged by the code that ships. A block beside its session has a standard deviation of
1, so d is in standard deviations of one block: the strictest reading of an effect size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np

from device.trials.schedule import PAIRS
from device.trials.verdict import FINAL_ALPHA, Verdict, judge
from hardware.bench.blocks import Listener, blocks_of
from hardware.bench.figures import Figure, as_markdown, show

PLANNED = 12
WITHOUT = {
    "as sessions are played": Listener(),
    "3 sessions": Listener(sessions=3),
    "6 sessions": Listener(sessions=6),
    "9 sessions": Listener(sessions=9),
    "blocks like the one before (0.7)": Listener(autocorrelation=0.7),
    "a drift of 3 over each session": Listener(drift=3.0),
    "a drift of 3 over all sessions": Listener(habit=3.0),
    "heavy tails (t, 2.5 degrees)": Listener(tail=2.5),
    "a scale of whole numbers": Listener(step=1.0),
    "a quarter of the blocks lost": Listener(lost=0.25),
    "two pairs a session": Listener(times=2),
    "one row for each condition": Listener(deal="session", times=1),
    "four rows for each condition": Listener(deal="session", times=4),
    "the same, alike (0.7), drift of 3": Listener(deal="session", times=4, autocorrelation=0.7, drift=3.0),
    "two conditions, one row each": Listener(deal="session", times=1, conditions=("adaptive", "silence")),
    "one piece each, blocks alike (0.7)": Listener(deal="pieces", times=4, autocorrelation=0.7),
    "whole sessions, blocks alike (0.7)": Listener(deal="sessions", times=4, autocorrelation=0.7),
    "two sessions of four rows each": Listener(sessions=2, deal="session", times=4),
}
"""No effect, in every shape that a table may have."""
SESSIONS, EFFECTS = (3, 6, 9, 12, 18), (0.0, 0.2, 0.4, 0.6, 0.8)
PAIRS_TRIED = (1, 2, 4, 6, 8, 9, 10, 12)


def verdicts(listener: Listener, n_listeners: int, seed: int) -> Iterator[Verdict]:
    """Each listener is keyed by number, so a shape's first listeners are the same whatever their count."""
    for number in range(n_listeners):
        yield judge(blocks_of(listener, np.random.default_rng([seed, number])))


def share(listener: Listener, n_listeners: int, seed: int) -> float:
    """Share of listeners who are told of an effect."""
    return float(np.mean([verdict.effect for verdict in verdicts(listener, n_listeners, seed)]))


def fooled_by_looking(n_listeners: int, seed: int, planned: int) -> float:
    """Share of listeners without effect who are told of one at any of twelve looks, one after each session."""
    tables = [blocks_of(Listener(), np.random.default_rng([seed, number])) for number in range(n_listeners)]
    fooled = set()
    for n in range(1, PLANNED + 1):
        for number, blocks in enumerate(tables):
            seen = [row for row in blocks if int(row.session) < n]
            if judge(seen, planned=planned).effect:
                fooled.add(number)
    return len(fooled) / n_listeners


def measure(n_listeners: int, seed: int) -> Iterator[Figure]:
    """The figures asked for, and those that explain them."""
    for name, listener in WITHOUT.items():
        yield Figure(f"no effect: {name}", share(listener, n_listeners, seed), 0.05, "at most")
    looking = fooled_by_looking(n_listeners, seed, PLANNED)
    yield Figure("no effect: a look after each of 12 planned sessions", looking, 0.05, "at most")
    found = list(verdicts(Listener(d=0.4), n_listeners, seed))
    yield Figure("d = 0.4: found after 12 sessions", float(np.mean([verdict.effect for verdict in found])), 0.8)
    found = list(verdicts(Listener(d=-0.4), n_listeners, seed))
    worse = [verdict.effect and verdict.estimate < 0 for verdict in found]
    yield Figure("d = -0.4: found to be worse after 12 sessions", float(np.mean(worse)), 0.8)
    inside = [verdict.low <= -0.4 <= verdict.high for verdict in found]
    yield Figure("the interval holds the true effect", float(np.mean(inside)), 1 - 0.05)


def power_table(n_listeners: int, seed: int) -> str:
    """Shares told of an effect, by sessions and d."""
    rows = [
        f"| {n} | " + " | ".join(f"{share(Listener(sessions=n, d=d), n_listeners, seed):.3f}" for d in EFFECTS) + " |"
        for n in SESSIONS
    ]
    head = ["| sessions | " + " | ".join(f"d = {d:g}" for d in EFFECTS) + " |", "|---" * (len(EFFECTS) + 1) + "|"]
    return "\n".join([*head, *rows])


def pairs_table(n_listeners: int, seed: int) -> str:
    """Power at d = 0.4 after 12 sessions, by pairs of blocks in a session; also where d counts sessions' levels too."""
    rows = []
    for pairs in PAIRS_TRIED:
        strict, total = (share(Listener(times=pairs, d=d), n_listeners, seed) for d in (0.4, 0.4 * math.sqrt(2)))
        rows.append(f"| {pairs} | {2 * pairs} | {strict:.3f} | {total:.3f} |")
    return "\n".join(
        ["| pairs | blocks | power | power, d of blocks and sessions together |", "|---|---|---|---|", *rows]
    )


@click.command()
@click.option("--listeners", "n_listeners", type=click.IntRange(10), default=2000, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Write a report.")
def main(n_listeners: int, seed: int, out: Path | None) -> None:
    """False alarms and power of the verdict on simulated listeners."""
    figures = list(measure(n_listeners, seed))
    show(figures)
    if out:
        out.write_text(report(figures, n_listeners, seed), "utf-8")


def report(figures: list[Figure], n_listeners: int, seed: int) -> str:
    error = math.sqrt(FINAL_ALPHA * (1 - FINAL_ALPHA) / n_listeners)
    preface = [
        f"`python -m hardware.bench.verdict --listeners {n_listeners} --seed {seed}`: shares of {n_listeners:,}",
        f"simulated listeners, each drawn anew; a share of 0.045 has a standard error of {error:.4f}.",
        f"Unless said otherwise a listener has {PLANNED} sessions of {PAIRS} pairs of blocks, an adaptive one beside a",
        "yoked, static or silent one. A block beside its session has a standard deviation of 1, the unit of d.",
    ]
    unplanned = fooled_by_looking(n_listeners, seed, 0)
    parts = [
        as_markdown("Verdicts on simulated listeners, 2026-11-28", "\n".join(preface), figures),
        f"Whoever looks after each session without a plan (`--planned 0`) is fooled in {unplanned:.3f}.\n",
        "## Told of an effect, by sessions and size\n",
        power_table(n_listeners, seed) + "\n",
        f"## How many blocks a session needs: d = 0.4, {PLANNED} sessions\n",
        pairs_table(n_listeners, seed) + "\n",
        "The last column takes d in standard deviations of all blocks, half of whose variance is the sessions' own.\n",
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    main()
