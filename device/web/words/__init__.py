"""The words of the pages: one file a language, all with the same keys."""

from __future__ import annotations

from collections.abc import Mapping

from device.web.words import de, en, es, fr

WORDS: Mapping[str, Mapping[str, str]] = {"en": en.WORDS, "de": de.WORDS, "fr": fr.WORDS, "es": es.WORDS}
NAMES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español"}
