"""`python -m export.twin.validity`: is the virtual listener like the people in print? Failed findings are told as such.

Each finding is simulated at its own design and sample size. An effect is met where the published value lies within the
central 95 % of the replications, or the mean of them within the published interval; that something came out, or did
not, where most of the replications say so too. A finding holds if that is so for every seed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import numpy as np

from export.twin.findings import FINDINGS, NOT_REPRESENTED, Finding
from hardware.twin.people import Floats

mpl.use("Agg")
from matplotlib import pyplot as plt

CARD = Path(__file__).parents[2] / "hardware/twin/validity.md"
CHUNK = 50
"""Replications at a time, as many as memory holds of the largest study."""
POOLED = 25
"""One meta-analysis is simulated for so many single trials: each holds more than a thousand people."""
MOST = 0.5
"""A yes or no in print is one draw: it is met where the twin gives it more often than not."""


class Result(NamedTuple):
    finding: Finding
    seeds: tuple[Floats, ...]
    """The replications of each seed."""

    @property
    def values(self) -> Floats:
        return np.concatenate(self.seeds)

    @property
    def holds(self) -> bool:
        return all(_holds(self.finding, values) for values in self.seeds)


def _holds(finding: Finding, values: Floats) -> bool:
    if finding.published is None:
        return bool(values.mean() > MOST)
    if finding.interval is not None:
        return bool(finding.interval[0] <= values.mean() <= finding.interval[1])
    low, high = np.quantile(values, (0.025, 0.975))
    return bool(low <= finding.published <= high)


def check(findings: Sequence[Finding], replications: int, seeds: Sequence[int]) -> list[Result]:
    """Simulate each finding; says on standard error how far it is."""
    results = []
    for number, finding in enumerate(findings, 1):
        print(f"{number}/{len(findings)} {finding.name}", file=sys.stderr)
        size = max(replications // POOLED, 1) if finding.is_pooled else replications
        drawn = tuple(_replicate(finding, size, (seed, number)) for seed in seeds)
        results.append(Result(finding, drawn))
    return results


def _replicate(finding: Finding, replications: int, key: tuple[int, int]) -> Floats:
    random = np.random.default_rng(key)
    sizes = [CHUNK] * (replications // CHUNK) + [replications % CHUNK]
    return np.concatenate([finding.study(random, size) for size in sizes if size])


def card(results: Sequence[Result], command: str) -> str:
    """The page, failed findings included."""
    failed = [result.finding.name for result in results if not result.holds]
    told = f"; failed: {'; '.join(failed)}" if failed else ""
    lines = [
        "# Validity of the virtual listener",
        "",
        f"Written by `{command}`. {len(results) - len(failed)} of {len(results)} published findings hold{told}.",
        "",
        "Each finding is simulated at its own design and sample size, on a quarter each of the families in which music",
        f"works; of meta-analyses (104 x 92: trials x people) a replication for {POOLED} of the others. Where a value",
        "is published it must lie in the central 95 % of the replications (or their mean in the published interval);",
        "where only a yes or no is, more than half of the replications must give it; for all",
        "seeds. *fitted*: the gains and the heart's error were set so that it holds; all others are predictions.",
        "",
        "Not in our sources, so assumed: the sizes 4 x 30, 20, 80 and 100, how people spread over pooled trials, the",
        "music of each study as it is heard; a null has no equivalence bound in print.",
        "",
        "| finding | source | n | published | simulated: mean, central 95 % | |",
        "|---|---|---|---|---|---|",
    ]
    lines += [_row(result) for result in results]
    lines += ["", "![The findings with an effect size](validity.png)", "", "## Not represented", ""]
    lines += ["| finding | source | why |", "|---|---|---|"]
    lines += [f"| {name} | {source} | {why} |" for name, source, why in NOT_REPRESENTED]
    return "\n".join(lines) + "\n"


def _row(result: Result) -> str:
    finding, values = result.finding, result.values
    verdict = "holds" if result.holds else "**FAILED**"
    fitted = " (fitted)" if finding.is_fitted else ""
    if finding.published is None:
        told = ("yes", f"yes in {100 * values.mean():.0f} % of replications")
    else:
        low, high = np.quantile(values, (0.025, 0.975))
        interval = f" [{finding.interval[0]:g}, {finding.interval[1]:g}]" if finding.interval else ""
        told = (f"{finding.published:g}{interval}", f"{values.mean():.2f} [{low:.2f}, {high:.2f}]")
    return f"| {finding.name} | {finding.source} | {finding.n} | {told[0]} | {told[1]} | {verdict}{fitted} |"


def draw(results: Sequence[Result], path: Path) -> None:
    """A picture of the findings that have an effect size."""
    shown = [result for result in results if result.finding.published is not None]
    figure, axes = plt.subplots(figsize=(9, 0.5 * len(shown) + 1.2), layout="constrained")
    for row, result in enumerate(shown):
        low, high = np.quantile(result.values, (0.025, 0.975))
        colour = "tab:blue" if result.holds else "tab:red"
        axes.plot([low, high], [row, row], color=colour, lw=5, alpha=0.35, solid_capstyle="butt")
        axes.plot(result.values.mean(), row, "|", color=colour, ms=14, mew=2)
        if result.finding.interval:
            axes.plot(result.finding.interval, [row + 0.22] * 2, color="black", lw=1)
        axes.plot(result.finding.published, row, "D", color="black", ms=6)
    axes.set_yticks(range(len(shown)), [result.finding.name for result in shown])
    axes.invert_yaxis()
    axes.axvline(0, color="grey", lw=0.5)
    axes.set_xlabel("effect (d), or share; ◆ published, band: central 95 % of the replications, red: failed")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m export.twin.validity", description=__doc__)
    parser.add_argument("--replications", type=int, default=1000, help="of each trial and seed")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=CARD)
    options = parser.parse_args(argv)
    results = check(FINDINGS, options.replications, range(options.seeds))
    command = f"python -m export.twin.validity --replications {options.replications} --seeds {options.seeds}"
    options.out.write_text(card(results, command), "utf-8")
    draw(results, options.out.with_suffix(".png"))
    print(f"{options.out.name}: {sum(result.holds for result in results)} of {len(results)} findings hold")
    return 0


if __name__ == "__main__":
    sys.exit(main())
