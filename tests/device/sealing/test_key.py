import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.sealing.key import Key


@given(st.text(max_size=200), st.text(max_size=20), st.text(max_size=20))
def test_a_text_opens_by_its_key_and_for_what_it_is_about_alone(text: str, about: str, other: str) -> None:
    text, about, other = (word.encode("utf-8", "replace").decode() for word in (text, about, other))
    with Key.new() as key, Key.new() as wrong:
        sealed = key.seal_text(text, about)
        assert key.open_text(sealed, about) == text
        assert key.seal_text(text, about) != sealed, "the same word twice does not look alike"
        with pytest.raises(ValueError):
            wrong.open_text(sealed, about)
        if other != about:
            with pytest.raises(ValueError):
                key.open_text(sealed, other)


@given(st.integers(0, 59), st.integers(1, 255))
def test_a_wrapped_key_of_which_one_bit_was_changed_opens_nothing(place: int, change: int) -> None:
    with Key.new() as key, Key.new() as inner:
        wrapped = bytearray(key.wrap(inner, "a"))
        with key.unwrap(bytes(wrapped), "a") as again:
            assert again.data == inner.data
        wrapped[place] ^= change
        with pytest.raises(ValueError):
            key.unwrap(bytes(wrapped), "a")


def test_what_is_no_wrapped_key_and_no_sealed_text_is_refused() -> None:
    with Key.new() as key:
        with pytest.raises(ValueError, match="no wrapped key"):
            key.unwrap(b"short", "a")
        for text in ("", "\nsealed:", "\nsealed:???", "\nsealed:AAAA"):
            with pytest.raises(ValueError):
                key.open_text(text, "a")


def test_a_key_is_overwritten_at_the_end_of_its_with() -> None:
    with Key.new() as key:
        data = key.data
        assert any(data)
    assert not any(data)
