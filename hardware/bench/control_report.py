"""What `isotone bench control` found: a table on the terminal, and a report with a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from rich.console import Console
from rich.table import Table

from hardware.bench.control_scores import Compared, Row
from hardware.bench.figures import Figure, as_markdown

HEADS = (
    "policy",
    "time in zone",
    "median",
    "to the zone, min",
    "median",
    "distance",
    "worst 5 %",
    "than silence",
    "rests",
)


def cells(compared: Compared, row: Row) -> tuple[str, ...]:
    """A row of the table, as `HEADS` says."""
    return (
        row.policy,
        f"{row.time_in_zone:.1%}",
        f"{row.time_in_zone_median:.1%}",
        f"{row.time_to_target_s / 60:.1f}",
        f"{row.time_to_target_median_s / 60:.1f}",
        f"{row.distance:.3f}",
        f"{row.worst_distance:.3f}",
        f"{compared.harm(row.policy):+.1%}",
        f"{row.rests:.0%}",
    )


def print_table(compared: Compared) -> None:
    table = Table(*HEADS)
    for row in compared.rows:
        table.add_row(*cells(compared, row), style="bold" if row.policy == compared.best else "")
    Console().print(table)


def write(path: Path, compared: Compared, figures: Sequence[Figure], title: str, preface: str) -> None:
    """Write the report, and its picture beside it."""
    picture = path.with_suffix(".png")
    draw(picture, compared)
    text = as_markdown(title, preface, figures)
    parts = [text, f"![Time in the zone, by policy, family and session]({picture.name})", "", *_main(compared)]
    path.write_text("\n".join([*parts, "", *_by_family(compared), ""]), "utf-8")


def _main(compared: Compared) -> list[str]:
    return _table(HEADS, [cells(compared, row) for row in compared.rows])


def _by_family(compared: Compared) -> list[str]:
    """Time in the zone, and how the worst of each family fare beside the worst in silence."""
    families = list(compared.rows[0].by_family)
    rows = [
        (row.policy, *(f"{row.by_family[name]:.1%} ({compared.harm(row.policy, name):+.1%})" for name in families))
        for row in compared.rows
    ]
    told = "Time in the zone by family; in brackets how much further from the goal its worst 5 % are than in silence:"
    return [told, "", *_table(("policy", *families), rows)]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(line)} |" for line in (heads, ["---"] * len(heads), *rows)]


def draw(path: Path, compared: Compared) -> None:
    """Three pictures in one: all people, each family, and what sessions add."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 - after the backend is chosen

    figure, (everybody, families, sessions) = plt.subplots(1, 3, figsize=(15, 5), layout="constrained")
    _draw_everybody(everybody, compared)
    _draw_families(families, compared)
    _draw_sessions(sessions, compared)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _draw_everybody(axes: Any, compared: Compared) -> None:
    """Time in the zone of the nine tenths of people, policy by policy."""
    for place, row in enumerate(compared.rows):
        colour = "tab:orange" if row.policy == compared.best else "tab:blue"
        axes.plot([row.time_in_zone_deciles[0], row.time_in_zone_deciles[-1]], [place, place], color=colour, alpha=0.4)
        axes.plot(row.time_in_zone_deciles, [place] * 9, "|", color=colour)
        axes.plot(row.time_in_zone, place, "o", color=colour)
    axes.set_yticks(range(len(compared.rows)), [row.policy for row in compared.rows])
    axes.invert_yaxis()
    axes.set(xlim=(0, 1), xlabel="share of shift and hold in the zone", title="All people: mean, and tenths of people")


def _draw_families(axes: Any, compared: Compared) -> None:
    """Time in the zone by family, as a map."""
    families = list(compared.rows[0].by_family)
    values = np.array([[row.by_family[name] for name in families] for row in compared.rows])
    axes.imshow(values, vmin=0, aspect="auto", cmap="viridis")
    for (down, along), value in np.ndenumerate(values):
        axes.text(along, down, f"{value:.0%}", ha="center", va="center", color="white", fontsize=8)
    axes.set_xticks(range(len(families)), families, rotation=30, ha="right")
    axes.set_yticks(range(len(compared.rows)), [row.policy for row in compared.rows])
    axes.set_title("Each family: mean time in the zone")


def _draw_sessions(axes: Any, compared: Compared) -> None:
    """Time in the zone from session to session: only a policy that remembers has a reason to rise."""
    for row in compared.rows:
        is_best = row.policy == compared.best
        axes.plot(range(1, len(row.by_session) + 1), row.by_session, "o-", label=row.policy, lw=3 if is_best else 1)
    axes.set(xlabel="session", ylabel="share of shift and hold in the zone", title="From session to session")
    axes.set_xticks(range(1, len(compared.rows[0].by_session) + 1))
    axes.legend(fontsize=7, ncols=2)
