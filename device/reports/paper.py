"""The report as a PDF (typst): the same bytes for the same report, on any machine.

Fonts are those that typst and matplotlib bring with them: Libertinus, and DejaVu for what that lacks (Hebrew, Arabic,
Georgian, Armenian). Letters that neither has (Chinese, Thai, most emoji) are told by their code point.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import typst
from matplotlib.ft2font import FT2Font

from device.errors import SystemMissingError
from device.reports.document import Report
from device.reports.view import as_data, view_of
from device.reports.words import Phrases

TEMPLATES = Path(__file__).with_name("templates")
FONTS = Path(mpl.get_data_path()) / "fonts" / "ttf"
FALLBACK = "DejaVuSans.ttf"
ALWAYS = frozenset("\n\t\u00a0\u202f\u200d")


class Printed(NamedTuple):
    """What was replaced on the way, to be said on the paper itself."""

    data: Any
    is_undrawn: bool


def write_paper(report: Report) -> bytes:
    """The PDF. Raises SystemMissingError where the typesetter refuses."""
    printed = drawable(as_data(view_of(report)))
    undrawn = Phrases(report.language)("undrawn") if printed.is_undrawn else ""
    return typeset("report.typ", printed.data | {"undrawn": undrawn})


def typeset(template: str, data: dict[str, Any]) -> bytes:
    """A template of ours, given its data as JSON; nothing is looked up outside, nor are the machine's fonts used."""
    try:
        made = typst.compile(
            TEMPLATES / template,
            root=TEMPLATES,
            font_paths=[FONTS],
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            timestamp=0,
        )
    except typst.TypstError as error:
        raise SystemMissingError(
            f"The typesetter refuses {template}: {error.message}.", "Please report this."
        ) from error
    assert isinstance(made, bytes)
    return made


def drawable(data: Any) -> Printed:
    """The data with letters that no font has told by code point."""
    if isinstance(data, str):
        text = data if data.isascii() else "".join(map(_drawn, data))
        return Printed(text, text != data)
    if isinstance(data, dict):
        found = {key: drawable(value) for key, value in data.items()}
        return Printed({key: each.data for key, each in found.items()}, any(each.is_undrawn for each in found.values()))
    if isinstance(data, list):
        each_of = [drawable(value) for value in data]
        return Printed([each.data for each in each_of], any(each.is_undrawn for each in each_of))
    return Printed(data, is_undrawn=False)


def _drawn(letter: str) -> str:
    return letter if letter in ALWAYS or ord(letter) in _letters() else f"[U+{ord(letter):04X}]"


@cache
def _letters() -> frozenset[int]:
    return frozenset(FT2Font(str(FONTS / FALLBACK)).get_charmap())
