"""One measured number beside the one asked for, whichever way round, and how a list of them is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
from rich.console import Console
from rich.table import Table


class Figure(msgspec.Struct, frozen=True):
    name: str
    value: float
    asked: float
    side: Literal["at least", "at most"] = "at least"
    unit: str = ""
    note: str = ""
    people: dict[str, float] = {}
    """Score of each person, where there are people."""

    @property
    def is_met(self) -> bool:
        return self.value >= self.asked if self.side == "at least" else self.value <= self.asked

    @property
    def measured(self) -> str:
        """The value as it is shown."""
        digits = f"{self.value:.0f}" if abs(self.value) >= 100 else f"{self.value:.3g}"
        return f"{digits} {self.unit}".strip()


def present(figures: Sequence[Figure], *, as_json: bool) -> None:
    """The figures on the terminal, or as JSON for programs."""
    if as_json:
        print(msgspec.json.encode(figures).decode())
    else:
        show(figures)


def show(figures: Sequence[Figure]) -> None:
    """The figures as a table on the terminal; those of people below it."""
    table = Table("figure", "measured", "asked", "", "note")
    for figure in figures:
        met = "[green]met[/]" if figure.is_met else "[red]missed[/]"
        table.add_row(figure.name, figure.measured, f"{figure.side} {figure.asked:g}", met, figure.note)
    console = Console()
    console.print(table)
    for figure in figures:
        if figure.people:
            console.print(figure.name, " ".join(f"{name} {score:.2f}" for name, score in figure.people.items()))


def as_markdown(title: str, preface: str, figures: Sequence[Figure]) -> str:
    """A report: what was missed stands out."""
    rows = [
        f"| {figure.name} | {figure.measured} | {figure.side} {figure.asked:g} "
        f"| {'met' if figure.is_met else '**missed**'} | {figure.note} |"
        for figure in figures
    ]
    head = [f"# {title}", "", preface, "", "| figure | measured | asked | | |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows, ""])
