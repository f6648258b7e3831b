"""The terminal as rich draws on it: text that comes from elsewhere is shown as it is, without markup or steering."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType  # noqa: TID251 - it is made safe here
from rich.segment import Segment
from rich.text import Text

from device.text import STEERING, printable


class Terminal(Console):
    """A console on which nothing that is drawn can steer the terminal, and `[red]` in a name is just that."""

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(printable(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        return super().render(_spelt(renderable) if isinstance(renderable, Text) else renderable, options)


def _spelt(text: Text) -> Text:
    """A text with its own line ends, in which other control characters are spelt and styles are kept."""
    places = [found.start() for found in STEERING.finditer(text.plain) if found[0] != "\n"]
    if not places:
        return text
    parts = text.divide([edge for place in places for edge in (place, place + 1)])
    for part in parts:
        if part.plain != "\n":
            part.plain = printable(part.plain) if STEERING.fullmatch(part.plain) else part.plain
    return Text("", justify=text.justify, overflow=text.overflow, no_wrap=text.no_wrap, end=text.end).join(parts)
