"""Everything that can be measured of a folder of MIDI, beside people's music: `python -m export.music.evaluate`.

    python -m export.music.evaluate --midi DIR [--reference DIR] [--against DIR] [--model FOLDER] [--held-out] [--json]

`--reference` is people's music to be held against, `--against` what the composer was trained on, `--model` the
composer itself. Folders may be named several times. With `--held-out`, `--midi` and `--reference` give only those songs
of POP909 and OpenScore Lieder that are kept from training, and `--against` only the others.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from device.errors import ConfigError, IsotoneError
from export.music import copying, metrics, midi, structure
from export.music.midi import Piece
from export.music.splits import Split, splits

Floats = npt.NDArray[np.float64]
NAMES = (*metrics.Metrics._fields, *(f"structure_{name}" for name in structure.Structure._fields))
DRAWS = 1000
SEED = 0
LOSS = "export.music.loss"
Told = Callable[[Iterable[Any], str], Iterable[Any]]


class Measured(NamedTuple):
    """A set of pieces."""

    pieces: Sequence[Piece]
    table: Floats
    """Shape (pieces, NAMES)."""
    lengths: list[Floats]
    intervals: list[Floats]


def evaluate(
    folders: Sequence[Path],
    references: Sequence[Path] = (),
    against: Sequence[Path] = (),
    model: Path | None = None,
    *,
    held_out: bool = False,
    n_bars: int | None = None,
    told: Told = lambda items, _: items,
) -> dict[str, Any]:
    """The report.

    Raises:
        ConfigError: a folder without readable MIDI files.
    """
    split: Split | None = "held-out" if held_out else None
    pieces, broken = read_folders(folders, split, told)
    ours = measure_pieces(_cut(pieces, n_bars), told)
    theirs = None
    if references:
        people, unread = read_folders(references, split, told)
        theirs, broken = measure_pieces(_cut(people, n_bars), told), [*broken, *unread]
    report: dict[str, Any] = report_on(ours, theirs) | {"left_out": broken}
    report |= {"midi": [str(folder) for folder in folders], "reference": [str(folder) for folder in references]}
    if against:
        training, _ = read_folders(against, "training" if held_out else None, told)
        report["copying"] = report_copying(ours.pieces, training)
    if model is not None:
        report["nats"] = report_nats(ours.pieces, model, told)
    return report


# -- reading and measuring


def read_folders(
    folders: Sequence[Path], split: Split | None = None, told: Told = lambda items, _: items
) -> tuple[list[Piece], list[str]]:
    """The pieces of all folders, of one split where one is named (what belongs to none is always taken).

    Raises:
        ConfigError: a folder without MIDI files, or none of them readable.
    """
    pieces: list[Piece] = []
    broken: list[str] = []
    for folder in folders:
        paths = midi.find(folder)
        if split:
            paths = [path for path, where in zip(paths, splits(paths), strict=True) if where in (split, "unknown")]
        found, unread = midi.read_all(told(paths, f"reading {folder.name}"))
        if not found:
            what = "could be read" if paths else "were found"
            kind = f" ({split})" if split else ""
            raise ConfigError(
                f"No MIDI files{kind} {what} in {folder}.", "Name a folder that holds .mid or .midi files."
            )
        pieces += found
        broken += unread
    return pieces, broken


def _cut(pieces: Sequence[Piece], n_bars: int | None) -> list[Piece]:
    cut = (piece.between_bars(0, n_bars) for piece in pieces) if n_bars else pieces
    return [piece for piece in cut if piece is not None]


def measure_pieces(pieces: Sequence[Piece], told: Told = lambda items, _: items) -> Measured:
    rows = [(*metrics.measure(piece), *structure.measure(piece)) for piece in told(pieces, "measuring")]
    lengths, intervals = map(metrics.length_shares, pieces), map(metrics.interval_shares, pieces)
    return Measured(pieces, np.array(rows, float).reshape(-1, len(NAMES)), list(lengths), list(intervals))


# -- summing up


def report_on(ours: Measured, theirs: Measured | None = None) -> dict[str, Any]:
    """Metrics and, beside a reference, ratios and distributions."""
    report: dict[str, Any] = {"pieces": len(ours.pieces), "metrics": summarise(ours.table)}
    if theirs is None:
        return report
    compare(report["metrics"], ours.table, theirs.table)
    report["distributions"] = {
        "note lengths": overlaps(ours.lengths, theirs.lengths),
        "melodic intervals": overlaps(ours.intervals, theirs.intervals),
    }
    return report | {"reference_pieces": len(theirs.pieces)}


def summarise(table: Floats) -> dict[str, dict[str, float]]:
    """The median of each metric over pieces, its 95 % interval by bootstrap, and how many pieces could tell."""
    summary = {}
    for name, values in zip(NAMES, table.T, strict=True):
        known = values[np.isfinite(values)]
        low, high = _interval(_drawn_medians(known))
        mean = float(known.mean()) if len(known) else float("nan")
        summary[name] = {"median": _median(known), "low": low, "high": high, "mean": mean, "pieces": len(known)}
    return summary


def compare(summary: dict[str, dict[str, float]], ours: Floats, theirs: Floats) -> None:
    """Add the reference's median and mean, the ratio of the medians, and how many lie among its middle nine tenths."""
    for name, column, other in zip(NAMES, ours.T, theirs.T, strict=True):
        known, human = column[np.isfinite(column)], other[np.isfinite(other)]
        medians = _drawn_medians(human, SEED + 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = float(np.divide(_median(known), _median(human)))
            low, high = _interval(_drawn_medians(known) / medians)
        bottom, top = np.percentile(human, (5, 95)).tolist() if len(human) else (float("nan"), float("nan"))
        inside = float(((known >= bottom) & (known <= top)).mean()) if len(known) else float("nan")
        summary[name] |= {
            "reference": _median(human),
            "reference_mean": float(human.mean()) if len(human) else float("nan"),
        }
        summary[name] |= {"reference_5": bottom, "reference_95": top, "share_in_reference_range": inside}
        summary[name] |= {"ratio": ratio, "ratio_low": low, "ratio_high": high}


def overlaps(ours: Sequence[Floats], theirs: Sequence[Floats]) -> dict[str, float]:
    """The area in common with the reference, and that of the reference's own halves, drawn again and again."""
    rng = np.random.default_rng(SEED)
    halves = [rng.permutation(len(theirs)) for _ in range(100)]
    middle = len(theirs) // 2
    own = [
        metrics.overlap([theirs[i] for i in order[:middle]], [theirs[i] for i in order[middle:]])
        for order in halves
        if middle
    ]
    overlap = metrics.overlap(ours, theirs)
    return {"overlap": overlap, "total_variation": 1.0 - overlap, "overlap_of_reference_halves": _median(np.array(own))}


def _median(values: Floats) -> float:
    return float(np.median(values)) if len(values) else float("nan")


def _drawn_medians(values: Floats, seed: int = SEED) -> Floats:
    if not len(values):
        return np.full(1, np.nan)
    return np.asarray(np.median(np.random.default_rng(seed).choice(values, (DRAWS, len(values))), axis=1))


def _interval(values: Floats) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.percentile(known, (2.5, 97.5)).tolist()
    return low, high


# -- what needs the training songs or the model


def report_copying(pieces: Sequence[Piece], training: Sequence[Piece]) -> dict[str, Any]:
    runs = copying.compare(pieces, training)
    longest = max(runs.longest)
    return {
        "share_of_pieces_with_16_events": runs.share,
        "longest_run": longest,
        "median_run": float(np.median(runs.longest)),
        "piece_with_longest_run": pieces[runs.longest.index(longest)].name,
        "training_pieces": len(training),
    }


def report_nats(pieces: Sequence[Piece], model: Path, told: Told) -> dict[str, Any]:
    """Loss of the composer on the pieces, per note and per token, as `loss.nats_of(piece, model)` counts them.

    Each piece gives (nats, notes, tokens); the report divides the sums, with intervals by bootstrap over pieces.
    """
    if importlib.util.find_spec(LOSS) is None:
        return {"missing": f"Nats need {LOSS}, which is not there; everything else was measured."}
    nats_of = importlib.import_module(LOSS).nats_of
    rows = np.array([nats_of(piece, model) for piece in told(pieces, "reading with the model")], float)
    draws = np.random.default_rng(SEED).integers(len(rows), size=(DRAWS, len(rows)))
    sums, drawn = rows.sum(axis=0), rows[draws].sum(axis=1)
    report: dict[str, Any] = {}
    for name, column in (("per_note", 1), ("per_token", 2)):
        low, high = _interval(drawn[:, 0] / np.maximum(drawn[:, column], 1.0))
        report[name] = {"mean": float(sums[0] / max(1.0, sums[column])), "low": low, "high": high}
    return report


# -- the command


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parse(argv)
    try:
        report = evaluate(
            arguments.midi,
            arguments.reference,
            arguments.against,
            arguments.model,
            held_out=arguments.held_out,
            n_bars=arguments.bars,
            told=lambda items, name: tqdm(items, desc=name, unit="piece", mininterval=1.0, leave=False),
        )
    except IsotoneError as error:
        print(f"isotone: {error}", file=sys.stderr)
        return int(error.exit_code)
    for sentence in report["left_out"]:
        print(f"isotone: {sentence}", file=sys.stderr)
    if arguments.as_json:
        print(json.dumps(without_nan(report), indent=1))
    else:
        show(report)
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--midi", type=Path, action="append", required=True, help="folder of MIDI files")
    parser.add_argument("--reference", type=Path, action="append", default=[], help="people's music beside it")
    parser.add_argument("--against", type=Path, action="append", default=[], help="training songs, to look for copies")
    parser.add_argument("--model", type=Path, help="the composer's folder, for nats per note and per token")
    parser.add_argument("--held-out", action="store_true", help="keep to the split of the open corpora")
    parser.add_argument("--bars", type=int, help="only the first so many bars of every piece, on both sides")
    parser.add_argument("--json", action="store_true", dest="as_json")
    return parser.parse_args(argv)


def without_nan(value: Any) -> Any:
    """JSON knows no NaN and no infinity: null."""
    if isinstance(value, dict):
        return {key: without_nan(inner) for key, inner in value.items()}
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def show(report: dict[str, Any]) -> None:
    """The report as lines on the terminal."""
    print(
        f"{report['pieces']} pieces; medians, 95 % intervals"
        + (", people, ratio" if "reference_pieces" in report else "")
    )
    for name, row in report["metrics"].items():
        line = f"{name:22} {row['median']:8.3f} ({row['low']:.3f} to {row['high']:.3f})"
        if "ratio" in row:
            line += f"  {row['reference']:8.3f}  {row['ratio']:.3f} ({row['ratio_low']:.3f} to {row['ratio_high']:.3f})"
        print(line)
    for part in ("distributions", "copying", "nats"):
        for name, value in report.get(part, {}).items():
            print(f"{part}: {name}: {value}")


if __name__ == "__main__":
    sys.exit(main())
