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
import msgspec
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
SESSIONS, EFFECTS = (3, 6, 9, 12), (0.0, 0.2, 0.4, 0.6, 0.8)
PAIRS_TRIED = (2, 4, 6, 8, 9, 10, 12)


def verdicts(listener: Listener, n_listeners: int, seed: int) -> Iterator[Verdict]:
    """Each listener is keyed by number, so a shape's first listeners are the same whatever their count."""
    for number in range(n_listeners):
        yield judge(blocks_of(listener, np.random.default_rng([seed, number])))


def share(listener: Listener, n_listeners: int, seed: int) -> float:
    """Share of listeners who are told of an effect."""
    return float(np.mean([verdict.effect for verdict in verdicts(listener, n_listeners, seed)]))


def fooled_by_looking(n_listeners: int, seed: int) -> tuple[float, float]:
    """Shares of listeners without effect who are told of one at any of twelve looks: with the plan, and without one."""
    tables = [blocks_of(Listener(), np.random.default_rng([seed, number])) for number in range(n_listeners)]
    with_plan, without = set(), set()
    for n in range(1, PLANNED + 1):
        for number, blocks in enumerate(tables):
            verdict = judge([row for row in blocks if int(row.session) < n], planned=PLANNED)
            with_plan |= {number} if verdict.effect else set()
            without |= {number} if verdict.p < FINAL_ALPHA else set()
    return len(with_plan) / n_listeners, len(without) / n_listeners


def measure(n_listeners: int, seed: int) -> Iterator[Figure]:
    """The figures asked for, and those that explain them."""
    for name, listener in WITHOUT.items():
        yield _figure(f"no effect: {name}", share(listener, n_listeners, seed), n_listeners, at_most=0.05)
    looking, unplanned = fooled_by_looking(n_listeners, seed)
    figure = _figure("no effect: a look after each of 12 planned sessions", looking, n_listeners, at_most=0.05)
    yield msgspec.structs.replace(figure, note=f"{figure.note}; without --planned {unplanned:.3f}")
    found = list(verdicts(Listener(d=0.4), n_listeners, seed))
    helped = float(np.mean([verdict.effect and verdict.estimate > 0 for verdict in found]))
    yield _figure("d = 0.4: found after 12 sessions", helped, n_listeners, at_least=0.8)
    found = list(verdicts(Listener(d=-0.4), n_listeners, seed))
    harmed = float(np.mean([verdict.effect and verdict.estimate < 0 for verdict in found]))
    yield _figure("d = -0.4: found to be worse after 12 sessions", harmed, n_listeners, at_least=0.8)
    inside = float(np.mean([verdict.low <= -0.4 <= verdict.high for verdict in found]))
    yield _figure("d = -0.4: inside the interval", inside, n_listeners, at_least=0.95)


def _figure(name: str, value: float, n: int, *, at_most: float = 0.0, at_least: float = 0.0) -> Figure:
    """A share, with its interval of 95 % for so many listeners (Wilson 1927)."""
    z = 1.96
    middle, scale = (value + z**2 / (2 * n)), 1 + z**2 / n
    reach = z * math.sqrt(value * (1 - value) / n + z**2 / (4 * n**2))
    note = f"95 %: {(middle - reach) / scale:.3f} to {(middle + reach) / scale:.3f}"
    return Figure(name, value, at_most or at_least, "at most" if at_most else "at least", note=note)


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
    few = n_listeners // 5
    preface = [
        f"`python -m hardware.bench.verdict --listeners {n_listeners} --seed {seed}`: shares of {n_listeners:,}",
        f"simulated listeners, each drawn anew and judged at p < {FINAL_ALPHA}: what is asked leaves room for chance.",
        f"Unless said otherwise a listener has {PLANNED} sessions of {PAIRS} pairs of blocks, an adaptive one beside a",
        "yoked, static or silent one. A block beside its session has a standard deviation of 1, the unit of d.",
    ]
    parts = [
        as_markdown("Verdicts on simulated listeners, 2026-11-28", "\n".join(preface), figures),
        f"## Told of an effect, by sessions and size ({few:,} listeners each)\n",
        power_table(few, seed) + "\n",
        f"## How many blocks a session needs: d = 0.4, {PLANNED} sessions ({few:,} listeners each)\n",
        pairs_table(few, seed) + "\n",
        "The last column takes d in standard deviations of all blocks, half of whose variance is the sessions' own.\n",
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    main()
