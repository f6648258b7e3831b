"""The course of a long piece in one picture: `python -m export.music.course --midi FILE --out FILE.png`.

Tension (diameter, momentum and strain on the spiral array), the melody's register and how well each eight bars keep to
one scale: what drifts, or never moves, shows at a glance.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt

from export.music.metrics import WINDOW_BARS, bar_of, scale_consistency
from export.music.midi import BrokenMidiError, Piece, read
from export.music.tension import tension_of

Floats = npt.NDArray[np.float64]


def course_of(piece: Piece) -> dict[str, Floats]:
    """The `minute` at which each window of eight bars begins, and means of what is drawn; NaN where nothing sounds."""
    starts = np.arange(0, len(piece.bars) - 1, WINDOW_BARS)
    tension, bar, tune = tension_of(piece), bar_of(piece), piece.melody()
    cloud_bar = np.searchsorted(piece.bars, tension.beat + 1e-6, side="right") - 1
    rows: dict[str, list[float]] = {name: [] for name in ("diameter", "momentum", "strain", "register", "scale")}
    for start in starts.tolist():
        clouds = (cloud_bar >= start) & (cloud_bar < start + WINDOW_BARS)
        for name in ("diameter", "momentum", "strain"):
            rows[name].append(_mean(getattr(tension, name)[clouds]))
        notes = (bar >= start) & (bar < start + WINDOW_BARS)
        rows["register"].append(_mean(piece.pitch[tune[notes[tune]]].astype(float)))
        rows["scale"].append(scale_consistency(piece.pitch[notes]) if notes.any() else float("nan"))
    minute = (piece.seconds(piece.bars[starts]) - piece.seconds(piece.bars[:1])) / 60.0
    return {"minute": minute} | {name: np.array(values) for name, values in rows.items()}


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def draw(piece: Piece, path: Path) -> None:
    """Write the picture."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415 - the backend has to be chosen first

    course = course_of(piece)
    minute = course.pop("minute")
    figure, places = plt.subplots(len(course), 1, figsize=(9, 9), sharex=True, layout="constrained")
    for place, (name, values) in zip(places, course.items(), strict=True):
        place.plot(minute, values, marker=".")
        place.set_ylabel(name)
    places[0].set_title(f"{piece.name}: means of {WINDOW_BARS} bars")
    places[-1].set_xlabel("minutes")
    figure.savefig(path, dpi=100)
    plt.close(figure)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--midi", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args(argv)
    try:
        draw(read(arguments.midi), arguments.out)
    except BrokenMidiError as error:
        print(f"isotone: {error}", file=sys.stderr)
        return 8
    return 0


if __name__ == "__main__":
    sys.exit(main())
