"""How loud each mood is on the box's own synthesiser, whether the arcs that are composed are heard, and what is not.

python -m hardware.bench.levels [--generator NAME] [--seeds FIRST-LAST] [--bars N] [--json]
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import signal

from device.commands.piece import Sound, Studio, Wish
from device.errors import IsotoneError
from device.messages import PlayedBar
from device.music import GENERATORS
from device.music.breath import arc_db
from hardware.bench.breath import MOODS, seeds_of
from hardware.bench.figures import Figure, present
from hardware.bench.intents import config_of, standing
from hardware.listening.loudness import HIGH_PASS, SFREQ_HZ, SHELF, measure_lufs
from hardware.listening.survey import read

BARS = 40
SEEDS = (7000, 7001)
HEARD_FROM_HZ = 18.0
RANGE_LU = (6.0, 8.0)
"""From the calmest mood to the liveliest: a room for expression, and none to be startled in."""
UNHEARD_PERCENT = 1.0
ARC_HEARD = (0.8, 1.2)
"""Decibels that are heard for each decibel of a section's arc in the notes: regulation may not press it flat."""
SETTLED_BARS = 8
"""By then the regulation knows the piece."""
FEWEST_BARS = SETTLED_BARS + 8


class Level(NamedTuple):
    """One piece as sound."""

    lufs: float
    unheard_percent: float
    """Share of the power below 18 Hz."""
    arc_heard: float
    """Decibels heard for each decibel of the arcs of its sections; no number for a short piece."""


def arc_heard(samples: npt.NDArray[np.float64], played: Sequence[PlayedBar]) -> float:
    """How much of the arcs in a piece's notes is heard: slope of the bars' levels over what was composed.

    Rests are left out, and so is the last bar, which rings on.
    """
    weighted = signal.lfilter(*HIGH_PASS, signal.lfilter(*SHELF, samples, axis=0), axis=0)
    sounding = [bar for bar in played[SETTLED_BARS:-1] if bar.notes]
    if len(sounding) < FEWEST_BARS - SETTLED_BARS:
        return float("nan")
    powers = [np.mean(weighted[bar.start_frame : bar.start_frame + bar.n_frames] ** 2) for bar in sounding]
    composed = [np.mean([arc_db(bar.bar_index, through) for through in (0.0, 0.5, 1.0)]) for bar in sounding]
    slope, _ = np.polyfit(composed, 10.0 * np.log10(np.maximum(powers, 1e-12)), 1)
    return float(slope)


def unheard_percent(samples: npt.NDArray[np.float64]) -> float:
    """Share of the power of samples of shape (frames, channels) below 18 Hz, a constant shift included."""
    hz, power = signal.welch(samples, SFREQ_HZ, nperseg=16_384, axis=0, detrend=False)
    spectrum = power.sum(axis=1)
    return float(100.0 * spectrum[hz < HEARD_FROM_HZ].sum() / max(1e-12, spectrum.sum()))


def render(generator: str, mood: str, seed: int, n_bars: int, folder: Path) -> Level:
    """A piece through composer, guard and synthesiser.

    Raises:
        SystemMissingError, SoundError: no synthesiser or sound font.
    """
    config, path = config_of(seed, generator), folder / f"{generator}-{mood}-{seed}.wav"
    with closing(Sound(config, path)) as sound:
        piece = Studio(config, Wish(standing(*MOODS[mood]), n_bars), sound, lambda _: None).compose()
    samples = read(path)
    path.unlink()
    return Level(measure_lufs(samples), unheard_percent(samples), arc_heard(samples, piece.played))


def measure(generator: str, seeds: Sequence[int], n_bars: int) -> list[Figure]:
    """Level and unheard power of each mood, medians of the seeds, and how far the levels lie apart."""
    with tempfile.TemporaryDirectory() as folder:
        found = {
            mood: np.median([render(generator, mood, seed, n_bars, Path(folder)) for seed in seeds], axis=0)
            for mood in MOODS
        }
    figures = list(itertools.chain.from_iterable(_figures(mood, *level.tolist()) for mood, level in found.items()))
    apart = float(found["lively"][0] - found["calm"][0])
    return [
        *figures,
        Figure("lively above calm", apart, RANGE_LU[0], unit="LU"),
        Figure("lively above calm, no startle", apart, RANGE_LU[1], "at most", "LU"),
    ]


def _figures(mood: str, lufs: float, unheard: float, arc: float) -> list[Figure]:
    heard = [
        Figure(f"{mood}: of an arc's dB heard", arc, ARC_HEARD[0]),
        Figure(f"{mood}: of an arc's dB heard, no pumping", arc, ARC_HEARD[1], "at most"),
    ]
    return [
        *(heard if np.isfinite(arc) else []),
        Figure(f"{mood}: level", lufs, -40.0, unit="LUFS", note="integrated, of the card's full scale"),
        Figure(f"{mood}: power below {HEARD_FROM_HZ:g} Hz", unheard, UNHEARD_PERCENT, "at most", "%"),
    ]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m hardware.bench.levels", description=__doc__.partition("\n")[0])
    parser.add_argument("--generator", default="transformer", choices=sorted(GENERATORS))
    parser.add_argument("--seeds", type=seeds_of, default=SEEDS, help="first and last seed")
    parser.add_argument("--bars", type=int, default=BARS)
    parser.add_argument("--json", action="store_true", dest="as_json")
    options = parser.parse_args(argv)
    first, last = options.seeds
    try:
        found = measure(options.generator, range(first, last + 1), options.bars)
    except IsotoneError as error:
        print(f"isotone: {error}", file=sys.stderr)
        return int(error.exit_code)
    present(found, as_json=options.as_json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
