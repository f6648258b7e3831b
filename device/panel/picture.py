"""Draws the patterns of the light as a picture, for people who learn them: `python -m device.panel.picture`."""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

from device.panel.light import PATTERNS, Pattern

PICTURE = Path(__file__).with_name("light.svg")
SHOWN_MS = 10_000
LEFT, WIDE, HIGH, GAP = 20, 720, 40, 46
"""In pixels: the margin, a line's length and height, and the room for words above it."""


def draw() -> str:
    """The picture as SVG: for each pattern what it means, and its brightness over ten seconds."""
    high = (HIGH + GAP) * len(PATTERNS) + 40
    rows = [_row(pattern, number) for number, pattern in enumerate(PATTERNS.values())]
    words = f'<text x="{LEFT}" y="{high - 10}" class="s">{SHOWN_MS // 1000} seconds from left to right</text>'
    style = "text{font-family:sans-serif;font-size:15px}.s{font-size:12px}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE + 2 * LEFT}" height="{high}">'
        f"<title>What the light of the box says</title><style>{style}</style>"
        f'<rect width="100%" height="100%" fill="#fff"/>\n'
        f"{''.join(rows)}{words}\n</svg>\n"
    )


def _row(pattern: Pattern, number: int) -> str:
    top = GAP + number * (HIGH + GAP)
    points = " ".join(
        f"{LEFT + at_ms / SHOWN_MS * WIDE:g},{top + HIGH * (1 - level):g}" for at_ms, level in course(pattern)
    )
    words = f"<tspan font-weight='bold'>{escape(pattern.means)}</tspan> {escape(pattern.looks)}"
    edge = f"{LEFT},{top + HIGH} {points} {LEFT + WIDE},{top + HIGH}"
    return f'<text x="{LEFT}" y="{top - 10}">{words}</text><polygon points="{edge}" fill="#000"/>\n'


def course(pattern: Pattern) -> list[tuple[int, float]]:
    """Times in ms and brightness of the corners within what is shown."""
    periods = range(SHOWN_MS // pattern.period_ms + 1)
    corners = sorted({i * pattern.period_ms + at_ms for i in periods for at_ms, _ in pattern.points} | {SHOWN_MS})
    return [(at_ms, round(pattern.level(at_ms), 3)) for at_ms in corners if at_ms <= SHOWN_MS]


if __name__ == "__main__":
    PICTURE.write_text(draw(), "utf-8")
    sys.stderr.write(f"{PICTURE}\n")
