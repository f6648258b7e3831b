"""Reads single keys from a terminal, without Enter and without waiting."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import sys
import termios
import tty
from types import TracebackType
from typing import Any, Self

KEYS_AT_ONCE = 64


class Keys:
    """Context manager: `pressed()` gives the keys since the last call.

    Nothing comes where standard input is no terminal, where the terminal is gone, or while another program has it:
    a job in the background that touches its terminal is stopped by the kernel.
    """

    def __init__(self) -> None:
        self._terminal = sys.stdin.fileno() if sys.stdin is not None and sys.stdin.isatty() else -1
        self._saved: list[Any] | None = None

    def __enter__(self) -> Self:
        with contextlib.suppress(termios.error):
            if self._is_ours():
                self._saved = termios.tcgetattr(self._terminal)
                tty.setcbreak(self._terminal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(termios.error):
            if self._saved is not None and self._is_ours():
                termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._saved)

    def pressed(self) -> str:
        try:
            if not self._is_ours() or not select.select([self._terminal], [], [], 0)[0]:
                return ""
            typed = os.read(self._terminal, KEYS_AT_ONCE)
        except OSError:
            typed = b""
        if not typed:
            self._terminal = -1
        return typed.decode("ascii", "ignore")

    def _is_ours(self) -> bool:
        """Whether this program has the terminal's foreground."""
        try:
            return self._terminal >= 0 and os.tcgetpgrp(self._terminal) == os.getpgrp()
        except OSError as error:
            return error.errno == errno.ENOTTY  # it governs no jobs
