"""The plan's own time: it runs with the music, stands still while a phase is held, and jumps when one is skipped."""

from __future__ import annotations

HOLD_MAX_S = 600.0
"""A session stands still for no longer than this in all, however often it is asked to: every session ends."""


class PlanClock:
    """`began_ns` above 0 is when the music began, for a controller that is started again in mid-session."""

    def __init__(self, began_ns: int) -> None:
        self.plan_s = 0.0
        self._last_ns = began_ns
        self._is_held = False
        self._hold_left_s = HOLD_MAX_S

    @property
    def held(self) -> bool:
        """Whether the plan stands still."""
        return self._is_held and self._hold_left_s > 0

    @property
    def may_hold(self) -> bool:
        """Whether anything is left of the time that it may stand still."""
        return self._hold_left_s > 0

    def advance(self, now_ns: int) -> float:
        """Go on to `now_ns`, or begin there if the session has not begun; returns the seconds that passed."""
        passed_s = max(0, now_ns - self._last_ns) / 1e9 if self._last_ns else 0.0
        self._last_ns = max(self._last_ns, now_ns)
        held_s = min(passed_s, self._hold_left_s) if self._is_held else 0.0
        self._hold_left_s -= held_s
        self.plan_s += passed_s - held_s
        return passed_s

    def hold(self) -> None:
        """Let the plan stand still from now on, for what is left of `HOLD_MAX_S` at the most."""
        self._is_held = True

    def resume(self) -> None:
        """Let a plan that stands still go on."""
        self._is_held = False

    def jump(self, plan_s: float) -> None:
        """Go to a later point of the plan; a held phase that is skipped is over."""
        self.plan_s = max(self.plan_s, plan_s)
        self.resume()
