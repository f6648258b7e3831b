"""The picture in the docs is the table's own."""

from pathlib import Path

from device.box import machine, picture


def test_the_page_shows_what_the_table_says() -> None:
    page = (Path(machine.__file__).parent / "README.md").read_text("utf-8")
    drawn = page.partition("```mermaid\n")[2].partition("\n```")[0]
    assert drawn == picture.draw(), "draw it anew: isotone box --draw"


def test_every_state_and_every_event_of_the_table_is_drawn() -> None:
    drawn = picture.draw()
    for (state, event), row in machine.TABLE.items():
        assert any(line.startswith(f"    {state} --> {row.to}: ") and event in line for line in drawn.splitlines())
