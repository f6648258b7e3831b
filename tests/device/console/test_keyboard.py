import os
import pty
import sys
import tty
from collections.abc import Iterator

import pytest

from device.console.keyboard import Keys


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The other end of a pseudo-terminal that is standard input."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    with os.fdopen(slave) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield master


def test_all_keys_that_were_typed_come_at_once(terminal: int) -> None:
    with Keys() as keys:
        assert keys.pressed() == ""
        os.write(terminal, b"++q")
        assert keys.pressed() == "++q"
        os.close(terminal)


def test_a_key_that_is_no_text_is_passed_over(terminal: int) -> None:
    with Keys() as keys:
        os.write(terminal, b"\xe9c")
        assert keys.pressed() == "c"
        os.close(terminal)


def test_a_terminal_that_hangs_up_has_no_more_keys(terminal: int) -> None:
    with Keys() as keys:
        os.close(terminal)
        assert keys.pressed() == ""
        assert keys.pressed() == ""


@pytest.mark.parametrize("stdin", ["closed", "none"])
def test_without_a_terminal_there_are_no_keys(monkeypatch: pytest.MonkeyPatch, stdin: str) -> None:
    with open(os.devnull) as null:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdin", null if stdin == "closed" else None)
        with Keys() as keys:
            assert keys.pressed() == ""
