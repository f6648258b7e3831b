import io
import re

from hypothesis import given
from hypothesis import strategies as st
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from device.console.terminal import Terminal

STYLE = re.compile(r"\x1b\[[0-9;]*m")


def drawn(renderable: object, **options: object) -> str:
    terminal = Terminal(file=io.StringIO(), width=80, **options)
    terminal.print(renderable)
    return terminal.file.getvalue()


def table(cell: str | Text) -> Table:
    grid = Table("name")
    grid.add_row(cell)
    return grid


def test_markup_in_a_name_is_just_that() -> None:
    assert "[red]Ada[/red] [/] :smile:" in drawn(table("[red]Ada[/red] [/] :smile:"))
    assert "[/b]" in drawn("[/b]")


def test_control_characters_are_spelt_and_fit_their_column() -> None:
    shown = drawn(table("a\x1b]0;owned\x07\r\nb"))
    assert "a\\x1b]0;owned\\x07\\r\\nb" in shown
    assert len({len(line) for line in shown.splitlines()}) == 1


def test_a_styled_text_keeps_its_lines_and_its_style() -> None:
    shown = drawn(Panel(Text("one\ntwo \x1b[2J\x9b", "red")), force_terminal=True, color_system="standard")
    assert "\x1b[31mone" in shown
    assert "two " in shown
    assert "\\x1b[2J\\x9b" in STYLE.sub("", shown)
    assert "\x1b[2J" not in shown


@given(st.text(max_size=60))
def test_nothing_that_is_drawn_steers_the_terminal(text: str) -> None:
    for renderable in (text, Text(text, "bold"), table(text), table(Text(text))):
        plain = STYLE.sub("", drawn(renderable, force_terminal=True, color_system="standard"))
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", plain)
