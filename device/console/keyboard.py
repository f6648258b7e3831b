"""Single keys from a terminal, without Enter and without waiting."""

from __future__ import annotations

import select
import sys
import termios
import tty
from types import TracebackType
from typing import Self


class Keys:
    """Context manager: `pressed()` gives the keys since the last call; nothing where stdin is not a terminal."""

    def __init__(self) -> None:
        self._active = sys.stdin is not None and sys.stdin.isatty()
        self._saved: list[object] | None = None

    def __enter__(self) -> Self:
        if self._active:
            self._saved = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._saved is not None:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._saved)  # type: ignore[arg-type]

    def pressed(self) -> str:
        keys = ""
        while self._active and select.select([sys.stdin], [], [], 0)[0]:
            key = sys.stdin.read(1)
            if not key:
                self._active = False
            keys += key
        return keys
