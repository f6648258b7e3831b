"""What control answers to a wish: that it is obeyed, or why not."""

from __future__ import annotations

from device.messages import Answer

Answered = tuple[Answer, str]
"""The answer and its sentence."""
TAKEN: Answered = ("taken", "")


def refused(why: str) -> Answered:
    """The wish is not obeyed, not even in part."""
    return "refused", why


def answered(refusal: str, remark: str = "") -> Answered:
    """Refused where there is a reason for that, else taken."""
    return refused(refusal) if refusal else ("taken", remark)
