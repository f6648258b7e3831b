"""Reads a brief: looks its words up in the closed vocabulary, clause by clause, and says what it took them for.

Nothing of a text is ever run, kept or asked of anybody: a word means its row of the table or nothing. What a listener
may not hear is decided by the prescription and its guards, whatever a text says.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple, get_args

import msgspec

from device.brief.words import SILENT, VOCABULARY, Instrument, Missing, Mood, Nudge, Taste, Turn
from device.messages import Language

CHARACTERS_MAX = 2000
"""So much of a text is read: a brief is a few sentences."""
PHRASE_WORDS = 4
CLAUSES = re.compile(r"[.,;:!?\n()]|\s-\s")
WORDS = re.compile(r"[^\W_]+")
TEMPO = re.compile(r"\b(\d{2,3})\s*bpm\b", re.IGNORECASE)
LANGUAGES: tuple[Language, ...] = get_args(Language)


class Point(NamedTuple):
    """A point of the plane, or a way over it."""

    valence: float
    arousal: float


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """What a text was taken for; None and empty where it said nothing of the kind."""

    feels: Point | None = None
    """Where the listener says to be."""
    wish: Point | None = None
    """Where the music shall go."""
    nudge: Point | None = None
    """From there, or from where it is, so much further."""
    instruments: tuple[tuple[str, Instrument], ...] = ()
    never: tuple[tuple[str, int], ...] = ()
    """Instruments that shall not play: name and program."""
    tastes: dict[str, str] = {}
    """Values by key of `[preference]`."""
    tempo_bpm: float | None = None
    understood: tuple[tuple[str, str], ...] = ()
    """Words of the text, and what they were taken for."""
    impossible: tuple[str, ...] = ()
    """What is known and cannot be had."""
    unknown: tuple[str, ...] = ()
    """Words that say nothing to the reader."""
    is_cut: bool = False
    """Whether more was written than is read."""


class _Found(NamedTuple):
    """A phrase of the text, with the row it stands in and how it is meant there."""

    said: str
    name: str
    meaning: Mood | Nudge | Instrument | Taste | Missing
    is_feeling: bool
    negated: str
    factor: float


def read_brief(text: str) -> Brief:
    """Whatever `text` says in English, German, French or Spanish; any text is a brief, if an empty one."""
    read = unicodedata.normalize("NFC", text[:CHARACTERS_MAX])
    language = _language(WORDS.findall(_plain(read)))
    found: list[_Found] = []
    unknown: list[str] = []
    for clause in CLAUSES.split(TEMPO.sub("", read)):
        found += _read_clause(WORDS.findall(clause), language, unknown)
    wanted = [each for each in found if not each.negated or isinstance(each.meaning, Mood | Nudge)]
    moods = [each for each in wanted if isinstance(each.meaning, Mood)]
    tempo = TEMPO.search(read)
    return Brief(
        feels=_mean([each for each in moods if each.is_feeling]),
        wish=_mean([each for each in moods if not each.is_feeling]),
        nudge=_mean([each for each in wanted if isinstance(each.meaning, Nudge)]),
        instruments=tuple({e.name: (e.name, e.meaning) for e in wanted if isinstance(e.meaning, Instrument)}.values()),
        never=tuple((e.name, e.meaning.program) for e in found if e.negated and isinstance(e.meaning, Instrument)),
        tastes={each.meaning.key: each.meaning.value for each in wanted if isinstance(each.meaning, Taste)},
        tempo_bpm=float(tempo[1]) if tempo else None,
        understood=tuple(
            dict.fromkeys(
                (each.said, _told(each)) for each in found if each.negated or not isinstance(each.meaning, Missing)
            )
        ),
        impossible=tuple(
            dict.fromkeys(each.name for each in found if isinstance(each.meaning, Missing) and not each.negated)
        ),
        unknown=tuple(dict.fromkeys(unknown)),
        is_cut=len(text) > CHARACTERS_MAX,
    )


def _plain(text: str) -> str:
    """The text in small letters without accents."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in spread if not unicodedata.combining(letter))


@cache
def _phrases(language: Language) -> dict[tuple[str, ...], str]:
    """The words of a language with the rows they stand in; an asterisk is kept at their end."""
    return {
        tuple(phrase.split("_")): name
        for name, row in VOCABULARY.items()
        for phrase in str(getattr(row, language)).split()
    }


@cache
def _stems(language: Language) -> dict[str, str]:
    """The single words that only need to begin so, the longest first."""
    stems = {
        words[0][:-1]: name for words, name in _phrases(language).items() if len(words) == 1 and words[0][-1] == "*"
    }
    return dict(sorted(stems.items(), key=lambda stem: -len(stem[0])))


def _language(words: Sequence[str]) -> Language:
    """The language that most of the plain words are of; English where none is."""

    def score(language: Language) -> int:
        return sum(word in SILENT[language] or _single(word, language) is not None for word in words)

    return max(LANGUAGES, key=score)


def _single(word: str, language: Language) -> str | None:
    name = _phrases(language).get((word,))
    return name or next((row for stem, row in _stems(language).items() if word.startswith(stem)), None)


def _look_up(words: Sequence[str], language: Language) -> tuple[int, str] | None:
    """How many of the first words make a phrase, and its row: the longest, and of this language if possible."""
    for tongue in (language, *(other for other in LANGUAGES if other != language)):
        for length in range(min(PHRASE_WORDS, len(words)), 1, -1):
            name = _longer(tuple(words[:length]), tongue)
            if name:
                return length, name
        name = _single(words[0], tongue)
        if name:
            return 1, name
        if words[0] in SILENT[language]:
            return None
    return None


def _longer(words: tuple[str, ...], language: Language) -> str | None:
    """The row of a phrase of several words, the last of which may only need to begin so."""
    phrases = _phrases(language)
    if words in phrases:
        return phrases[words]
    ends = (words[-1][:length] + "*" for length in range(len(words[-1]), 2, -1))
    return next((phrases[(*words[:-1], end)] for end in ends if (*words[:-1], end) in phrases), None)


def _read_clause(written: list[str], language: Language, unknown: list[str]) -> Iterator[_Found]:
    """What the words of a clause say one by one; a turn holds for what comes after it in the clause."""
    words = [_plain(word) for word in written]
    is_feeling, negated, factor = False, "", 1.0
    place = 0
    while place < len(words):
        hit = _look_up(words[place:], language)
        if hit is None:
            if _is_telling(words[place], language):
                unknown.append(written[place])
            place += 1
            continue
        length, name = hit
        said, meaning = " ".join(written[place : place + length]), VOCABULARY[name]
        place += length
        if isinstance(meaning, Turn):
            if meaning.kind == "factor":
                factor *= meaning.factor
            elif meaning.kind in ("not", "without"):
                negated = meaning.kind
            else:
                is_feeling, negated = meaning.kind == "feeling", ""
            continue
        yield _Found(said, name, meaning, is_feeling, negated, factor)
        # "Not sad but calm" denies one thing, "no drums or brass" all that follow.
        factor, negated = 1.0, negated if negated == "without" else ""


def _is_telling(word: str, language: Language) -> bool:
    return len(word) > 2 and not word.isdecimal() and word not in SILENT[language]


def _mean(found: Sequence[_Found]) -> Point | None:
    """The point in the midst of all, brought into the plane; what is denied lies half as far on the other side."""
    if not found:
        return None
    parts = [(each.meaning, each.factor * (-0.5 if each.negated else 1.0)) for each in found]
    points = [(m.valence * factor, m.arousal * factor) for m, factor in parts if isinstance(m, Mood | Nudge)]
    middle = (sum(axis) / len(points) for axis in zip(*points, strict=True))
    return Point(*(min(max(value, -1.0), 1.0) for value in middle))


def _told(found: _Found) -> str:
    """What a phrase was taken for, in words."""
    denial = "no " if isinstance(found.meaning, Instrument | Taste | Missing) else "not "
    name = f"{denial if found.negated else ''}{found.name}"
    return f"you feel {name}" if found.is_feeling and isinstance(found.meaning, Mood) else name


def remarks_of(brief: Brief) -> list[str]:
    """What was understood and what was not, a sentence each."""
    told = [f"{said}: {meaning}" if said != meaning else said for said, meaning in brief.understood]
    sentences = [
        f"Understood: {'; '.join(told)}." if told else "Nothing of it was understood: the prescription's goal is taken."
    ]
    sentences += [f"This music has no {name}." for name in brief.impossible]
    if brief.unknown:
        words = ", ".join(itertools.islice(brief.unknown, 8))
        sentences.append(f"Not understood: {words}{' and more' if len(brief.unknown) > 8 else ''}.")
    if brief.is_cut:
        sentences.append(f"Only the first {CHARACTERS_MAX} characters were read.")
    return sentences
