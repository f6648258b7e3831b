"""Page and paper: two pages a session, the same bytes each time, and whatever was recorded is shown as it stands."""

from __future__ import annotations

import html.parser
import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from device.messages import Language
from device.reports import paper
from device.reports.document import About, Report
from device.reports.making import make_report
from device.reports.page import write_page
from device.reports.paper import drawable, write_paper
from tests.device.exports import measured

HOSTILE = "<script>alert(1)</script> #panic() $x$ \u202etxt ليلى עברית 张伟 🎵 \\ {{ 7*7 }}"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = measured.make_measured(tmp_path_factory.mktemp("s") / measured.SESSION_ID)
    return make_report([folder], About(note=HOSTILE), "en")


def pages_of(pdf: bytes) -> int:
    """The count of the page tree, which has one root here."""
    return max(int(count) for count in re.findall(rb"/Count (\d+)", pdf))


@pytest.mark.parametrize("language", get_args(Language))
def test_a_session_is_two_pages_of_the_same_bytes_in_each_language(report: Report, language: Language) -> None:
    spoken = msgspec.structs.replace(report, language=language)
    pdf = write_paper(spoken)
    assert pdf.startswith(b"%PDF-")
    assert pages_of(pdf) == 2
    assert write_paper(spoken) == pdf


def test_letters_that_no_font_has_are_told_by_their_code_and_others_stay() -> None:
    printed = drawable({"name": ["Zoë ליאור ليلى 张 🎵", 7, None]})
    assert printed.data == {"name": ["Zoë ליאור ليلى [U+5F20] [U+1F3B5]", 7, None]}
    assert printed.is_undrawn
    assert not drawable("Łukasz Ждан Ωμέγα").is_undrawn


class Parser(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def test_a_page_has_no_script_loads_nothing_and_shows_hostile_words_as_words(report: Report) -> None:
    session = msgspec.structs.replace(report.sessions[0], listener=HOSTILE)
    parser = Parser()
    parser.feed(write_page(msgspec.structs.replace(report, sessions=(session,))).decode("utf-8"))
    assert "script" not in {tag for tag, _ in parser.tags}
    assert not [attrs for _, attrs in parser.tags if {"src", "href", "onload", "onclick"} & set(attrs)]
    assert "<script>alert(1)</script>" in parser.words
    assert "{{ 7*7 }}" in parser.words
    assert "张伟 🎵" in parser.words


def test_hostile_words_are_no_markup_on_paper(report: Report) -> None:
    session = msgspec.structs.replace(report.sessions[0], listener=HOSTILE, session_id=HOSTILE)
    assert pages_of(write_paper(msgspec.structs.replace(report, sessions=(session,)))) == 2


def test_much_of_everything_is_still_two_pages(report: Report) -> None:
    session = report.sessions[0]
    long = "word " * 60
    wish = msgspec.structs.replace(session.overrides[0], wish=long, answer=long)
    crowded = msgspec.structs.replace(
        session, listener="N" * 60, overrides=(wish,) * 300, remarks=(session.remarks[0],) * 300,
        problems=(long,) * 100, sources=session.sources * 9,
        guideline=tuple(msgspec.structs.replace(item, text=long) for item in session.guideline),
    )  # fmt: skip
    about = About(note="word " * 300, interventionist=long, clinic=long)
    assert pages_of(write_paper(msgspec.structs.replace(report, sessions=(crowded,), about=about))) == 2


def test_several_sessions_have_their_trend_before_them(report: Report, tmp_path: Path) -> None:
    names = [f"2026112{n}T101112Z-abcdef" for n in range(3)]
    folders = []
    for name in names:
        folder = measured.make_measured(tmp_path / name)
        config = (folder / "session.json").read_text("utf-8").replace(measured.SESSION_ID, name)
        (folder / "session.json").write_text(config, "utf-8")
        folders.append(folder)
    several = make_report(reversed(folders), About(), "fr")
    assert several.trend is not None
    assert [outcome.session_id for outcome in several.trend.outcomes] == names
    assert pages_of(write_paper(several)) == 7
    assert "<svg" in write_page(several).decode("utf-8")


def test_the_fonts_are_those_that_packages_bring() -> None:
    assert (paper.FONTS / paper.FALLBACK).is_file()
