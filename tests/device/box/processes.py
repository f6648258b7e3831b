"""Children that live and die as a test says."""

from __future__ import annotations


class FakeChild:
    pid = 1

    def __init__(self) -> None:
        self.code: int | None = None

    def exit_code(self) -> int | None:
        return self.code

    def ask_to_stop(self) -> None:
        self.code = 0

    def kill(self) -> None:
        self.code = -9

    def wait(self, timeout_s: float) -> None:
        pass
