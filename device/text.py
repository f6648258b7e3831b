"""Text that others chose, such as a name in a recording, as it may be shown."""

from __future__ import annotations

import re

STEERING = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What moves a terminal's cursor, colours its text, ends its line or turns its direction, and what is no character at
all. A tab does no harm."""


def printable(text: str) -> str:
    r"""The same with what would steer a terminal spelt (`\x1b`), so that it is seen and does nothing."""
    return STEERING.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def is_text(text: str) -> bool:
    """Whether it is made of characters alone: a name from the command line or a disk may hold other bytes."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
