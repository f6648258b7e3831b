"""A sentence in every language that the box speaks."""

from __future__ import annotations

from typing import NamedTuple

from device.messages import Language


class Sentences(NamedTuple):
    """The same, as it is naturally said in each language; the listener is addressed politely (Sie, vous, usted)."""

    en: str
    de: str
    fr: str
    es: str

    def in_language(self, language: Language) -> str:
        return str(getattr(self, language))
