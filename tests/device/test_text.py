from hypothesis import given
from hypothesis import strategies as st

from device.text import printable


def test_what_steers_a_terminal_is_spelt_and_what_people_write_is_not() -> None:
    assert printable("a\x1b]0;x\x07\r\n\x9b31m\u202e\udcff") == "a\\x1b]0;x\\x07\\r\\n\\x9b31m\\u202e\\udcff"
    for name in ("Zoë 中村 🎧", "a\tb", "نیم\u200cفاصله", "1\xa0s"):
        assert printable(name) == name


@given(st.text(st.characters()))
def test_text_is_shown_on_one_line_in_characters(text: str) -> None:
    line = printable(text)
    assert len(line.splitlines()) <= 1
    assert not any(character < " " for character in line if character != "\t")
    line.encode("utf-8")
    if text.isprintable():
        assert line == text
