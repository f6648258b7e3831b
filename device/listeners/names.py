"""The names of listeners: one form for what is the same name however it was typed."""

from __future__ import annotations

import unicodedata

ANYBODY = "guest"
"""A name that many share: nothing is kept for it."""


def normal(name: str) -> str:
    """Composed characters (NFC), single spaces, none around it; bytes that are no text as their escapes."""
    text = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return " ".join(unicodedata.normalize("NFC", text).split())


def is_anybody(name: str) -> bool:
    """Whether the name is no person's."""
    return normal(name).casefold() in ("", ANYBODY)
