"""The picture in the leaflet is the table's, and the leaflet says of each pattern and button what the tables say."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from device.panel.light import PATTERNS
from device.panel.picture import PICTURE, SHOWN_MS, course, draw


def test_the_committed_picture_is_drawn_from_the_table() -> None:
    assert PICTURE.read_text("utf-8") == draw(), "run `python -m device.panel.picture`"


def test_it_shows_every_pattern_with_its_words() -> None:
    tree = ET.fromstring(draw())
    words = " ".join(tree.itertext())
    assert all(pattern.looks in words and pattern.means in words for pattern in PATTERNS.values())
    assert len(tree.findall(".//{*}polygon")) == len(PATTERNS)


def test_it_is_the_brightness_over_the_time_shown() -> None:
    for pattern in PATTERNS.values():
        corners = course(pattern)
        assert (corners[0][0], corners[-1][0]) == (0, SHOWN_MS)
        assert all(abs(level - pattern.level(at_ms)) < 1e-3 for at_ms, level in corners)
