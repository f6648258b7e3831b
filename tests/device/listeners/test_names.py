import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.listeners.names import is_anybody, normal

anything = st.text(st.characters(codec=None, exclude_categories=()))


@given(anything)
def test_a_name_has_one_form_that_can_be_stored(name: str) -> None:
    once = normal(name)
    assert normal(once) == once
    once.encode("utf-8")
    text = name.encode("utf-8", "backslashreplace").decode()
    assert normal(unicodedata.normalize("NFD", text)) == normal(f"  {text} ")


@pytest.mark.parametrize("name", ["guest", "Guest", " guest ", "", "  "])
def test_a_guest_is_nobody(name: str) -> None:
    assert is_anybody(name)


def test_names_that_are_spelt_alike_are_one_and_others_are_not() -> None:
    assert normal("Zoe\u0308  M") == normal("Zo\u00eb M")
    assert normal("Ada") != normal("ada")
    assert not is_anybody("guest 2")
