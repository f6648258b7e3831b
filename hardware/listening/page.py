"""The page that listeners see: one file that works from the disk, without a server and without the net."""

from __future__ import annotations

import json
from pathlib import Path

from hardware.listening.study import Clip, Key

FOLDER = Path(__file__).parent
PLACES = {"/*STYLE*/": "page.css", "<!--SQUARE-->": "square.svg", "/*SCRIPT*/": "page.js"}
"""These places in page.html take the other files."""


def write_page(key: Key, path: Path) -> None:
    """Write the page of a study; of its key only names of clips get in."""
    text = (FOLDER / "page.html").read_text("utf-8")
    for place, file in PLACES.items():
        text = text.replace(place, (FOLDER / file).read_text("utf-8").strip())
    path.write_text(text.replace("/*STUDY*/null", json.dumps(_blind(key))), "utf-8")


def _blind(key: Key) -> dict[str, str | list[str]]:
    """The clips in three parts, each shuffled again for every listener: what comes twice is first in the early part."""
    repeats = [clip for clip in key.clips if clip.role == "repeat"]
    again = {clip.repeats for clip in repeats}
    firsts = [clip for clip in key.clips if clip.id in again]
    once = [clip for clip in key.clips if clip.role == "test" and clip.id not in again]
    third = (len(firsts) + len(once) + len(repeats)) // 3
    n_early, n_late = max(0, third - len(firsts)), max(0, third - len(repeats))
    early, middle, late = once[:n_early], once[n_early : len(once) - n_late], once[len(once) - n_late :]
    return {
        "study": key.study,
        "practice": _names([clip for clip in key.clips if clip.role == "practice"]),
        "early": _names([*firsts, *early]),
        "middle": _names(middle),
        "late": _names([*late, *repeats]),
    }


def _names(clips: list[Clip]) -> list[str]:
    return sorted(clip.id for clip in clips)
