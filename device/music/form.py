"""The long-range plan: which section a bar stands in, which earlier bar it takes up again, where phrases close.

A pure function of seed and bar number, so that every generator can follow it, from any bar, without a memory of its
own. Sections of eight bars make movements of eight sections, about four minutes: long enough that themes are missed
and come back, short enough that forty minutes do not wear one theme out.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from device.stage import keyed_random

SECTION_BARS = 8
MOVEMENT_SECTIONS = 8
MOVEMENT_BARS = SECTION_BARS * MOVEMENT_SECTIONS
FORMS = ("AABACCBA", "AABACDCA", "ABACABCA", "AABBACCA", "ABABCABA")
"""Rondo-like: what is new is always framed by what is known."""
Close = Literal["none", "half", "full"]
Likeness = Literal["new", "loose", "varied", "close"]


class Place(NamedTuple):
    """The place of a bar in the plan."""

    movement: int
    section: str
    """`A` to `D`: what bears the same letter in a movement is the same music again."""
    bar: int
    """0 to 7 in its section."""
    close: Close
    """Whether a phrase closes here: by half in the fourth bar, fully (or, before a return, by half) in the eighth."""
    refers_to: int | None
    """The earlier bar it takes up again."""
    likeness: Likeness
    theme_bar: int | None = None
    """The bar of the listener's own theme it takes up, counted on and on: the theme may be shorter."""


def form_of(seed: int, movement: int) -> str:
    """The letters of a movement's sections."""
    return keyed_random(seed, "form", movement).choice(FORMS)


def place_of(seed: int, bar_index: int, *, has_theme: bool = False) -> Place:
    """The place of a bar in the plan that `seed` chose."""
    movement, bar_in_movement = divmod(bar_index, MOVEMENT_BARS)
    number, bar = divmod(bar_in_movement, SECTION_BARS)
    form = form_of(seed, movement)
    letter = form[number]
    before = form.rfind(letter, 0, number)
    refers_to: int | None = None
    likeness: Likeness = "new"
    theme_bar: int | None = None
    if before >= 0:
        refers_to, likeness = _return(bar_index, bar, number - before, form[:number].count(letter))
    elif letter == "A" and has_theme:
        theme_bar, likeness = bar, "close" if movement == 0 else "varied"
    else:
        refers_to, likeness = _within(keyed_random(seed, f"phrase-{letter}", movement).random(), bar_index, bar)
    return Place(movement, letter, bar, _close(form, number, bar), refers_to, likeness, theme_bar)


def _return(bar_index: int, bar: int, sections_back: int, times: int) -> tuple[int, Likeness]:
    """The same bar of the section's last appearance; its end is led elsewhere, and every third return is freer."""
    likeness: Likeness = "varied" if bar >= SECTION_BARS - 2 or times % 3 == 0 else "close"
    return bar_index - sections_back * SECTION_BARS, likeness


def _within(chance: float, bar_index: int, bar: int) -> tuple[int | None, Likeness]:
    """The bar taken up in a new section: its second half answers the first, and often its second bar the first one."""
    if bar in (4, 5):
        return bar_index - 4, "close" if chance < 0.4 else "varied"
    if bar == 1 and chance > 0.3:
        return bar_index - 1, "loose"
    if bar == 2 and chance > 0.7:
        return bar_index - 2, "varied"
    if bar == 6 and chance < 0.5:
        return bar_index - 4, "loose"
    return None, "new"


def _close(form: str, number: int, bar: int) -> Close:
    if bar == SECTION_BARS // 2 - 1:
        return "half"
    if bar == SECTION_BARS - 1:
        leads_back = number + 1 < len(form) and form[number] != "A" and form[number + 1] == "A"
        return "half" if leads_back else "full"
    return "none"
