"""How music breathes: dynamics rise and fall over a section, metre and height are touched, tempo arches and yields.

Touch is people's, fitted to played piano tracks (breath.toml, by `python -m export.music.breath`). Arcs and rubato are
small enough to stay inside what a prescription allows per second. Pure Python: it also runs inside the audio process.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

from device.stage import Random

TABLE = Path(__file__).with_name("breath.toml")
ARC = (-0.7, -0.25, 0.1, -0.2, 0.0, 0.5, 0.3, -0.3, -0.7)
"""Level where the bars of a section begin, and at its end, as a share of the arc's depth: two phrases, the second one
higher, with the peak at two thirds."""
SHALLOWEST_DB, DEEPEST_DB = 3.0, 6.0
GOLDEN = 0.6180339887
"""Multiples of it, taken without their whole part, lie evenly: no two neighbouring sections are alike."""
VELOCITY_DB = 40.0
"""A synthesiser's level falls with the square of velocity: so many dB for each tenth."""
RUBATO = (0.985, 1.0, 1.01, 0.985, 1.0, 1.015, 1.0, 0.97)
"""Tempo of each bar of a section beside the one asked for: an arch in each phrase, and a ritardando at its close."""
LAST = 0.93
"""And of the last bar of all."""
BESIDE = 0.5
"""Of those of an accompaniment: its loudest note stays below the melody."""
MOST_SD = 2.0
"""A note strays no further."""


class Touch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Velocity beside the mean of voice and bar, by the note's place in the metre; `height` is per octave."""

    downbeat: float
    middle: float
    beat: float
    eighth: float
    off: float
    height: float
    residual_sd: float
    explained: float
    """Share of the variance on songs that it was not fitted to."""
    notes: int


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """breath.toml."""

    provenance: dict[str, str | int]
    melody: Touch
    accompaniment: Touch


TOUCHES = msgspec.convert(tomllib.loads(TABLE.read_text("utf-8")), Table)


def velocity_beside(voice: str, weight: int, octaves_above: float, depth: float, rng: Random) -> float:
    """By how much a note of a metrical weight (`Layout`) is struck harder than the others of its voice in the bar.

    `depth` is the share of people's deviations.
    """
    if voice == "pad":
        return 0.0
    touch = TOUCHES.melody if voice == "melody" else TOUCHES.accompaniment
    stray = min(max(rng.gauss(0.0, 1.0), -MOST_SD), MOST_SD) * touch.residual_sd
    own = _metrical(touch)[weight] + touch.height * octaves_above + stray
    return own * depth * (1.0 if voice == "melody" else BESIDE)


def _metrical(touch: Touch) -> tuple[float, ...]:
    """By metrical weight: in three no beat but the first stands out."""
    return touch.off, touch.eighth, touch.beat, touch.middle, touch.downbeat


def arc_db(bar_index: int, through: float) -> float:
    """Level of a moment of a bar, `through` it by 0 to 1, beside the one asked for.

    From the softest bars of a section to the strongest it is 3 to 6 dB.
    """
    section, bar = divmod(bar_index, len(ARC) - 1)
    depth_db = SHALLOWEST_DB + (DEEPEST_DB - SHALLOWEST_DB) * (section * GOLDEN % 1.0)
    return depth_db * (ARC[bar] + (ARC[bar + 1] - ARC[bar]) * min(max(through, 0.0), 1.0))


def swollen(velocity: float, level_db: float) -> float:
    """The velocity that sounds so many dB louder."""
    return velocity * float(10.0 ** (level_db / VELOCITY_DB))


def rubato_of(bar_index: int, *, final: bool) -> float:
    """Tempo of a bar as a share of the one asked for."""
    return LAST if final else RUBATO[bar_index % len(RUBATO)]
